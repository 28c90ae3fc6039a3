import { expect, test } from 'vitest'
import type { Db } from '../../src/db/call.ts'
import { connectPostgres } from '../../src/db/postgres.ts'
import { connectSupabase } from '../../src/db/supabase.ts'
import { createRunId } from '../../src/ids.ts'
import type { TriggerNews } from '../../src/triggers/storage/trigger-store.ts'
import { createTriggers, type TriggerRequest, type TriggerResponse } from '../../src/triggers/triggers.ts'
import { createTestDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { memoryLog } from '../support/log.ts'
import { KEYS, startSupabaseLite } from '../support/supabase-lite.ts'
import { ANN, DAILY, scheduled, WORKSPACE } from './scheduling.ts'

type Driver = (url: string, things: AsyncDisposableStack) => Promise<Db>
const DRIVERS: [string, Driver][] = [
  ['pg', async (url) => connectPostgres(url, memoryLog().log)],
  [
    'supabase-js',
    async (url, things) => {
      const lite = things.use(await startSupabaseLite(url))
      return connectSupabase({ url: lite.url, secretKey: KEYS.secret_key, fetch: lite.fetch })
    },
  ],
]

test.each(DRIVERS)('a trigger is kept, due, started, ended and told the same through %s', async (_, connect) => {
  await using things = new AsyncDisposableStack()
  const { url } = things.use(await createTestDatabase())
  const db = things.use(await connect(url, things))
  let now = new Date('2026-12-01T08:00:00.000Z')
  const requests: TriggerRequest[] = []
  const news: TriggerNews[] = []
  const responses: TriggerResponse[] = [
    { kind: 'started', run: createRunId() },
    { kind: 'refused', why: 'Ann left.' },
  ]
  const triggers = things.use(
    createTriggers({
      db,
      log: memoryLog().log,
      now: () => now,
      pollMs: 10,
      start: async (request) => {
        requests.push(request)
        return responses.shift() ?? { kind: 'refused', why: 'no more' }
      },
      tell: async (one) => {
        news.push(one)
      },
    }),
  )
  triggers.start()
  const made = await triggers.create(ANN, scheduled(DAILY, 'ümläut "quotes"'))
  expect(await triggers.edit(ANN, made.id, 1, scheduled(DAILY))).toMatchObject({ version: 2 })
  await expect(triggers.edit(ANN, made.id, 1, scheduled(DAILY, 'late'))).rejects.toMatchObject({ code: 'conflict' })
  now = new Date('2026-12-01T09:10:00.000Z')
  await eventually(() =>
    expect(requests).toMatchObject([{ dueAt: new Date('2026-12-01T09:00:00.000Z'), lateMs: 600_000 }]),
  )
  // No row of a run is here, so that nobody knows how it ended.
  await eventually(async () =>
    expect(await triggers.of(ANN)).toMatchObject([
      { runs: 1, costUsd: 0, nextAt: new Date('2026-12-02T09:00:00.000Z'), last: { outcome: 'unknown' } },
    ]),
  )
  now = new Date('2026-12-02T09:00:01.000Z')
  await eventually(() => expect(news).toMatchObject([{ kind: 'paused', why: 'Ann left.' }]))
  expect(await triggers.occurrences(WORKSPACE, made.id, 5)).toMatchObject([{ why: 'refused' }, { outcome: 'unknown' }])
  expect(await triggers.withoutSuccess(WORKSPACE)).toEqual([])
  expect(await triggers.fire(WORKSPACE, made.id, 'Ev1')).toBe('off')
  expect(await triggers.resume(ANN, made.id)).toMatchObject({ enabled: true })
  await triggers.remove({ ...ANN, isOwner: false }, made.id)
  expect(await triggers.in(WORKSPACE)).toEqual([])
})
