import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startLocalDatabase } from '../../src/local/database/start-database.ts'
import { createLog } from '../../src/log.ts'
import { sqlOnPostgres } from './sql-postgres.ts'
import { sqlOnSqlite } from './sql-sqlite.ts'
import { type FuzzTarget, fuzz } from './target.ts'

const TARGETS: Record<string, (databaseUrl: () => Promise<string>) => Promise<FuzzTarget>> = {
  'sql-sqlite': () => sqlOnSqlite(),
  'sql-postgres': async (databaseUrl) => sqlOnPostgres(await databaseUrl()),
}

/** `npm run fuzz -- [target|all] [seconds] [seed]`: 600 s each. */
const [wanted = 'all', seconds = '600', seed = '1'] = process.argv.slice(2)
if (wanted !== 'all' && !(wanted in TARGETS)) {
  console.error(`There is no target called ${wanted}. There are: ${Object.keys(TARGETS).join(', ')}.`)
  process.exit(1)
}
await using cleanups = new AsyncDisposableStack()
const databaseUrl = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'patchbay-fuzz-'))
  cleanups.defer(() => rm(folder, { recursive: true, force: true }))
  return cleanups.use(await startLocalDatabase({ dataDir: folder, log: createLog('fatal') })).url
}
for (const [name, open] of Object.entries(TARGETS)) {
  if (wanted !== 'all' && wanted !== name) continue
  await using target = await open(databaseUrl)
  console.log(`${name}: ${await fuzz(target, { seconds: Number(seconds), seed: Number(seed) })} inputs, no fault`)
}
