import type { ConnectionId } from '../../ids.ts'

/** Whether calls go out to a connection's server: closed as ever, open while it is left alone, half-open while one call tries. */
export type CircuitState =
  | { kind: 'closed' }
  | { kind: 'open'; until: Date; failures: number }
  | { kind: 'half_open'; failures: number }

/** Permission to go out. Whoever gets it says once how it went; `void` when that says nothing of the server (a stop). */
export type Permit = { settle(how: Answer): void }

type Answer = 'answered' | 'unreachable' | 'void'

export type CircuitBreakers = {
  /** A pass, or when the next one is given. */
  enter(id: ConnectionId): Permit | { until: Date; failures: number }
  of(id: ConnectionId): CircuitState
  /** Closes it: somebody tested the connection, or made it anew. */
  forget(id: ConnectionId): void
}

// Fewer would punish a single restart of a server, more would keep people waiting for one that is gone.
const FAILURES_TO_OPEN = 3
const FIRST_REST_MS = 5_000
// A server that comes back is found again within this.
const MAX_REST_MS = 5 * 60_000
// So that a server that comes back does not meet all who waited for it at one moment.
const JITTER = 0.2
// Another call may try after this, however long the one that tries takes.
const TRIAL_MS = 5_000

/** Replaced with each failure. `trialUntil`: so long no call goes out beside the trial. */
type Trouble = { readonly failures: number; readonly until: number; trialUntil: number }

type CircuitClock = { now(): number; random(): number }

/** A circuit per connection, in this process's memory: another instance finds out for itself, with three calls. */
export function createCircuitBreakers(clock: CircuitClock = { now: Date.now, random: Math.random }): CircuitBreakers {
  const troubles = new Map<ConnectionId, Trouble>()

  const fail = (id: ConnectionId, before: Trouble | undefined): void => {
    const now = troubles.get(id)
    // A call that went out before the rest, or before a later trial failed, says nothing new: parallel calls would rest for minutes.
    if (isOpen(now) && now !== before) return
    const failures = (now?.failures ?? 0) + 1
    const rests = failures < FAILURES_TO_OPEN ? 0 : restMs(failures - FAILURES_TO_OPEN, clock.random())
    troubles.set(id, { failures, until: clock.now() + rests, trialUntil: 0 })
  }

  const passFor = (id: ConnectionId): Permit => {
    const before = troubles.get(id)
    const trialUntil = clock.now() + TRIAL_MS
    if (before !== undefined && isOpen(before)) before.trialUntil = trialUntil
    const settle = (how: Answer): void => {
      if (how === 'answered') troubles.delete(id)
      else if (how === 'unreachable') fail(id, before)
      else if (before?.trialUntil === trialUntil) before.trialUntil = 0
    }
    let settled = false
    return {
      settle: (how) => {
        if (!settled) settle(how)
        settled = true
      },
    }
  }

  return {
    enter: (id) => {
      const trouble = troubles.get(id)
      if (trouble === undefined || !isOpen(trouble)) return passFor(id)
      const until = Math.max(trouble.until, trouble.trialUntil)
      return clock.now() < until ? { until: new Date(until), failures: trouble.failures } : passFor(id)
    },
    of: (id) => {
      const trouble = troubles.get(id)
      if (trouble === undefined || !isOpen(trouble)) return { kind: 'closed' }
      const { failures, until } = trouble
      if (clock.now() >= until) return { kind: 'half_open', failures }
      return { kind: 'open', until: new Date(until), failures }
    },
    forget: (id) => void troubles.delete(id),
  }
}

const isOpen = (trouble: Trouble | undefined): boolean => (trouble?.failures ?? 0) >= FAILURES_TO_OPEN

/** 5 s, 10 s, 20 s … 5 min, give or take a fifth. */
function restMs(times: number, random: number): number {
  const rest = Math.min(MAX_REST_MS, FIRST_REST_MS * 2 ** Math.min(times, 16))
  return Math.round(rest * (1 - JITTER + 2 * JITTER * random))
}
