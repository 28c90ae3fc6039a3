/** A word, or words held together by quotes: straight ones or those that phones make. An open quote ends with the text. */
const WORD = /"([^"]*)"?|“([^”]*)”?|'([^']*)'?|‘([^’]*)’?|(\S+)/g

/** The words of a command. */
export function tokenize(text: string): string[] {
  return [...text.matchAll(WORD)]
    .map((found) => found.slice(1).find((word) => word !== undefined) ?? '')
    .filter(Boolean)
}
