import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterEach, expect, test } from 'vitest'
import { createResourceWatcher, type ResourceWatcherDeps } from '../../../src/connect/features/resource-watcher.ts'
import { openLocalStore } from '../../../src/credentials/local.ts'
import { connectPostgres } from '../../../src/db/postgres.ts'
import { createEgress } from '../../../src/egress/egress.ts'
import { ChannelId, createConnectionId } from '../../../src/ids.ts'
import { createMcp } from '../../../src/mcp/mcp.ts'
import type { Connection } from '../../../src/registry/connection.ts'
import { createRegistry } from '../../../src/registry/registry.ts'
import { createResourceSubscriptions } from '../../../src/registry/resource-subscriptions.ts'
import { createOpenSandbox } from '../../../src/sandbox/sandbox.ts'
import { createTestDatabase } from '../../support/database.ts'
import { eventually } from '../../support/eventually.ts'
import { memoryLog } from '../../support/log.ts'
import { PERSON, remote, startServerProcess } from '../../support/mcp-house.ts'

let open = new AsyncDisposableStack()
afterEach(async () => {
  await open.disposeAsync()
  open = new AsyncDisposableStack()
})

const NOTES = 'note://today'
const GENERAL = ChannelId.parse('CGENERAL1')

/** A server that tells changes, a database, and instances of the app as far as they watch. */
async function startHouse() {
  const server = open.use(await startServerProcess('offers-new.ts', ['0']))
  const database = open.use(await createTestDatabase())
  const folder = await mkdtemp(join(tmpdir(), 'patchbay-watcher-'))
  open.defer(() => rm(folder, { recursive: true, force: true }))
  const { log } = memoryLog()
  const credentials = await openLocalStore({ folder, key: undefined })
  const egress = createEgress({ allow: ['127.0.0.1'] })
  open.defer(() => egress[Symbol.dispose]())
  const told: { by: string; at: number }[] = []

  const instance = (name: string, times: Pick<ResourceWatcherDeps, 'quietMs'> = {}) => {
    const db = open.use(connectPostgres(database.url, log))
    const [registry, watches] = [createRegistry(db), createResourceSubscriptions(db)]
    const target = () => remote(`http://127.0.0.1:${server.port}/mcp`)
    const limits = () => ({ callSeconds: 60, idleSeconds: 300 })
    const mcp = open.use(
      createMcp({
        sandbox: createOpenSandbox('none'),
        registry,
        credentials,
        egress,
        log,
        limits,
        target,
        toolTimeoutSeconds: 30,
        projectRoot: folder,
      }),
    )
    const tell = async () => void told.push({ by: name, at: Date.now() })
    const watcher = open.use(
      createResourceWatcher({ subscriptions: watches, registry, mcp, log, tell, lookMs: 40, ...times }),
    )
    return { registry, watches, mcp, watcher }
  }
  const first = instance('first')
  const connection = (): Promise<Connection> => {
    const id = createConnectionId()
    const row = { id, name: id.slice(0, 8), card: 'x', inputs: {}, credential: undefined, tools: [], era: undefined }
    return first.registry.add({ ...PERSON, ...row }, 100)
  }
  const watch = ({ id }: Connection, threadTs = '1', uri = NOTES) =>
    first.watches.add({ ...PERSON, connection: id, uri, name: 'Notes', channel: GENERAL, threadTs }, 100)
  const touch = (c: Connection) =>
    first.mcp.call(
      c,
      { name: 'touch', description: '', inputSchema: { type: 'object' } },
      {},
      {
        signal: new AbortController().signal,
        onProgress: () => undefined,
      },
    )
  const rows = async (sql: string) => {
    const client = new Client({ connectionString: database.url })
    await client.connect()
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows
    } finally {
      await client.end()
    }
  }
  return { first, instance, connection, watch, touch, told, rows }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

test('many instances that want the same watches: each connection is one’s, with all that is watched of it', async () => {
  const house = await startHouse()
  const { watches } = house.first
  for (let at = 0; at < 6; at++) {
    const connection = await house.connection()
    await house.watch(connection, '1')
    await house.watch(connection, '2', 'note://other')
  }
  const others = house.instance('second').watches
  const names = Array.from({ length: 8 }, (_, at) => `instance-${at}`)
  const claims = await Promise.all(names.map((name, at) => (at % 2 ? watches : others).claim(name, 30_000, 2)))
  expect(claims.flat()).toHaveLength(12)
  for (const claimed of claims) expect([0, 4]).toContain(claimed.length)
  const held = await house.rows(
    'select connection_id, count(distinct owner)::int as watchers, count(owner)::int as n from resource_subscriptions group by 1',
  )
  expect(held.map(({ watchers, n }) => [watchers, n])).toEqual(Array(6).fill([1, 2]))
})

test.for([
  { what: 'soon: leads to the thread that is there', minutes: 4, threads: ['1', '1', '1'] },
  { what: 'later: moves to the new thread', minutes: 6, threads: ['1', '2', '2'] },
])('the same watch asked for again $what', async ({ minutes, threads }) => {
  const house = await startHouse()
  const connection = await house.connection()
  const first = await house.watch(connection, '1')
  await house.rows(`update resource_subscriptions set created_at = now() - interval '${minutes} minutes'`)
  const again = await house.watch(connection, '2')
  const repeated = await house.watch(connection, '3')
  expect([first, again, repeated].map(({ threadTs }) => threadTs)).toEqual(threads)
  expect(new Set([first.id, again.id, repeated.id]).size).toBe(1)
  expect(await house.rows('select 1 from resource_subscriptions')).toHaveLength(1)
})

test('what an instance that died held is free when its lease is over, not before', async () => {
  const house = await startHouse()
  const { watches } = house.first
  await house.watch(await house.connection())
  expect(await watches.claim('dead', 600, 40)).toHaveLength(1)
  expect(await watches.claim('alive', 30_000, 40)).toEqual([])
  await eventually(async () => expect(await watches.claim('alive', 30_000, 40)).toHaveLength(1))
  expect(await watches.claim('dead', 600, 40)).toEqual([])
})

test('of two instances that watch one tells each change; the other goes on when it stops', async () => {
  const house = await startHouse()
  const second = house.instance('second', { quietMs: 0 })
  const third = house.instance('third', { quietMs: 0 })
  const connection = await house.connection()
  await house.watch(connection)
  second.watcher.start()
  third.watcher.start()
  const next = async (tells: number) => {
    await eventually(async () => {
      await house.touch(connection)
      expect(house.told.length).toBeGreaterThanOrEqual(tells)
    }, 20_000)
    await pause(300)
  }
  await next(1)
  const [holder] = house.told
  const before = house.told.length
  await house.touch(connection)
  await eventually(() => expect(house.told).toHaveLength(before + 1))
  await pause(300)
  expect(house.told).toHaveLength(before + 1)
  expect(new Set(house.told.map(({ by }) => by))).toEqual(new Set([holder?.by]))

  await (holder?.by === 'second' ? second : third).watcher[Symbol.asyncDispose]()
  const mark = house.told.length
  await next(mark + 1)
  expect(new Set(house.told.slice(mark).map(({ by }) => by))).toEqual(
    new Set([holder?.by === 'second' ? 'third' : 'second']),
  )
})

test('a resource that changes all the time is told of at once, and then only after a quiet time', async () => {
  const house = await startHouse()
  const QUIET_MS = 2_000
  const { watcher } = house.instance('second', { quietMs: QUIET_MS })
  const connection = await house.connection()
  await house.watch(connection)
  watcher.start()
  const until = Date.now() + 6_000
  while (Date.now() < until) {
    await house.touch(connection)
    await pause(100)
  }
  const times = house.told.map(({ at }) => at)
  expect(times.length).toBeGreaterThanOrEqual(2)
  const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0))
  // The quiet is counted in the database, from a moment before it is told here.
  for (const gap of gaps) expect(gap).toBeGreaterThanOrEqual(QUIET_MS - 500)
  // The last change of the time that was quiet is not forgotten.
  await house.touch(connection)
  await eventually(() => expect(house.told.length).toBeGreaterThan(times.length), QUIET_MS + 3_000)
})

test('after its connection was made anew, a resource is watched on the new session', async () => {
  const house = await startHouse()
  const { watcher, mcp } = house.instance('second', { quietMs: 0 })
  const connection = await house.connection()
  await house.watch(connection)
  watcher.start()
  const toldAgain = async () => {
    const before = house.told.length
    await eventually(async () => {
      await house.touch(connection)
      expect(house.told.length).toBeGreaterThan(before)
    })
  }
  await toldAgain()
  await mcp.retire(connection.id)
  await toldAgain()
})
