import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { query } from '../../support/database.ts'
import { startWorker } from '../start-worker.ts'
import { gives, isOver, isParked, OWNER, parkedIn, snapshotOf, startWorkflow, stateWhere } from './workflow-run.ts'

/** Twenty steps of every kind that calls a tool; each call has a name of its own. */
const TWENTY_STEPS = `
  - { id: s1, tool: shop/do, with: { n: s1 } }
  - { id: s2, tool: shop/do, with: { n: s2 } }
  - id: all
    each: [a, b, c]
    steps:
      - { id: s4, tool: shop/do, with: { n: "s4{{ item }}" } }
      - { id: s5, tool: shop/read, with: { n: "s5{{ item }}" } }
  - parallel:
      - { id: s7, tool: shop/do, with: { n: s7 } }
      - { id: s8, tool: shop/do, with: { n: s8 } }
      - { id: s9, tool: shop/read, with: { n: s9 } }
  - if: timezone == "UTC"
    steps:
      - { id: s11, tool: shop/do, with: { n: s11 } }
      - { id: s12, tool: shop/do, with: { n: s12 } }
    else:
      - { id: s13, tool: shop/do, with: { n: s13 } }
  - { id: s14, tool: shop/do, with: { n: s14 }, retry: { times: 2, wait: 1s } }
  - { wait: 1s }
  - { id: s16, tool: shop/read, with: { n: s16 }, retry: { times: 2, wait: 1s } }
  - { id: s17, tool: shop/do, with: { n: s17 }, on_error: continue }
  - { id: s18, tool: shop/do, with: { n: s18 } }
  - { id: s19, tool: shop/do, with: { n: s19 } }
  - { id: s20, tool: shop/do, with: { n: s20 } }`

/** All it calls that may not be repeated, and what only reads. */
const ACTS = ['s1', 's2', 's4a', 's4b', 's4c', 's7', 's8', 's11', 's12', 's14', 's17', 's18', 's19', 's20']
const READS = ['s5a', 's5b', 's5c', 's9', 's16']

/** Where the process that works it is killed: after so many events, or so many calls, before or after what the call does. */
export type KillPoint = { after: 'event' | 'call' | 'effect'; count: number }

export type Killed = {
  point: KillPoint
  isKilled: boolean
  parked: string[]
  /** What is wrong; empty where all is as it must be. */
  wrong: string[]
}

export const workflowOptions = (url: string, onCall?: (when: 'call' | 'effect') => void) => ({
  url,
  tools: ['do', 'read'],
  reads: ['read'],
  allowed: true,
  callTool: async (_tool: string, args: { [key: string]: unknown }) => {
    onCall?.('call')
    await query(url, 'insert into effects (thread, n) values ($1, $2)', [String(args.thread ?? ''), String(args.n)])
    onCall?.('effect')
    return gives({ n: String(args.n) })
  },
})

/** Has a process killed at that point of the workflow, and another one end it. */
export async function killWorkflow(url: string, point: KillPoint): Promise<Killed> {
  await query(url, 'create table if not exists effects (thread text, n text)')
  await query(url, 'truncate effects')
  const child = fork(join(import.meta.dirname, 'workflow-worker.ts'), [url, point.after, String(point.count)], {
    stdio: 'ignore',
  })
  const [, signal] = await once(child, 'exit')
  await using at = startWorker(workflowOptions(url))
  await at.runs.begin()
  const [row] = await query(url, "select id from runs where dedupe_key like 'workflow %' order by number desc limit 1")
  const id = row?.id
  const run = (await at.runs.recentOf(OWNER, 1)).find((one) => one.id === id)?.id
  if (run === undefined) throw new Error('no run was begun')
  const parked: string[] = []
  for (;;) {
    const state = await stateWhere(at, run, (one) => isOver(one) || isParked(one))
    if (isOver(state)) break
    for (const [step, why] of Object.entries(parkedIn(state))) {
      if ((await at.runs.resumeStep(run, { step, how: 'skip' }, OWNER)) === 'resumed') parked.push(`${step}: ${why}`)
    }
  }
  return { point, isKilled: signal === 'SIGKILL', parked, wrong: await findWrong(url, id, parked) }
}

async function findWrong(url: string, run: unknown, parked: string[]): Promise<string[]> {
  const rows = await query(url, 'select n, count(*)::int as many from effects group by n')
  const made = new Map(rows.map(({ n, many }) => [String(n), Number(many)]))
  const ends = await query(url, 'select outcome from runs where id = $1', [run])
  const unknown = await query(
    url,
    "select body ->> 'call' as call from run_events where run_id = $1 and type = 'returned' and body ->> 'outcome' = 'unknown'",
    [run],
  )
  // What was not done for certain is known to be unknown: parked, or told to what goes on.
  const isTold = (n: string) =>
    unknown.some(({ call }) => String(call).endsWith(`${n.slice(0, n.length - (/[a-c]$/.test(n) ? 1 : 0))}#1`))
  return [
    ...ACTS.filter((n) => (made.get(n) ?? 0) > 1).map((n) => `${n} was done ${made.get(n)} times`),
    ...ACTS.filter((n) => !made.has(n) && !isTold(n)).map((n) => `${n} was not done`),
    ...READS.filter((n) => !made.has(n)).map((n) => `${n} was not read`),
    ...(made.has('s13') ? ['the other branch was taken'] : []),
    ...(parked.length > unknown.length ? [`${parked.length} steps were parked: ${parked.join('; ')}`] : []),
    ...(ends[0]?.outcome === 'finished' ? [] : [`it ended as ${ends[0]?.outcome}`]),
  ]
}

/** Begins the workflow on this worker. */
export const startTwentySteps = (at: ReturnType<typeof startWorker>, thread: string) =>
  startWorkflow(at, snapshotOf(TWENTY_STEPS), thread)

/** Events, calls and effects there are in a whole run, as points to be killed at. */
export async function findKillPoints(url: string): Promise<KillPoint[]> {
  await query(url, 'create table if not exists effects (thread text, n text)')
  let events = 0
  let calls = 0
  await using at = startWorker({
    ...workflowOptions(url, (when) => {
      if (when === 'call') calls += 1
    }),
    onEvent: () => {
      events += 1
    },
  })
  await at.runs.begin()
  await stateWhere(at, await startTwentySteps(at, 'whole'), isOver)
  const points = (after: KillPoint['after'], many: number) =>
    Array.from({ length: many }, (_, at): KillPoint => ({ after, count: at + 1 }))
  return [...points('event', events - 1), ...points('call', calls), ...points('effect', calls)]
}
