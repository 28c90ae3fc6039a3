import { createRandom, type Random } from '../support/seeded-random.ts'

/** One thing that is fed with inputs made from a seed. */
export type FuzzTarget = {
  /** Tries one input made of `random`; throws with the input where it finds a fault. */
  tryOne(random: Random): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** Tries inputs until the time is up, or one finds a fault; how many were tried. */
export async function fuzz(target: FuzzTarget, { seconds, seed }: { seconds: number; seed: number }): Promise<number> {
  const end = Date.now() + seconds * 1_000
  let tried = 0
  for (; Date.now() < end; tried++) await target.tryOne(createRandom(seed + tried))
  return tried
}
