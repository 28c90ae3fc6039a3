import type { ConnectionId } from '../../ids.ts'

/** Whether calls go out to a connection's server: closed as ever, open while it is left alone, half-open while one call tries. */
export type CircuitState =
  | { kind: 'closed' }
  | { kind: 'open'; until: Date; failures: number }
  | { kind: 'half_open'; failures: number }

/** Leave for one call. Its holder reports once how the call went; `void` when that says nothing of the server, as when it was cancelled. */
export type Permit = { settle(how: Answer): void }

type Answer = 'answered' | 'unreachable' | 'void'

export type CircuitBreakers = {
  /** A permit, or when the next one is given. */
  enter(id: ConnectionId): Permit | { until: Date; failures: number }
  of(id: ConnectionId): CircuitState
  /** Closes the circuit: the connection was tested or changed. */
  forget(id: ConnectionId): void
}

// Fewer would punish a single restart of a server, more would keep people waiting for one that is gone.
const FAILURES_TO_OPEN = 3
const FIRST_OPEN_MS = 5_000
// A server that comes back is found again within this.
const MAX_OPEN_MS = 5 * 60_000
// Spreads the trials, so that a server that comes back is not called by everybody at one moment.
const JITTER = 0.2
// Another call may try after this, however long the one that tries takes.
const TRIAL_MS = 5_000

/** Replaced with each failure. Until `trialUntil` no other call is permitted beside the trial. */
type CircuitRecord = { readonly failures: number; readonly until: number; trialUntil: number }

type CircuitClock = { now(): number; random(): number }

/** A circuit per connection, in this process's memory: another instance needs three failed calls of its own. */
export function createCircuitBreakers(clock: CircuitClock = { now: Date.now, random: Math.random }): CircuitBreakers {
  const records = new Map<ConnectionId, CircuitRecord>()

  const fail = (id: ConnectionId, before: CircuitRecord | undefined): void => {
    const now = records.get(id)
    // A call sent before the circuit opened, or before a later trial failed, does not count: parallel calls would keep it open for minutes.
    if (isOpen(now) && now !== before) return
    const failures = (now?.failures ?? 0) + 1
    const waitMs = failures < FAILURES_TO_OPEN ? 0 : openMs(failures - FAILURES_TO_OPEN, clock.random())
    records.set(id, { failures, until: clock.now() + waitMs, trialUntil: 0 })
  }

  const permitFor = (id: ConnectionId): Permit => {
    const before = records.get(id)
    const trialUntil = clock.now() + TRIAL_MS
    if (before !== undefined && isOpen(before)) before.trialUntil = trialUntil
    const settle = (how: Answer): void => {
      if (how === 'answered') records.delete(id)
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
      const record = records.get(id)
      if (record === undefined || !isOpen(record)) return permitFor(id)
      const until = Math.max(record.until, record.trialUntil)
      return clock.now() < until ? { until: new Date(until), failures: record.failures } : permitFor(id)
    },
    of: (id) => {
      const record = records.get(id)
      if (record === undefined || !isOpen(record)) return { kind: 'closed' }
      const { failures, until } = record
      if (clock.now() >= until) return { kind: 'half_open', failures }
      return { kind: 'open', until: new Date(until), failures }
    },
    forget: (id) => void records.delete(id),
  }
}

const isOpen = (record: CircuitRecord | undefined): boolean => (record?.failures ?? 0) >= FAILURES_TO_OPEN

/** 5 s, 10 s, 20 s … 5 min, give or take a fifth. */
function openMs(times: number, random: number): number {
  const openFor = Math.min(MAX_OPEN_MS, FIRST_OPEN_MS * 2 ** Math.min(times, 16))
  return Math.round(openFor * (1 - JITTER + 2 * JITTER * random))
}
