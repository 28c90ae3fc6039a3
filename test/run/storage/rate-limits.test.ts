import { expect, test } from 'vitest'
import { connectPostgres } from '../../../src/db/postgres.ts'
import { createRateLimits } from '../../../src/run/storage/rate-limits.ts'
import { createTestDatabase } from '../../support/database.ts'
import { memoryLog } from '../../support/log.ts'

const RATE = { perSecond: 50, burst: 5 }

test('three instances together call no more often than the limit and its burst', async () => {
  await using database = await createTestDatabase()
  await using cleanup = new AsyncDisposableStack()
  const instances = Array.from({ length: 3 }, () => {
    const db = cleanup.use(connectPostgres(database.url, memoryLog().log))
    return createRateLimits(db, () => new Date())
  })
  const began = performance.now()
  const takes = await Promise.all(
    instances.flatMap((limits) => Array.from({ length: 60 }, () => limits.take('host:key', RATE))),
  )
  const seconds = (performance.now() - began) / 1_000
  const granted = takes.filter((ms) => ms === 0).length
  expect(granted).toBeGreaterThanOrEqual(RATE.burst)
  expect(granted).toBeLessThanOrEqual(RATE.burst + Math.ceil(seconds * RATE.perSecond))
  for (const ms of takes.filter((one) => one > 0)) expect(ms).toBeLessThanOrEqual(1_000 / RATE.perSecond)
  // Another key is counted for itself.
  expect(await instances[0]?.take('host:another', RATE)).toBe(0)
})

test('what one instance was asked, all keep to', async () => {
  await using database = await createTestDatabase()
  await using db = connectPostgres(database.url, memoryLog().log)
  await using other = connectPostgres(database.url, memoryLog().log)
  const [first, second] = [db, other].map((one) => createRateLimits(one, () => new Date()))
  const until = new Date(Date.now() + 60_000)
  await first?.block('host:key', until)
  expect(await first?.take('host:key', undefined)).toBeGreaterThan(50_000)
  expect(await second?.take('host:key', RATE)).toBeGreaterThan(50_000)
  expect(await second?.take('host:key', undefined)).toBe(0)
  second?.note([{ key: 'host:key', until }])
  expect(await second?.take('host:key', undefined)).toBeGreaterThan(50_000)
  second?.note([{ key: 'host:key', until: new Date(0) }])
  expect(await second?.take('host:key', undefined)).toBe(0)
})
