import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startLocalDatabase } from '../../src/local/database/start-database.ts'
import { createLog } from '../../src/log.ts'
import { TARGETS } from './targets.ts'

/** `npm run fuzz -- [--target NAME] [--minutes 10] [--seed 1]` */
const { values } = parseArgs({
  options: {
    target: { type: 'string', default: 'all' },
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
  },
})
const { target: wanted, minutes, seed } = values
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
  const { inputs, slowest } = await target.fuzz({ seconds: Number(minutes) * 60, seed: Number(seed) })
  console.log(`${name}: ${inputs} inputs, no fault; the slowest took ${slowest.ms.toFixed(1)} ms: ${slowest.input}`)
}
