import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startLocalDatabase } from '../../src/local/database/start-database.ts'
import { createLog } from '../../src/log.ts'
import { soak } from './soak.ts'

const SECONDS = 1_800

/** `npm run soak [seconds] [seed]`: one half over HTTP, one in Socket Mode. */
const [seconds = SECONDS, seed = 1] = process.argv.slice(2).map(Number)
let problems = 0
for (const mode of ['http', 'socket'] as const) {
  const folder = await mkdtemp(join(tmpdir(), 'patchbay-soak-'))
  const database = await startLocalDatabase({ dataDir: folder, log: createLog('fatal') })
  console.log(`\n${mode}, ${seconds / 2} s, seed ${seed}`)
  const report = await soak({
    seed,
    seconds: seconds / 2,
    mode,
    databaseUrl: database.url,
    say: (line) => console.log(`  ${line}`),
  })
  console.log(JSON.stringify(report, null, 2))
  problems += report.problems.length
  await database[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
}
console.log(problems === 0 ? 'The soak found nothing.' : `The soak found ${problems} problems.`)
process.exit(problems === 0 ? 0 : 1)
