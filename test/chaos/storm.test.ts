import { expect, test } from 'vitest'
import { startOwnDatabase } from '../support/own-database.ts'
import { storySentence } from './claims.ts'
import { runStorm } from './storm.ts'

test('whatever Slack was told has arrived stands in the database, through eight kills', {
  timeout: 240_000,
}, async () => {
  await using database = await startOwnDatabase()
  const result = await runStorm({ databaseUrl: database.url, seed: 10, kills: 8, endMs: 120_000, say: () => undefined })
  console.log(storySentence(result))
  expect(result).toMatchObject({ kills: 8, lost: [], twice: [], open: [], unheard: [] })
})
