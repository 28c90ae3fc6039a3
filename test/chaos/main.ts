import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openDatabase } from '../../src/db/open-database.ts'
import { createLog } from '../../src/log.ts'
import { growTrees } from '../run/team/grow-trees.ts'
import { findKillPoints, killWorkflow } from '../run/workflow/killed-workflow.ts'
import { startOwnDatabase } from '../support/own-database.ts'
import { ROOT } from '../support/paths.ts'
import { storySentence } from './claims.ts'
import { runStorm } from './storm.ts'

const FLAGS = {
  seed: { type: 'string', default: '10' },
  kills: { type: 'string', default: '450' },
  minutes: { type: 'string', default: '60' },
  trees: { type: 'string' },
  workflow: { type: 'boolean' },
} as const

/**
 * `npm run chaos -- --seed 10 --kills 450 --minutes 60`: the storm at full length, on a database of its own.
 * `npm run chaos -- --seed 14 --trees 500`: run trees under kills and stops instead.
 * `npm run chaos -- --workflow`: a workflow of twenty steps, killed at every point there is.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: FLAGS })
  await using database = await startOwnDatabase()
  if (values.workflow) return await killEverywhere(database.url)
  if (values.trees !== undefined) return await growAll(database.url, Number(values.trees), Number(values.seed))
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

const openMigrated = (url: string) =>
  openDatabase({ kind: 'postgres', url }, join(ROOT, 'supabase', 'migrations'), createLog('silent'))

async function killEverywhere(url: string): Promise<void> {
  const { db } = await openMigrated(url)
  await using _migrated = db
  const points = await findKillPoints(url)
  let parked = 0
  let wrong = 0
  for (const point of points) {
    const killed = await killWorkflow(url, point)
    parked += killed.parked.length
    if (killed.isKilled && killed.wrong.length === 0) continue
    wrong += 1
    console.log(JSON.stringify(killed))
  }
  console.log(`killed at ${points.length} points: ${parked} steps waited for a person, ${wrong} runs were wrong`)
  process.exitCode = wrong === 0 ? 0 : 1
}

async function growAll(url: string, trees: number, seed: number): Promise<void> {
  const { db } = await openMigrated(url)
  await using _migrated = db
  const grown = await growTrees({ url, trees, seed, killEveryMs: 1_500 })
  console.log(JSON.stringify(grown))
  const { doubled, open, unheard, deadlocks } = grown
  process.exitCode = doubled + open + unheard + deadlocks === 0 ? 0 : 1
}

await main()
