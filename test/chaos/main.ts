import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startLocalDatabase } from '../../src/local/database/start-database.ts'
import { createLog } from '../../src/log.ts'
import { storySentence } from './claims.ts'
import { runStorm } from './storm.ts'

const FLAGS = {
  seed: { type: 'string', default: '10' },
  kills: { type: 'string', default: '450' },
  minutes: { type: 'string', default: '60' },
} as const

/** `npm run chaos -- --seed 10 --kills 450 --minutes 60`: the storm at full length, on a database of its own. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: FLAGS })
  const dataDir = await mkdtemp(join(tmpdir(), 'patchbay-chaos-'))
  await using stack = new AsyncDisposableStack()
  stack.defer(() => rm(dataDir, { recursive: true, force: true }))
  const database = stack.use(await startLocalDatabase({ dataDir, log: createLog('silent') }))
  const result = await runStorm({
    databaseUrl: `${database.url}&options=${encodeURIComponent('-c search_path=patchbay,public')}`,
    seed: Number(values.seed),
    kills: Number(values.kills),
    endMs: Number(values.minutes) * 60_000,
    say: (line) => console.log(line),
  })
  console.log(storySentence(result))
  for (const what of [...result.lost, ...result.twice, ...result.open, ...result.unheard]) console.log(`  ${what}`)
  process.exitCode = [result.lost, result.twice, result.open, result.unheard].some((all) => all.length > 0) ? 1 : 0
}

await main()
