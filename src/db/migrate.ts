import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { z } from 'zod'
import { AppError, errorChainOf, isAppError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Db } from './call.ts'

type Migration = { version: string; name: string; sql: string }

/** An arbitrary number that all Patchbay processes agree on. */
const MIGRATION_LOCK = 726_200_911

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
  const client = new Client({ connectionString: url })
  // A connection that breaks fails the query under way, and that error is the one to report.
  client.on('error', (error) => log.debug({ reason: error.message }, 'the connection of the migration broke'))
  await client.connect().catch((cause: unknown) => {
    throw new AppError(
      'database_unavailable',
      'The database in DATABASE_URL cannot be reached. Check the address, and that it is running.',
      { cause },
    )
  })
  try {
    await checkServer(client)
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK])
    return await applyMissing(client, readMigrations(folder), log)
  } finally {
    await client.end()
  }
}

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
  await client.query('create schema if not exists supabase_migrations')
  await client.query(
    'create table if not exists supabase_migrations.schema_migrations (version text primary key, statements text[], name text)',
  )
  const { rows } = await client.query<{ version: string }>('select version from supabase_migrations.schema_migrations')
  const done = new Set(rows.map((row) => row.version))
  const missing = migrations.filter((migration) => !done.has(migration.version))
  for (const migration of missing) {
    await applyOne(client, migration, log)
    log.info({ version: migration.version, name: migration.name }, 'migration applied')
  }
  return missing.map((migration) => migration.version)
}

async function applyOne(client: Client, { version, name, sql }: Migration, log: Log): Promise<void> {
  try {
    await client.query('begin')
    await client.query(sql)
    await client.query(
      'insert into supabase_migrations.schema_migrations (version, statements, name) values ($1, $2, $3)',
      [version, [sql], name],
    )
    await client.query('commit')
  } catch (error) {
    await client.query('rollback').catch((second: unknown) => {
      log.warn({ version, reason: errorChainOf(second) }, 'rollback failed; the server undoes what was not committed')
    })
    throw migrationError(`${version}_${name}`, error)
  }
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
    if (isAppError(error, 'schema_outdated', 'database_failed')) return undefined
    throw error
  }
}
