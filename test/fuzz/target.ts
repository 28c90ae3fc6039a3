import fc from 'fast-check'
import { z } from 'zod'

/** One thing that is fed with inputs made from a seed. */
export type FuzzTarget = {
  /** Tries inputs until the time is up. Throws at the first fault, with the seed and the smallest input that shows it. */
  fuzz(options: { seconds: number; seed: number }): Promise<FuzzReport>
  [Symbol.asyncDispose](): Promise<void>
}

/** `slowest`: the input that took longest, to be looked at: work that grows faster than its input is a fault too. */
export type FuzzReport = { inputs: number; slowest: { ms: number; input: string } }

/** So many inputs from one seed: fast-check tries the odd ones first, so it begins anew now and then. */
const INPUTS_A_SEED = 100
const SHOWN_CHARS = 300

/** `check` throws where an input shows a fault. */
export function createTarget<T>(
  inputs: fc.Arbitrary<T>,
  check: (input: T) => Promise<void> | void,
  end: () => Promise<void> = async () => undefined,
): FuzzTarget {
  return {
    async fuzz({ seconds, seed }) {
      const until = performance.now() + seconds * 1_000
      const report: FuzzReport = { inputs: 0, slowest: { ms: 0, input: '' } }
      const property = fc.asyncProperty(inputs, async (input) => {
        const from = performance.now()
        // A slow target ends within a seed, too.
        if (from > until && report.inputs > 0) return
        await check(input)
        report.inputs += 1
        const ms = performance.now() - from
        if (ms > report.slowest.ms) report.slowest = { ms, input: fc.stringify(input).slice(0, SHOWN_CHARS) }
      })
      for (let next = seed; performance.now() < until; next++) {
        const found = await fc.check(property, { seed: next, numRuns: INPUTS_A_SEED })
        if (found.failed) throw new Error(await fc.asyncDefaultReportMessage(found), { cause: found.errorInstance })
      }
      return report
    },
    [Symbol.asyncDispose]: end,
  }
}

/** The texts and names in a value. */
export const stringsIn = (value: unknown): string[] => {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => [key, ...stringsIn(inner)])
}

/** A value as JSON has it; a name that zod drops, as `__proto__`, is dropped. */
export const jsonOf = (value: unknown) => z.record(z.string(), z.json()).parse(JSON.parse(JSON.stringify(value)))
