import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { z } from 'zod'
import { AppError, isAppError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Db } from './call.ts'

type Migration = { version: string; name: string; sql: string }

/** An arbitrary number that all Patchbay processes agree on. */
const MIGRATION_LOCK = 726_200_911

/** The migrations in `folder`, oldest first; a file is `<version>_<name>.sql`. */
export function readMigrations(folder: string): Migration[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file) => {
      const [version = '', ...name] = file.slice(0, -'.sql'.length).split('_')
      return { version, name: name.join('_'), sql: readFileSync(join(folder, file), 'utf8') }
    })
}

/**
 * Applies what is missing, each file in a transaction, one process at a time; returns the versions applied.
 * The record is the Supabase CLI's own table, so `supabase db push` and this agree on what is done.
 */
export async function migrate(url: string, folder: string, log: Log): Promise<string[]> {
  const client = new Client({ connectionString: url })
  await client.connect().catch((cause: unknown) => {
    throw new AppError(
      'database_unavailable',
      'The database in DATABASE_URL cannot be reached. Check the address, and that it is running.',
      { cause },
    )
  })
  try {
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK])
    return await applyMissing(client, readMigrations(folder), log)
  } finally {
    await client.end()
  }
}

async function applyMissing(client: Client, migrations: Migration[], log: Log): Promise<string[]> {
  await client.query('create schema if not exists supabase_migrations')
  await client.query(
    'create table if not exists supabase_migrations.schema_migrations (version text primary key, statements text[], name text)',
  )
  const { rows } = await client.query<{ version: string }>('select version from supabase_migrations.schema_migrations')
  const done = new Set(rows.map((row) => row.version))
  const missing = migrations.filter((migration) => !done.has(migration.version))
  for (const migration of missing) {
    await applyOne(client, migration)
    log.info({ version: migration.version, name: migration.name }, 'migration applied')
  }
  return missing.map((migration) => migration.version)
}

async function applyOne(client: Client, { version, name, sql }: Migration): Promise<void> {
  try {
    await client.query('begin')
    await client.query(sql)
    await client.query(
      'insert into supabase_migrations.schema_migrations (version, statements, name) values ($1, $2, $3)',
      [version, [sql], name],
    )
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    throw notApplied(`${version}_${name}`, error)
  }
}

const notApplied = (migration: string, cause: unknown): AppError =>
  new AppError('database_failed', `Migration ${migration} could not be applied; nothing of it was kept.`, { cause })

/** Throws `schema_outdated`, naming the command that helps, when the database is behind this version's migrations. */
export async function checkSchema(db: Db, folder: string): Promise<void> {
  const wanted = readMigrations(folder).at(-1)?.version ?? ''
  const found = await schemaVersion(db)
  if (found !== undefined && found >= wanted) return
  const state =
    found === undefined ? 'has no Patchbay schema yet' : `is at schema ${found}, this version needs ${wanted}`
  throw new AppError(
    'schema_outdated',
    `The database ${state}. Bring it up with \`npm run migrate\` (DATABASE_URL set to the project's connection string) or \`supabase db push\`, then start again.`,
  )
}

/** The newest migration applied, or undefined in a database without our schema. */
async function schemaVersion(db: Db): Promise<string | undefined> {
  try {
    return await db.call('schema_version', {}, z.string())
  } catch (error) {
    if (isAppError(error, 'schema_outdated', 'database_failed')) return undefined
    throw error
  }
}
