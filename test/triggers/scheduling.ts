import { randomUUID } from 'node:crypto'
import { Pool } from 'pg'
import { connectPostgres } from '../../src/db/postgres.ts'
import { type Principal, RunId, UserId, WorkspaceId } from '../../src/ids.ts'
import type { Schedule } from '../../src/triggers/schedule/schedule.ts'
import type { TriggerNews } from '../../src/triggers/storage/trigger-store.ts'
import type { TriggerDefinition } from '../../src/triggers/trigger.ts'
import { createTriggers, type TriggerRequest, type TriggerResponse } from '../../src/triggers/triggers.ts'
import { createTestDatabase } from '../support/database.ts'
import { memoryLog } from '../support/log.ts'

export const WORKSPACE = WorkspaceId.parse('TWORK01')
export const ANN: Principal = { workspace: WORKSPACE, user: UserId.parse('UANN01') }
export const BEN: Principal = { workspace: WORKSPACE, user: UserId.parse('UBEN01') }

export const scheduled = (spec: Schedule, title = 'Open bugs'): TriggerDefinition => ({
  kind: 'schedule',
  title,
  spec,
  starts: { kind: 'request', text: 'List the open bugs' },
  place: { kind: 'dm' },
})
export const DAILY: Schedule = { repeats: 'daily', at: '09:00', zone: 'UTC' }

type Start = (request: TriggerRequest) => Promise<TriggerResponse>

/** Instances with a clock of their own on one database; by default a run has ended well as soon as it is started. */
export async function startScheduling(begin: string) {
  await using starting = new AsyncDisposableStack()
  const { url } = starting.use(await createTestDatabase())
  const client = new Pool({ connectionString: url, max: 4 })
  // The database is dropped while a connection says goodbye; unheard, that would end the process.
  client.on('error', () => undefined)
  starting.defer(() => client.end())
  let now = new Date(begin)
  const requests: TriggerRequest[] = []
  const news: TriggerNews[] = []

  /** Makes one run of a key, as run/ does. */
  const startRun = async (dedupeKey: string, status = 'closed', outcome: string | null = 'finished') => {
    await client.query(
      `insert into runs (id, workspace_id, user_id, conversation, dedupe_key, status, outcome, cost_usd)
       values ($1, $2, $3, $4, $4, $5, $6, 0.25) on conflict (dedupe_key) do nothing`,
      [randomUUID(), WORKSPACE, ANN.user, dedupeKey, status, outcome],
    )
    const { rows } = await client.query('select id from runs where dedupe_key = $1', [dedupeKey])
    return RunId.parse(rows[0].id)
  }
  const startWell: Start = async ({ dedupeKey }) => ({ kind: 'started', run: await startRun(dedupeKey) })

  const things = starting.move()
  return {
    client,
    requests,
    news,
    startRun,
    now: () => now,
    /** Moves the clock to a time, or on by minutes. */
    move(to: string | number): void {
      now = typeof to === 'string' ? new Date(to) : new Date(now.getTime() + to * 60_000)
    },
    /** One more instance; it polls from now on unless it is told not to. */
    addInstance({
      start = startWell,
      polls = true,
      tell,
    }: {
      start?: Start
      polls?: boolean
      tell?: () => Promise<void>
    } = {}) {
      const { log, text } = memoryLog()
      const db = connectPostgres(url, log)
      const triggers = createTriggers({
        db,
        log,
        now: () => now,
        pollMs: 10,
        start: (request) => {
          requests.push(request)
          return start(request)
        },
        tell: async (one) => {
          await tell?.()
          news.push(one)
        },
      })
      things.defer(async () => {
        await triggers[Symbol.asyncDispose]()
        await db[Symbol.asyncDispose]()
      })
      if (polls) triggers.start()
      return { ...triggers, logged: text }
    },
    /** Whether nothing is left to do at this time. */
    async isSettled(): Promise<boolean> {
      const { rows } = await client.query(
        `select (select count(*) from triggers where enabled and next_at <= $1) + (select count(*) from trigger_occurrences
           left join runs on runs.id = run_id where state = 'taken' or state = 'started' and status = 'closed')
           + (select count(*) from trigger_news) as open`,
        [now],
      )
      return Number(rows[0].open) === 0
    },
    async occurrences() {
      const { rows } = await client.query(
        'select key, state, why, missed, outcome, attempts from trigger_occurrences order by due_at, key',
      )
      return rows
    },
    [Symbol.asyncDispose]: () => things.disposeAsync(),
  }
}
