/** A word without its plural ending. */
function stemOf(word: string): string {
  const lower = word.toLowerCase()
  if (lower.length > 4 && lower.endsWith('ies')) return `${lower.slice(0, -3)}y`
  if (/(ss|x|ch|sh)es$/.test(lower)) return lower.slice(0, -2)
  return lower.length > 3 && /[^siu]s$/.test(lower) ? lower.slice(0, -1) : lower
}

/** The stems of a text or an identifier in any case style, in order. */
export function stemsOf(text: string): string[] {
  const spaced = text.replaceAll(/([a-z\d])([A-Z])/g, '$1 $2')
  return (spaced.match(/[\p{L}\d]+/gu) ?? []).map(stemOf)
}

/** A pattern for a table's or column's name as it is written, in quotes, or in words: `dept_name`, "dept names", `DeptName`. */
export function spokenFormOf(name: string): string {
  const words = stemsOf(name).map((word) => (word.endsWith('y') ? `${word.slice(0, -1)}(?:y|ies)` : `${word}(?:e?s)?`))
  return String.raw`["'“\x60]?(?<![\p{L}\d_])${words.join(String.raw`[^\p{L}\d]{0,2}`)}(?![\p{L}\d_])["'”\x60]?`
}

/** The one of several things that a request names in full. Where names overlap the longest counts, then the exactest; of several the one named first. */
export function namedIn<T extends { name: string }>(request: string, things: T[]): T | undefined {
  const named = things.flatMap((thing) => {
    const found = new RegExp(spokenFormOf(thing.name), 'iu').exec(request)
    if (!found) return []
    return [{ thing, at: found.index, end: found.index + found[0].length, weight: weightOf(found[0], thing.name) }]
  })
  const whole = named.filter(
    (one) => !named.some((other) => other.at < one.end && one.at < other.end && other.weight > one.weight),
  )
  return whole.toSorted((left, right) => left.at - right.at)[0]?.thing
}

function weightOf(said: string, name: string): number {
  const bare = said.replaceAll(/^["'“`]|["'”`]$/g, '')
  const exactness = bare.toLowerCase() === name.toLowerCase() ? 0.5 : 0
  return said.length + exactness + (bare === name ? 0.25 : 0)
}
