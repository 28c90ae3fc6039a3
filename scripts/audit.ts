import { config } from 'dotenv'
import { connectPostgres } from '../src/db/postgres.ts'
import { errorMessageOf } from '../src/errors.ts'
import { createLog } from '../src/log.ts'
import { findBrokenChains } from '../src/policy/audit.ts'

config({ quiet: true })
const url = process.env.DATABASE_URL
if (!url) {
  console.error('Set DATABASE_URL to the connection string of the database, then run this again.')
  process.exit(1)
}
try {
  await using db = connectPostgres(url, createLog('warn'))
  const broken = await findBrokenChains(db)
  for (const [workspace, row] of broken) console.error(`${workspace}: the audit was changed at row ${row}.`)
  if (broken.size === 0) console.log('The audit is whole.')
  else process.exitCode = 1
} catch (error) {
  console.error(errorMessageOf(error))
  process.exit(1)
}
