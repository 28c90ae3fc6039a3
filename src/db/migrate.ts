import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { z } from 'zod'
import { AppError, errorChainOf, isAppError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Db } from './call.ts'
import { connectionStringOf } from './connection-url.ts'
import { isSchemaMissing } from './database-problem.ts'

type Migration = { version: string; name: string; sql: string }

/** An arbitrary number that all Patchbay processes agree on. */
const MIGRATION_LOCK = 726_200_911

/** A host that drops what it gets would be waited for for minutes. */
const CONNECT_TIMEOUT_MS = 10_000

/** The oldest major version that Supabase runs, and the oldest the migrations are written for. */
const MINIMUM_POSTGRES = 15

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
 * Throws `config_invalid` for a server that is too old, and `schema_outdated` for a database that cannot be brought up.
 */
export async function migrate(url: string, folder: string, log: Log): Promise<string[]> {
  const client = new Client({ connectionString: connectionStringOf(url), connectionTimeoutMillis: CONNECT_TIMEOUT_MS })
  // A connection that breaks fails the query under way, and that error is the one to report.
  client.on('error', (error) => log.debug({ reason: error.message }, 'the connection of the migration broke'))
  await client.connect().catch((cause: unknown) => {
    throw unavailableError('The database in DATABASE_URL cannot be reached.', cause)
  })
  try {
    await checkServer(client)
    return await applyMissing(client, readMigrations(folder), log)
  } catch (error) {
    throw isAppError(error) ? error : unavailableError('The database in DATABASE_URL could not be asked.', error)
  } finally {
    await client.end()
  }
}

const unavailableError = (message: string, cause: unknown): AppError =>
  new AppError('database_unavailable', message, { cause })

/** Refuses a server that is too old, and a database from before the schema `patchbay`. */
async function checkServer(client: Client): Promise<void> {
  const { rows } = await client.query<{ version: string; early: boolean }>(
    `select current_setting('server_version_num') as version, to_regprocedure('public.patchbay_seal()') is not null as early`,
  )
  refuseOldServer(Number(rows[0]?.version))
  if (rows[0]?.early !== true) return
  throw new AppError(
    'schema_outdated',
    'This database was made by a Patchbay from before its first release, whose tables cannot be carried over: begin anew with an empty database (for the embedded one delete the folder `db` in DATA_DIR, else set DATABASE_URL to a new one).',
  )
}

/** Throws `config_invalid` for a server older than the minimum; `version` is its `server_version_num`. */
export function refuseOldServer(version: number): void {
  const major = Math.floor(version / 10_000)
  if (major >= MINIMUM_POSTGRES) return
  throw new AppError(
    'config_invalid',
    `Patchbay needs Postgres ${MINIMUM_POSTGRES} or newer, and this server is Postgres ${major}. Upgrade it, or set DATABASE_URL to a newer one.`,
  )
}

async function applyMissing(client: Client, migrations: Migration[], log: Log): Promise<string[]> {
  const done = await appliedVersions(client)
  const missing = migrations.filter((migration) => !done.includes(migration.version))
  if (missing.length > 0) await refuseReadOnly(client)
  const applied: string[] = []
  for (const migration of missing) {
    if (!(await applyOne(client, migration, log))) continue
    log.info({ version: migration.version, name: migration.name }, 'migration applied')
    applied.push(migration.version)
  }
  return applied
}

async function appliedVersions(client: Client): Promise<string[]> {
  // Rows are read as they stand after the lock; to_regclass may answer from what it remembers from before.
  const made = await client.query<{ made: boolean }>(
    `select exists (select from pg_tables where schemaname = 'supabase_migrations' and tablename = 'schema_migrations') as made`,
  )
  if (made.rows[0]?.made !== true) return []
  const { rows } = await client.query<{ version: string }>('select version from supabase_migrations.schema_migrations')
  return rows.map((row) => row.version)
}

async function refuseReadOnly(client: Client): Promise<void> {
  const { rows } = await client.query<{ only: string }>(`select current_setting('transaction_read_only') as only`)
  if (rows[0]?.only === 'on') throw unavailableError('The database cannot be brought up.', new Error('it is read-only'))
}

/**
 * False when another process has applied it meanwhile. The lock is the transaction's: behind a pooler in transaction mode
 * a session's lock stays on a connection that is handed to somebody else.
 */
async function applyOne(client: Client, { version, name, sql }: Migration, log: Log): Promise<boolean> {
  try {
    await client.query('begin')
    await client.query('select pg_advisory_xact_lock($1)', [MIGRATION_LOCK])
    const done = await appliedVersions(client)
    const isNew = !done.includes(version)
    if (isNew) {
      if (done.length === 0) await createRecord(client)
      await client.query(sql)
      await client.query(
        'insert into supabase_migrations.schema_migrations (version, statements, name) values ($1, $2, $3)',
        [version, [sql], name],
      )
    }
    await client.query('commit')
    return isNew
  } catch (error) {
    await client.query('rollback').catch((second: unknown) => {
      log.warn({ version, reason: errorChainOf(second) }, 'rollback failed; the server undoes what was not committed')
    })
    throw migrationError(`${version}_${name}`, error)
  }
}

async function createRecord(client: Client): Promise<void> {
  await client.query('create schema if not exists supabase_migrations')
  await client.query(
    'create table if not exists supabase_migrations.schema_migrations (version text primary key, statements text[], name text)',
  )
}

const migrationError = (migration: string, cause: unknown): AppError =>
  new AppError('database_failed', `Migration ${migration} could not be applied; nothing of it was kept.`, { cause })

/**
 * Makes sure that this version can work with the database. Throws `schema_outdated`, naming the command that helps, when it
 * is behind this version's migrations, and `schema_newer` when a breaking migration that this version does not know was applied.
 */
export async function checkSchema(db: Db, folder: string): Promise<void> {
  const wanted = readMigrations(folder).at(-1)?.version ?? ''
  const found = await schemaVersion(db)
  if (found === undefined || found.version < wanted) throw outdatedError(found?.version, wanted)
  if (found.breaking === null || found.breaking <= wanted) return
  throw new AppError(
    'schema_newer',
    `A newer Patchbay has changed the database (schema ${found.breaking}), and this version, made for schema ${wanted}, cannot work with it. Start the newer version instead.`,
  )
}

function outdatedError(found: string | undefined, wanted: string): AppError {
  const state =
    found === undefined ? 'has no Patchbay schema yet' : `is at schema ${found}, this version needs ${wanted}`
  return new AppError(
    'schema_outdated',
    `The database ${state}. Bring it up with \`npm run migrate\` (DATABASE_URL set to the project's connection string) or \`supabase db push\`, then start again.`,
  )
}

const Version = z.object({ version: z.string(), breaking: z.string().nullable() })

/** The newest migration applied, and the newest breaking one; undefined in a database without our schema. */
async function schemaVersion(db: Db): Promise<z.infer<typeof Version> | undefined> {
  try {
    return await db.call('schema_version', {}, Version)
  } catch (error) {
    if (isAppError(error, 'schema_outdated') || isSchemaMissing(error)) return undefined
    throw error
  }
}
