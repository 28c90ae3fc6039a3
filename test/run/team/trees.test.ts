import { expect, test } from 'vitest'
import { createTestDatabase } from '../../support/database.ts'
import { growTrees } from './grow-trees.ts'

test('run trees end, with each result told once, whatever is stopped or killed meanwhile', {
  timeout: 180_000,
}, async () => {
  await using database = await createTestDatabase()
  const grown = await growTrees({ url: database.url, trees: 30, seed: 14, killEveryMs: 1_500 })
  expect(grown).toMatchObject({ trees: 30, doubled: 0, open: 0, unheard: 0, deadlocks: 0 })
  expect(grown.kills).toBeGreaterThan(0)
  expect(grown.stops).toBeGreaterThan(0)
  expect(grown.children).toBeGreaterThan(30)
})
