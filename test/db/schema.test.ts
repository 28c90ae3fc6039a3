import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { expect, inject, test } from 'vitest'
import { schemaText } from '../../scripts/schema-text.ts'
import { checkSchema, migrate, readMigrations } from '../../src/db/migrate.ts'
import { connectPostgres } from '../../src/db/postgres.ts'
import { createEmptyDatabase, createTestDatabase, query } from '../support/database.ts'
import { memoryLog } from '../support/log.ts'
import { MIGRATIONS, ROOT } from '../support/paths.ts'

test('schema.sql is what the migrations make (npm run schema writes it)', async () => {
  expect(await schemaText(inject('databaseUrl'))).toBe(readFileSync(join(ROOT, 'supabase', 'schema.sql'), 'utf8'))
})

test('each migration records its own version', async () => {
  await using database = await createTestDatabase()
  await using db = connectPostgres(database.url, memoryLog().log)
  await expect(checkSchema(db, MIGRATIONS)).resolves.toBeUndefined()
  const rows = await query(database.url, 'select version from schema_versions order by version')
  expect(rows.map((row) => row.version)).toEqual(readMigrations(MIGRATIONS).map((migration) => migration.version))
})

test('a database without our schema is found, and the message names the command', async () => {
  await using database = await createEmptyDatabase()
  await using db = connectPostgres(database.url, memoryLog().log)
  await expect(checkSchema(db, MIGRATIONS)).rejects.toMatchObject({
    code: 'schema_outdated',
    message: expect.stringContaining('npm run migrate'),
  })
})

test('migrating twice, and by two at once, applies each file once', async () => {
  await using database = await createEmptyDatabase()
  const { log } = memoryLog()
  const [one, two] = await Promise.all([migrate(database.url, MIGRATIONS, log), migrate(database.url, MIGRATIONS, log)])
  expect([...one, ...two].sort()).toEqual(readMigrations(MIGRATIONS).map((migration) => migration.version))
  expect(await migrate(database.url, MIGRATIONS, log)).toEqual([])
})

test.each(['anon', 'authenticated'])('%s can read no table and call no function', async (role) => {
  await using database = await createTestDatabase()
  const client = new Client({ connectionString: database.url })
  await client.connect()
  try {
    const tables = await client.query<{ name: string; rls: boolean }>(
      "select relname as name, relrowsecurity as rls from pg_class where relnamespace = 'patchbay'::regnamespace and relkind = 'r'",
    )
    const functions = await client.query<{ signature: string; open: boolean }>(
      `select oid::regprocedure::text as signature, has_function_privilege($1, oid, 'execute') as open
       from pg_proc where pronamespace = 'patchbay'::regnamespace`,
      [role],
    )
    expect(tables.rows.length).toBeGreaterThan(8)
    expect(functions.rows.length).toBeGreaterThan(30)
    expect(tables.rows.filter((table) => !table.rls)).toEqual([])
    expect(functions.rows.filter((fn) => fn.open)).toEqual([])
    await client.query(`set role ${role}`)
    for (const { name } of tables.rows) {
      await expect(client.query(`select * from patchbay.${name}`), name).rejects.toThrow('permission denied')
      await expect(client.query(`delete from patchbay.${name}`), name).rejects.toThrow('permission denied')
    }
  } finally {
    await client.end()
  }
})

test('the audit is append-only and its chain holds', async () => {
  await using database = await createTestDatabase()
  const client = new Client({ connectionString: database.url })
  await client.connect()
  try {
    for (const word of ['one', 'two', 'three']) await client.query("select audit_append('T1', 'U1', $1, '{}')", [word])
    const broken = async () =>
      (await client.query<{ at: { broken: number | null } }>("select audit_check('T1', 0, 2) as at")).rows[0]?.at.broken
    expect(await broken()).toBeNull()
    await expect(client.query("update audit_events set action = 'x'")).rejects.toThrow('append-only')
    await expect(client.query('delete from audit_events')).rejects.toThrow('append-only')
    await client.query('alter table audit_events disable trigger all')
    await client.query("update audit_events set action = 'forged' where action = 'two'")
    expect(Number(await broken())).toBe(2)
  } finally {
    await client.end()
  }
})
