import { join } from 'node:path'
import { config } from 'dotenv'
import { migrateDatabase } from '../src/db/open-database.ts'
import { errorMessageOf } from '../src/errors.ts'
import { createLog } from '../src/log.ts'

config({ quiet: true })
const url = process.env.DATABASE_URL
if (!url) {
  console.error(
    'Set DATABASE_URL to the connection string of the database (Supabase: Project settings, Database), then run this again.',
  )
  process.exit(1)
}
try {
  const applied = await migrateDatabase(
    url,
    join(import.meta.dirname, '..', 'supabase', 'migrations'),
    createLog('warn'),
  )
  console.log(applied.length === 0 ? 'The schema is up to date.' : `Applied ${applied.join(', ')}.`)
} catch (error) {
  console.error(errorMessageOf(error))
  process.exit(1)
}
