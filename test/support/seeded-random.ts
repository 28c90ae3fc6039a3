/** Numbers that a seed decides; the same seed gives the same row of them. */
export type Random = {
  /** From 0 up to, but not including, `end`. */
  below(end: number): number
  chance(share: number): boolean
  pick<T>(from: readonly [T, ...T[]]): T
}

/** Steele and Vigna's SplitMix in its 32-bit form: short, and good enough to spread faults. */
export function createRandom(seed: number): Random {
  let state = seed | 0
  const next = (): number => {
    state = (state + 0x9e3779b9) | 0
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32
  }
  const below = (end: number): number => Math.floor(next() * end)
  return { below, chance: (share) => next() < share, pick: (from) => from[below(from.length)] ?? from[0] }
}
