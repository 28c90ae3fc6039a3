import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { pause, pollEvery, rejectOnAbort, withDeadline } from '../src/timing.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const never = new Promise<never>(() => undefined)
const fired = (reason: unknown) => AbortSignal.abort(reason)

test('work within its deadline gives its value, and no timer is left', async () => {
  expect(await withDeadline(Promise.resolve('done'), 1_000, 'late')).toBe('done')
  await expect(withDeadline(Promise.reject(new Error('broken')), 1_000, 'late')).rejects.toThrow('broken')
  expect(vi.getTimerCount()).toBe(0)
})

test('work that is late gives the other value, when its time or its signal says so', async () => {
  const slow = withDeadline(never, 1_000, 'late')
  await vi.advanceTimersByTimeAsync(1_000)
  expect(await slow).toBe('late')
  const stop = new AbortController()
  const stopped = withDeadline(never, 1_000, 'late', stop.signal)
  stop.abort()
  expect(await stopped).toBe('late')
  expect(await withDeadline(Promise.resolve('done'), 1_000, 'late', fired('before'))).toBe('late')
  expect(vi.getTimerCount()).toBe(0)
})

test('an abort ends the waiting with its reason', async () => {
  const stop = new AbortController()
  const waiting = rejectOnAbort(never, stop.signal)
  stop.abort(new Error('enough'))
  await expect(waiting).rejects.toThrow('enough')
  await expect(rejectOnAbort(Promise.resolve(1), stop.signal)).rejects.toThrow('enough')
  expect(await rejectOnAbort(Promise.resolve(1), new AbortController().signal)).toBe(1)
})

test('a pause ends with its time or its signal', async () => {
  const stop = new AbortController()
  const pauses = [pause(500, stop.signal), pause(5_000, stop.signal)]
  await vi.advanceTimersByTimeAsync(500)
  await pauses[0]
  stop.abort()
  await pauses[1]
  expect(vi.getTimerCount()).toBe(0)
})

test('polling never overlaps, goes on after trouble, and stops after the work under way', async () => {
  const began: number[] = []
  const troubles: unknown[] = []
  const zero = Date.now()
  const work = async () => {
    began.push(Date.now() - zero)
    await new Promise((resolve) => setTimeout(resolve, 250))
    if (began.length === 2) throw new Error('once')
  }
  const polling = pollEvery({ everyMs: 100, firstMs: 0 }, work, (error) => troubles.push(error))
  polling.start()
  await vi.advanceTimersByTimeAsync(800)
  expect(began).toEqual([0, 350, 700])
  expect(troubles).toEqual([new Error('once')])
  let stopped = false
  const stopping = polling.stop().then(() => {
    stopped = true
  })
  await vi.advanceTimersByTimeAsync(100)
  expect(stopped).toBe(false)
  await vi.advanceTimersByTimeAsync(1_000)
  await stopping
  expect(began).toHaveLength(3)
})
