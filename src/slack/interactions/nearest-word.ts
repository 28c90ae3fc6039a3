import { distance } from 'fastest-levenshtein'

/** The known word a person most likely meant: the start of one, or one a typo or two away; undefined when none is near. */
export function nearestWordTo(word: string, known: string[]): string | undefined {
  const meant = word.toLowerCase()
  const begins = known.filter((one) => meant.length >= 2 && one.toLowerCase().startsWith(meant))
  if (begins.length === 1) return begins[0]
  const ranked = known.map((one) => ({ one, far: distance(meant, one.toLowerCase()) })).sort((a, b) => a.far - b.far)
  const [best] = ranked
  return best && best.far <= Math.max(1, Math.floor(meant.length / 3)) + 1 && best.far < best.one.length
    ? best.one
    : undefined
}
