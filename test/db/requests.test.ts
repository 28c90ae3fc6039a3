import { Client } from 'pg'
import { expect, test } from 'vitest'
import { connectPostgres } from '../../src/db/postgres.ts'
import { createRunId } from '../../src/ids.ts'
import type { EventOf, RunEvent } from '../../src/run/state/events.ts'
import { createHeardMessages } from '../../src/run/storage/heard-messages.ts'
import { createRunStore } from '../../src/run/storage/run-store.ts'
import { at, origin, replied, started } from '../run/states.ts'
import { createTestDatabase, query } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { memoryLog } from '../support/log.ts'

const WAITS_FOR_LOCK = `select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`

async function startHouse() {
  const resources = new AsyncDisposableStack()
  const database = resources.use(await createTestDatabase())
  const { log } = memoryLog()
  const db = resources.use(connectPostgres(database.url, log))
  const [store, other] = [createRunStore(db, 'one', log), createRunStore(db, 'two', log)]
  /** A run that the message of that time asks for. */
  const start = async (messageTs: string, rest: RunEvent[] = []) => {
    const id = createRunId()
    const asked = { ...origin, messageTs }
    const events = [{ ...started, origin: asked }, ...rest]
    const begun = await store.start({ id, origin: asked, dedupeKey: `T111:C111:${messageTs}`, events }, true)
    return { ...begun, run: id }
  }
  const rows = (sql: string, values?: unknown[]) => query(database.url, sql, values)
  return { url: database.url, db, store, other, start, rows, [Symbol.asyncDispose]: () => resources.disposeAsync() }
}

test.each([
  ['is there', []],
  ['is gone', ['2']],
])('what was heard is told after a summary whose last run %s', async (_what, pruned) => {
  await using house = await startHouse()
  const heard = createHeardMessages(house.db)
  const { run: upTo } = await house.start('2')
  await house.start('3', [{ type: 'summarised', text: 'all so far', upTo, costUsd: 0, at }])
  const place = { workspace: origin.workspace, channel: origin.channel, threadTs: origin.threadTs }
  for (const ts of ['1', '4', '6']) await heard.keep({ ...place, ts, user: 'UBOB', author: 'Bob', text: `at ${ts}` })
  const { run } = await house.start('5')
  for (const ts of pruned) await house.rows('delete from runs where dedupe_key = $1', [`T111:C111:${ts}`])
  const history = await house.store.history(run)
  expect(history).toMatchObject({ summary: 'all so far', heard: [{ text: 'at 4' }] })
  expect(history.heard).toHaveLength(1)
})

test.each([
  ['itself', 'T111:C111:7'],
  ['the files that came later', 'T111:C111:7:files'],
])('a request is stopped from its beginning where its message was told to be gone: %s', async (_what, dedupeKey) => {
  await using house = await startHouse()
  const message = { workspace: origin.workspace, channel: origin.channel, threadTs: origin.threadTs }
  expect(await house.store.messageDeleted({ ...message, ts: '7' })).toEqual([])
  const id = createRunId()
  expect(await house.store.start({ id, origin, dedupeKey, events: [started] }, true)).toMatchObject({ withdrawn: true })
  expect(await house.store.state(id, origin.workspace)).toMatchObject({ status: 'stopped', withdrawn: true })
  expect(await house.start('8')).toMatchObject({ withdrawn: false, ahead: id })
})

test('a deletion that comes while the request is being stored is seen by one of the two', async () => {
  await using house = await startHouse()
  const client = new Client({ connectionString: house.url })
  await client.connect()
  try {
    await client.query('begin')
    const begin = 'select patchbay.run_start($1, $2, $3, $4, $5, $6, $7, 1000)'
    const id = createRunId()
    await client.query(begin, [id, 'T111', 'UADA', 'T111:C111:1', 'T111:C111:7', JSON.stringify([started]), 'two'])
    const message = { workspace: origin.workspace, channel: origin.channel, threadTs: origin.threadTs }
    const deleting = house.store.messageDeleted({ ...message, ts: '7' })
    await eventually(async () => expect(await house.rows(WAITS_FOR_LOCK)).not.toEqual([]))
    await client.query('commit')
    expect(await deleting).toMatchObject([{ run: id }])
  } finally {
    await client.end()
  }
})

const file = (id: string) => ({ id, name: `${id}.csv`, mimeType: 'text/csv', size: 1 })
const adding = (...ids: string[]): EventOf<'files_added'> => ({ type: 'files_added', files: ids.map(file), at })

test('files join a request once, whoever works on it, and only before its reply', async () => {
  await using house = await startHouse()
  const { run, fence } = await house.start('2')
  const add = (...ids: string[]) => house.other.addFiles(run, origin.workspace, adding(...ids))
  const both = await Promise.all([add('F1'), add('F1', 'F2')])
  expect(both).toContain('added')
  expect(await add('F2', 'F1')).toBe('none')
  const state = await house.store.state(run, origin.workspace)
  expect(state?.files.map(({ id }) => id).toSorted()).toEqual(['F1', 'F2'])
  const read = await house.store.read(run, 0, fence ?? 0)
  await house.store.append(run, fence ?? 0, read?.seq ?? 0, [replied([])])
  expect([await add('F3'), await add('F1')]).toEqual(['late', 'none'])
})

test('of the exchange before, only what had ended and was not deleted is told', async () => {
  await using house = await startHouse()
  const ask = async (threadTs: string, text: string) => {
    const id = createRunId()
    const asked: typeof origin = { ...origin, place: 'dm', threadTs, messageTs: threadTs }
    const begun = { ...started, origin: asked, text }
    await house.store.start({ id, origin: asked, dedupeKey: threadTs, events: [begun] }, true)
    return id
  }
  const stopped: EventOf<'stopped'> = { type: 'stopped', by: origin.user, at }
  const [ended, deleted, open] = [await ask('1', 'ended'), await ask('2', 'deleted'), await ask('3', 'open')]
  await house.store.stop(ended, origin.workspace, stopped)
  await house.store.stop(deleted, origin.workspace, { ...stopped, why: 'request_deleted' })
  const now = await ask('4', 'now')
  const told = async () => (await house.store.history(now)).exchange.map(({ text }) => text)
  expect(await told()).toEqual(['ended'])
  await house.store.stop(open, origin.workspace, stopped)
  expect(await told(), 'it stays as it was').toEqual(['ended'])
})
