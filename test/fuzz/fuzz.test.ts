import { expect, test } from 'vitest'
import { createEmptyDatabase } from '../support/database.ts'
import { sqlOnPostgres } from './sql-postgres.ts'
import { sqlOnSqlite } from './sql-sqlite.ts'
import { fuzz } from './target.ts'

const FOR = { seconds: 2, seed: 20_261_129 }

test('what is said to only read changes nothing in a real SQLite', async () => {
  await using target = await sqlOnSqlite()
  expect(await fuzz(target, FOR)).toBeGreaterThan(0)
})

test('what is said to only read changes nothing in a real Postgres', async () => {
  await using database = await createEmptyDatabase()
  await using target = await sqlOnPostgres(database.url)
  expect(await fuzz(target, FOR)).toBeGreaterThan(0)
})
