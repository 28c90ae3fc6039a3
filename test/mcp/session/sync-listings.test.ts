import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createDebounce } from '../../../src/mcp/session/sync-listings.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Asks every 100 ms for so long, and answers when, in milliseconds since the beginning, the work was done. */
function asking(forMs: number) {
  const began = Date.now()
  const ran: number[] = []
  const seldom = createDebounce(() => ran.push(Date.now() - began))
  const ask = (until: number) => {
    for (let at = 0; at < until; at += 100) {
      seldom.ask()
      vi.advanceTimersByTime(100)
    }
  }
  ask(forMs)
  return { ran, seldom, ask }
}

it('a burst is one piece of work, half a second later', () => {
  expect(asking(400).ran).toEqual([])
  expect(asking(4_000).ran).toEqual([500])
})

it('who never stops asking is served ever more seldom, every five minutes in the end', () => {
  const { ran } = asking(60 * 60_000)
  const gaps = ran.slice(1).map((at, index) => Math.round((at - (ran[index] ?? 0)) / 1_000))
  expect(gaps.slice(0, 6)).toEqual([5, 10, 20, 40, 80, 160])
  expect(new Set(gaps.slice(6))).toEqual(new Set([300]))
})

it('after a quiet while it is soon again', () => {
  const { ran, ask } = asking(20_000)
  const before = ran.length
  vi.advanceTimersByTime(15 * 60_000)
  const asked = ran.length
  ask(6_500)
  // What was asked for last is done in its time; then half a second and five seconds count anew.
  expect(asked - before).toBeLessThanOrEqual(1)
  expect(ran.length - asked).toBe(2)
})

it('nothing is done any more once it is stopped', () => {
  const { ran, seldom } = asking(300)
  seldom.stop()
  vi.advanceTimersByTime(60_000)
  expect(ran).toEqual([])
})

it('who asks when it is stopped already gets nothing', () => {
  const { ran, seldom } = asking(0)
  seldom.stop()
  seldom.ask()
  vi.advanceTimersByTime(60_000)
  expect(ran).toEqual([])
})
