import { expect, test } from 'vitest'
import { connectPostgres } from '../../src/db/postgres.ts'
import { createRunId } from '../../src/ids.ts'
import type { RunEvent } from '../../src/run/state/events.ts'
import { createHeardMessages } from '../../src/run/storage/heard-messages.ts'
import { createRunStore } from '../../src/run/storage/run-store.ts'
import { at, origin, started } from '../run/states.ts'
import { createTestDatabase, query } from '../support/database.ts'
import { memoryLog } from '../support/log.ts'

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
  return { db, store, other, start, rows, [Symbol.asyncDispose]: () => resources.disposeAsync() }
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
