import type { Log } from '../log.ts'
import type { Db } from './call.ts'
import { checkSchema, migrate } from './migrate.ts'
import { connectPostgres } from './postgres.ts'

type Database = { kind: 'postgres'; url: string } | { kind: 'supabase'; url: string; secretKey: string }

/** Opens the database and makes sure its schema fits this version; a Postgres is brought up to date first. */
export async function openDatabase(database: Database, migrations: string, log: Log): Promise<Db> {
  if (database.kind === 'postgres') await migrate(database.url, migrations, log)
  await using opening = new AsyncDisposableStack()
  const db = opening.use(await connectTo(database, log))
  await checkSchema(db, migrations)
  opening.move()
  return db
}

async function connectTo(database: Database, log: Log): Promise<Db> {
  if (database.kind === 'postgres') return connectPostgres(database.url, log)
  const { connectSupabase } = await import('./supabase.ts')
  return connectSupabase(database)
}
