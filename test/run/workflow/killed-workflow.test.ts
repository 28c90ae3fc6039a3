import { expect, test } from 'vitest'
import { createTestDatabase } from '../../support/database.ts'
import { createRandom } from '../../support/seeded-random.ts'
import { findKillPoints, killWorkflow } from './killed-workflow.ts'

const KILLS = 8

test('a workflow that is killed anywhere does each thing once, or says that it is not known', {
  timeout: 180_000,
}, async () => {
  await using database = await createTestDatabase()
  const random = createRandom(14)
  const points = await findKillPoints(database.url)
  expect(points.length).toBeGreaterThan(100)
  const chosen = Array.from({ length: KILLS }, () => points.splice(random.below(points.length), 1)).flat()
  let parked = 0
  for (const point of chosen) {
    const killed = await killWorkflow(database.url, point)
    expect(killed).toMatchObject({ isKilled: true, wrong: [] })
    parked += killed.parked.length
  }
  expect(parked).toBeGreaterThan(0)
})
