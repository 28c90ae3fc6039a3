/** At most `max` characters, cut after a word where one ends near by. */
export function truncateAtWord(text: string, max: number): string {
  if (text.length <= max) return text
  const head = text.slice(0, max - 1).toWellFormed()
  const words = head.replace(/\s+\S{0,24}$/, '')
  return `${words === '' ? head : words}…`
}
