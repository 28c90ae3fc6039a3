import { expect, test } from 'vitest'
import { nextOccurrence, type Schedule } from '../../src/triggers/schedule/schedule.ts'
import { eventually } from '../support/eventually.ts'
import { createRandom } from '../support/seeded-random.ts'
import { ANN, DAILY, scheduled, startScheduling } from './scheduling.ts'

const settled = (world: Awaited<ReturnType<typeof startScheduling>>) =>
  eventually(async () => expect(await world.isSettled()).toBe(true), 30_000)

test.each([1, 2, 3])('four instances make one run of every occurrence, seed %i', { timeout: 120_000 }, async (seed) => {
  const random = createRandom(seed)
  const begin = '2026-03-28T20:00:00.000Z'
  await using world = await startScheduling(begin)
  const [first] = [1, 2, 3, 4].map(() => world.addInstance())
  const zones = ['Europe/Berlin', 'America/New_York', 'Asia/Kathmandu', 'UTC'] as const
  const schedules = Array.from({ length: 8 }, (): Schedule => {
    const zone = random.pick(zones)
    const cron = random.pick(['*/5 * * * *', '*/15 * * * *', '7,37 * * * *', '30 2 * * *', '0 * * * *'])
    return { repeats: 'custom', cron, zone }
  })
  const made = await Promise.all(schedules.map((one) => first?.create(ANN, scheduled(one))))
  for (let step = 0; step < 40; step++) {
    world.move(1 + random.below(12))
    // Some steps come before the last is done.
    if (random.chance(0.8)) await settled(world)
  }
  await settled(world)
  const keys = world.requests.map(({ dedupeKey }) => dedupeKey)
  const { rows } = await world.client.query('select count(*)::int as runs from runs')
  expect(rows[0].runs, 'runs').toBe(new Set(keys).size)
  expect(keys.length, 'each is started once').toBe(new Set(keys).size)
  for (const [at, schedule] of schedules.entries()) {
    let expected = 0
    let next = nextOccurrence(schedule, new Date(begin))
    for (; next !== undefined && next <= world.now(); next = nextOccurrence(schedule, next)) expected += 1
    const mine = world.requests.filter(({ trigger }) => trigger.id === made[at]?.id)
    const { rows: skipped } = await world.client.query(
      `select coalesce(sum(1 + missed), 0)::int as n from trigger_occurrences where trigger_id = $1 and state = 'skipped'`,
      [made[at]?.id],
    )
    const counted = mine.reduce((sum, { missed }) => sum + 1 + missed, 0) + skipped[0].n
    expect(counted, `${JSON.stringify(schedule)}: none is lost, none counted twice`).toBe(expected)
  }
})

test.each([
  ['before it made the run', false],
  ['after it made the run', true],
])('an instance that dies %s is followed by another, and there is one run', async (_, makesRun) => {
  await using world = await startScheduling('2026-12-01T08:00:00.000Z')
  const hanging = Promise.withResolvers<never>()
  const dying = world.addInstance({
    start: async ({ dedupeKey }) => {
      if (makesRun) await world.startRun(dedupeKey)
      return hanging.promise
    },
  })
  await dying.create(ANN, scheduled(DAILY))
  world.move('2026-12-01T09:00:01.000Z')
  await eventually(() => expect(world.requests).toHaveLength(1))
  world.addInstance()
  world.move(1)
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(world.requests, 'nobody else begins while the lease runs').toHaveLength(1)
  world.move(2)
  await settled(world)
  expect(world.requests.map(({ dedupeKey }) => dedupeKey)).toEqual([
    world.requests[0]?.dedupeKey,
    world.requests[0]?.dedupeKey,
  ])
  expect(world.requests[0]?.dedupeKey).toMatch(/^trigger:[\w-]+:2026-12-01T09:00:00.000Z$/)
  expect((await world.client.query('select from runs')).rowCount).toBe(1)
  expect(await world.occurrences()).toMatchObject([{ state: 'ended', outcome: 'finished', attempts: 2 }])
  hanging.reject(new Error('it is gone'))
})

test('what could not be started is tried again, and after five times given up and told', async () => {
  await using world = await startScheduling('2026-12-01T08:00:00.000Z')
  const instance = world.addInstance({
    start: async () => {
      throw new Error('the database is away')
    },
  })
  await instance.create(ANN, scheduled(DAILY))
  world.move('2026-12-01T09:00:01.000Z')
  for (let attempt = 1; attempt <= 5; attempt++) {
    await eventually(() => expect(world.requests).toHaveLength(attempt))
    await eventually(async () => expect((await world.occurrences())[0].attempts).toBe(attempt))
    world.move(3)
  }
  await settled(world)
  expect(world.requests).toHaveLength(5)
  expect(world.news).toMatchObject([{ kind: 'skipped', occurrence: { why: 'not_started' } }])
  expect(await instance.of(ANN)).toMatchObject([{ failures: 1, enabled: true }])
})

test('an occurrence that was taken, and by whoever comes back more than half a day later, is not begun any more', async () => {
  await using world = await startScheduling('2026-12-01T08:00:00.000Z')
  const hanging = Promise.withResolvers<never>()
  const dying = world.addInstance({ start: () => hanging.promise })
  await dying.create(ANN, scheduled(DAILY))
  world.move('2026-12-01T09:00:01.000Z')
  await eventually(() => expect(world.requests).toHaveLength(1))
  world.move('2026-12-01T21:30:00.000Z')
  world.addInstance()
  await settled(world)
  expect(await world.occurrences()).toMatchObject([{ state: 'skipped', why: 'late' }])
  expect(world.news).toMatchObject([{ kind: 'skipped', occurrence: { why: 'late' } }])
  hanging.reject(new Error('it is gone'))
})

test.each([
  ['a second', '2026-12-01T09:00:01.000Z', { missed: 0 }, undefined],
  ['eleven hours', '2026-12-01T20:00:00.000Z', { missed: 0, lateMs: 11 * 3_600_000 }, undefined],
  ['thirteen hours', '2026-12-01T22:00:00.000Z', undefined, { why: 'late', missed: 0 }],
  ['two days and an hour', '2026-12-03T10:00:00.000Z', { missed: 2, lateMs: 3_600_000 }, undefined],
  ['two days and thirteen hours', '2026-12-03T22:00:00.000Z', undefined, { why: 'late', missed: 2 }],
])('%s late', async (_, at, started, skipped) => {
  await using world = await startScheduling('2026-12-01T08:00:00.000Z')
  const { create } = world.addInstance({ polls: false })
  const made = await create(ANN, scheduled(DAILY))
  expect(made.nextAt).toEqual(new Date('2026-12-01T09:00:00.000Z'))
  world.move(at)
  const [late, other] = [world.addInstance(), world.addInstance()]
  await settled(world)
  expect(world.requests.map(({ missed, lateMs }) => ({ missed, ...(lateMs && { lateMs }) }))).toEqual(
    started ? [started] : [],
  )
  expect(world.news.map((one) => one.kind === 'skipped' && one.occurrence)).toMatchObject(skipped ? [skipped] : [])
  const [listed] = await late.of(ANN)
  expect(world.requests.map(({ trigger }) => trigger.nextAt)).toEqual(started ? [listed?.nextAt] : [])
  expect(listed?.nextAt && listed.nextAt > world.now()).toBe(true)
  expect(await other.of(ANN)).toEqual([listed])
})

test('while the last run is at work the next is skipped and told, and begun again when it has ended', async () => {
  await using world = await startScheduling('2026-12-01T08:00:00.000Z')
  const instance = world.addInstance({
    start: async ({ dedupeKey }) => ({ kind: 'started', run: await world.startRun(dedupeKey, 'suspended', null) }),
  })
  await instance.create(ANN, scheduled(DAILY))
  world.move('2026-12-01T09:00:01.000Z')
  await settled(world)
  world.move('2026-12-02T09:00:01.000Z')
  await settled(world)
  expect(world.requests).toHaveLength(1)
  expect(world.news).toMatchObject([
    { kind: 'skipped', occurrence: { why: 'running', dueAt: new Date('2026-12-02T09:00:00.000Z') } },
  ])
  await world.client.query(`update runs set status = 'closed', outcome = 'finished'`)
  await settled(world)
  world.move('2026-12-03T09:00:01.000Z')
  await settled(world)
  expect(world.requests).toHaveLength(2)
  expect(await world.occurrences()).toMatchObject([
    { state: 'ended', outcome: 'finished' },
    { state: 'skipped', why: 'running' },
    { state: 'started' },
  ])
})

test('what happens once has no next time', async () => {
  await using world = await startScheduling('2026-12-01T08:00:00.000Z')
  const instance = world.addInstance()
  await instance.create(ANN, scheduled({ repeats: 'once', moment: '2026-12-01T10:00:00.000Z', zone: 'UTC' }))
  world.move('2026-12-05T10:00:00.000Z')
  await settled(world)
  expect(world.news).toMatchObject([{ kind: 'skipped', occurrence: { why: 'late' } }])
  const [listed] = await instance.of(ANN)
  expect(listed).toMatchObject({ enabled: true })
  expect(listed).not.toHaveProperty('nextAt')
})
