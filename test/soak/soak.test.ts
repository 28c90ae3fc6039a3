import { expect, test } from 'vitest'
import { startOwnDatabase } from '../support/own-database.ts'
import { soak } from './soak.ts'

/** The short form of `npm run soak`. */
const SECONDS = 8

test.each(['http', 'socket'] as const)(
  'over links that abort, cut, stall, garble and repeat, nothing is lost, doubled or told wrongly (%s)',
  { timeout: 240_000 },
  async (mode) => {
    await using database = await startOwnDatabase()
    const report = await soak({ seed: 10, seconds: SECONDS, mode, databaseUrl: database.url })
    expect(report.problems).toEqual([])
    expect(report.requests).toBeGreaterThan(5)
    expect(report.runs).toBe(report.requests)
    const struck = Object.values(report.faults).reduce((sum, times) => sum + times, 0)
    expect(struck, 'faults that struck').toBeGreaterThan(3)
  },
)
