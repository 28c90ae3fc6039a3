import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { checkSchema, migrate, refuseOldServer } from '../../src/db/migrate.ts'
import { connectPostgres } from '../../src/db/postgres.ts'
import { WorkspaceId } from '../../src/ids.ts'
import { createCatalogue } from '../../src/registry/catalogue.ts'
import { createEmptyDatabase, createTestDatabase, query } from '../support/database.ts'
import { memoryLog } from '../support/log.ts'
import { MIGRATIONS } from '../support/paths.ts'

async function folderWith(sql: string) {
  const path = await mkdtemp(join(tmpdir(), 'patchbay-migrations-'))
  await writeFile(join(path, '1_only.sql'), sql)
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

test('a database from before the schema patchbay stops the start, and the message says how to begin anew', async () => {
  await using database = await createEmptyDatabase()
  await query(database.url, 'create function public.patchbay_seal() returns void language sql as $$ select $$')
  await expect(migrate(database.url, MIGRATIONS, memoryLog().log)).rejects.toMatchObject({
    code: 'schema_outdated',
    message: expect.stringMatching(/before its first release.*begin anew with an empty database.*`db` in DATA_DIR/),
  })
  expect(await query(database.url, "select to_regnamespace('patchbay') as made")).toEqual([{ made: null }])
})

test('what else is in the database, under the same names as ours, stays and is in nobody’s way', async () => {
  await using database = await createEmptyDatabase()
  await query(database.url, 'create table public.runs (theirs text)')
  await query(database.url, 'create function public.audit_append() returns text language sql as $$ select 1::text $$')
  await migrate(database.url, MIGRATIONS, memoryLog().log)
  await using db = connectPostgres(database.url, memoryLog().log)
  await expect(checkSchema(db, MIGRATIONS)).resolves.toBeUndefined()
  expect(await query(database.url, 'select * from public.runs')).toEqual([])
})

test('pg_trgm that is there already, in another schema, serves the search', async () => {
  await using database = await createEmptyDatabase()
  await query(database.url, 'create schema theirs')
  await query(database.url, 'create extension pg_trgm with schema theirs')
  await migrate(database.url, MIGRATIONS, memoryLog().log)
  await using db = connectPostgres(database.url, memoryLog().log)
  const catalogue = createCatalogue(db, 'https://registry.acme.dev')
  const looked = { patterns: ['weather'], words: ['wheater'], limit: 9 }
  expect(await catalogue?.find(WorkspaceId.parse('TONE'), looked)).toMatchObject({ rows: [] })
})

test('a server older than Postgres 15 is refused by its version', () => {
  expect(() => refuseOldServer(140_011)).toThrow(/Postgres 15 or newer, and this server is Postgres 14/)
  expect(() => refuseOldServer(90_624)).toThrow('Postgres 9')
  for (const fit of [150_000, 170_004, 180_000]) expect(() => refuseOldServer(fit)).not.toThrow()
})

test('a migration that fails says why, also where the connection broke and nothing can be rolled back', async () => {
  await using database = await createEmptyDatabase()
  const { log } = memoryLog()
  await using wrong = await folderWith('create table half (made int); select 1 / 0;')
  await expect(migrate(database.url, wrong.path, log)).rejects.toMatchObject({
    code: 'database_failed',
    message: expect.stringContaining('1_only'),
    cause: { code: '22012' },
  })
  expect(await query(database.url, "select to_regclass('half') as half")).toEqual([{ half: null }])
  await using broken = await folderWith('select pg_terminate_backend(pg_backend_pid());')
  await expect(migrate(database.url, broken.path, log)).rejects.toMatchObject({
    code: 'database_failed',
    message: expect.stringContaining('1_only'),
    cause: { code: '57P01' },
  })
})

test('a newer schema is accepted, unless one of its migrations is marked breaking', async () => {
  await using database = await createTestDatabase()
  await using db = connectPostgres(database.url, memoryLog().log)
  await query(database.url, "insert into schema_versions (version, breaking) values ('29991231000001', false)")
  await expect(checkSchema(db, MIGRATIONS)).resolves.toBeUndefined()
  await query(database.url, "insert into schema_versions (version, breaking) values ('29991231000002', true)")
  await expect(checkSchema(db, MIGRATIONS)).rejects.toMatchObject({
    code: 'schema_newer',
    message: expect.stringMatching(/29991231000002.*Start the newer version/),
  })
})
