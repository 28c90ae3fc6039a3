import { z } from 'zod'
import { AppError, errorChainOf, isAppError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Db } from './call.ts'
import { describeConnection } from './connection-url.ts'
import { findDatabaseProblem } from './database-problem.ts'
import { checkSchema, migrate } from './migrate.ts'
import { connectPostgres } from './postgres.ts'
import { type DatabaseStatus, watchCalls } from './watch-calls.ts'

const Failure = z.object({ message: z.string() })

type Database = { kind: 'postgres'; url: string } | { kind: 'supabase'; url: string; secretKey: string }

/** Opens the database and makes sure its schema fits this version; a Postgres is brought up to date first. */
export async function openDatabase(
  database: Database,
  migrations: string,
  log: Log,
): Promise<{ db: Db; status(): DatabaseStatus | undefined }> {
  try {
    if (database.kind === 'postgres') await migrate(database.url, migrations, log)
    await using opening = new AsyncDisposableStack()
    const watched = watchCalls(opening.use(await connectTo(database, log)), SETTING[database.kind])
    await checkSchema(watched.db, migrations)
    opening.move()
    return watched
  } catch (error) {
    throw explainStart(error, database)
  }
}

/** `openDatabase`'s first half, for `npm run migrate`; the error says what is wrong in the same words. */
export async function migrateDatabase(url: string, migrations: string, log: Log): Promise<string[]> {
  try {
    return await migrate(url, migrations, log)
  } catch (error) {
    throw explainStart(error, { kind: 'postgres', url })
  }
}

const SETTING = { postgres: 'DATABASE_URL', supabase: 'SUPABASE_URL' } as const

/** The sentence for whoever starts the app: what is wrong, which setting, what to do, and what was asked for. */
function explainStart(error: unknown, database: Database): unknown {
  if (isAppError(error, 'config_invalid', 'schema_outdated', 'schema_newer', 'not_allowed')) return error
  const found = findDatabaseProblem(error, SETTING[database.kind])
  const where = database.kind === 'postgres' ? ` ${describeConnection(database.url)}` : ''
  if (found)
    return new AppError('database_unavailable', `${found.message}${where}${migrationIn(error)}`, { cause: error })
  if (!isAppError(error)) return error
  return new AppError(error.code, `${error.message}${where}${reasonOf(error.cause)}`, {
    cause: error,
  })
}

/** Supabase's client gives its failures as plain objects. */
function reasonOf(cause: unknown): string {
  const said = Failure.safeParse(cause).data?.message
  return said === undefined ? '' : ` The reason: ${cause instanceof Error ? errorChainOf(cause) : said}.`
}

/** A migration that failed is named, with what Postgres said of it. */
const migrationIn = (error: unknown): string =>
  isAppError(error, 'database_failed') && error.cause instanceof Error
    ? ` ${error.message} Postgres says: ${error.cause.message}.`
    : ''

async function connectTo(database: Database, log: Log): Promise<Db> {
  if (database.kind === 'postgres') return connectPostgres(database.url, log)
  const { connectSupabase } = await import('./supabase.ts')
  return connectSupabase(database)
}
