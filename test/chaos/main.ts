import { parseArgs } from 'node:util'
import { startOwnDatabase } from '../support/own-database.ts'
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
  await using database = await startOwnDatabase()
  const result = await runStorm({
    databaseUrl: database.url,
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
