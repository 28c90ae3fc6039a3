import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AgentSnapshot } from '../../../src/agents/agent.ts'
import { query } from '../../support/database.ts'
import { eventually } from '../../support/eventually.ts'
import { createRandom } from '../../support/seeded-random.ts'
import { startWorker } from '../start-worker.ts'
import { origin } from '../states.ts'
import { createTreeTurn, HELPERS } from './tree-model.ts'

const LEAD: AgentSnapshot = {
  id: 'lead',
  version: 1,
  name: 'Lead',
  purpose: 'plans',
  instructions: '',
  asks: ['Reader', 'Checker', 'Writer'],
  chosenBy: 'name',
}
const WORKERS = 2

export type Grown = {
  trees: number
  children: number
  stops: number
  kills: number
  /** Calls whose result was written twice. */
  doubled: number
  /** Runs that never ended. */
  open: number
  /** Requests to finish whose agents did not all answer. */
  unheard: number
  deadlocks: number
}

/**
 * Trees of four runs on one database, worked here and by two processes that are killed again and again, while some requests are stopped.
 * `killEveryMs`: about how long a process lives.
 */
export async function growTrees(o: { url: string; trees: number; seed: number; killEveryMs: number }): Promise<Grown> {
  const random = createRandom(o.seed)
  const workers = await Promise.all(Array.from({ length: WORKERS }, (_, at) => startProcess(o.url, o.seed + at)))
  await using asker = startWorker({ url: o.url, agents: HELPERS, turn: createTreeTurn(createRandom(o.seed)) })
  await asker.runs.begin()
  let kills = 0
  let stops = 0
  const growing = new AbortController()
  const killing = (async () => {
    while (!growing.signal.aborted) {
      await sleep(o.killEveryMs / 2 + random.below(o.killEveryMs), undefined, { signal: growing.signal }).catch(
        () => undefined,
      )
      if (growing.signal.aborted) return
      const at = random.below(WORKERS)
      await endProcess(workers[at])
      kills += 1
      workers[at] = await startProcess(o.url, o.seed + 100 + kills)
    }
  })()
  for (let at = 0; at < o.trees; at++) {
    const { run } = await asker.runs.start({
      origin: { ...origin, threadTs: String(at) },
      text: `grow ${at}`,
      dedupeKey: `tree ${at}`,
      agent: LEAD,
    })
    if (random.chance(0.3)) {
      await sleep(random.below(300))
      if ((await asker.runs.stop(run, { workspace: origin.workspace, user: origin.user })) === 'stopped') stops += 1
    }
    await sleep(random.below(60))
  }
  try {
    await eventually(async () => {
      const [left] = await query(o.url, "select count(*)::int as many from runs where status <> 'closed'")
      if (left?.many !== 0) throw new Error(`${left?.many} runs are open`)
    }, 120_000).catch(() => undefined)
  } finally {
    growing.abort()
    await killing
    await Promise.all(workers.map(endProcess))
  }
  return { ...(await countIn(o.url)), trees: o.trees, stops, kills }
}

async function startProcess(url: string, seed: number): Promise<ChildProcess> {
  const child = fork(join(import.meta.dirname, 'tree-worker.ts'), [url, String(seed)], { stdio: 'ignore' })
  await once(child, 'message')
  return child
}

async function endProcess(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}

async function countIn(url: string): Promise<Pick<Grown, 'children' | 'doubled' | 'open' | 'unheard' | 'deadlocks'>> {
  const [row = {}] = await query(
    url,
    `select
      (select count(*)::int from runs where parent_run is not null) as children,
      (select count(*)::int from (select run_id, body ->> 'call' from run_events where type = 'returned' group by 1, 2 having count(*) > 1) d) as doubled,
      (select count(*)::int from runs where status <> 'closed') as open,
      (select count(*)::int from runs r where r.parent_run is null and r.outcome = 'finished'
        and (select count(*) from run_events e where e.run_id = r.id and e.type = 'returned') <> 3) as unheard,
      (select deadlocks::int from pg_stat_database where datname = current_database()) as deadlocks`,
  )
  const count = (name: string) => Number(row[name])
  return {
    children: count('children'),
    doubled: count('doubled'),
    open: count('open'),
    unheard: count('unheard'),
    deadlocks: count('deadlocks'),
  }
}
