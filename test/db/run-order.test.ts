import { Client } from 'pg'
import { expect, test } from 'vitest'
import { connectPostgres } from '../../src/db/postgres.ts'
import { createRunId } from '../../src/ids.ts'
import { createRunStore } from '../../src/run/storage/run-store.ts'
import { origin, started } from '../run/states.ts'
import { createTestDatabase, query } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { memoryLog } from '../support/log.ts'

const events = [started]
const waitsForLock = `select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`

async function startHouse() {
  const resources = new AsyncDisposableStack()
  const database = resources.use(await createTestDatabase())
  const { log } = memoryLog()
  const store = createRunStore(resources.use(connectPostgres(database.url, log)), 'one', log)
  const other = new Client({ connectionString: database.url })
  await other.connect()
  resources.defer(() => other.end())
  const ahead = createRunId()
  const started = await store.start({ id: ahead, origin, dedupeKey: 'ahead', events }, true)
  const isWaiting = () => eventually(async () => expect(await query(database.url, waitsForLock)).not.toEqual([]))
  return {
    store,
    other,
    ahead,
    fence: started.fence ?? 0,
    isWaiting,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}

test('a run that starts while the one ahead is being closed is named as the next', async () => {
  await using house = await startHouse()
  const next = createRunId()
  await house.other.query('begin')
  await house.other.query('select patchbay.run_start($1, $2, $3, $4, $5, $6, $7, 1000)', [
    next,
    'T111',
    'UADA',
    'T111:C111:1',
    'next',
    JSON.stringify(events),
    'two',
  ])
  const closing = house.store.close(house.ahead, house.fence, events.length)
  await house.isWaiting()
  await house.other.query('commit')
  expect(await closing).toEqual({ closed: true, next })
})

test('a run that starts while the close of the one ahead is not yet written is claimed by who started it', async () => {
  await using house = await startHouse()
  await house.other.query('begin')
  await house.other.query('select patchbay.run_close($1, $2, $3)', [house.ahead, house.fence, events.length])
  const starting = house.store.start({ id: createRunId(), origin, dedupeKey: 'next', events }, true)
  await house.isWaiting()
  await house.other.query('commit')
  expect(await starting).toMatchObject({ fresh: true, ahead: null, fence: 1 })
})
