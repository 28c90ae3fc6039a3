import { isAppError } from '../../errors.ts'
import type { InputId, RunId } from '../../ids.ts'
import type { Message } from '../../model/turn.ts'
import type { EventOf, RunEvent } from '../state/events.ts'
import { applyEvent } from '../state/fold.ts'
import type { RunState } from '../state/state.ts'
import type { RunStore } from './run-store.ts'

/** A run this instance holds: its lease is ours, and nobody else may append what follows from its steps. */
export type LeasedRun = {
  id: RunId
  fence: number
  seq: number
  state: RunState
  /** Fires when the run is stopped, lost, or the app stops: whatever is under way ends. */
  abort: AbortController
  /** The conversation before this run, once it was looked up. */
  history: Message[] | undefined
  /** Who waits here for an answer to a live question, by its id. */
  listeners: Map<InputId, (given: EventOf<'given_input'>) => void>
  /** Appends one after the other. */
  queue: Promise<unknown>
}

export type EventRecorder = {
  store: Pick<RunStore, 'append' | 'read'>
  /** Told of every event once it is in the run. */
  onEvent(held: LeasedRun, event: RunEvent): void
  sleep(ms: number): Promise<void>
}

/** Another instance has the run: whatever we still do to it would be refused. */
export class LeaseLostError extends Error {
  override name = 'Lost'
}

/** How long an event waits for a database that is away; longer than its usual restart. */
const PATIENCE_MS = 300_000
const RETRY_MS = 500

/**
 * Appends what happened. A fact (a reply, a result) is appended whatever else happened meanwhile; a decision only if the
 * run is as it was when it was taken: false means look again. Throws Lost when the run is somebody else's.
 */
export function appendEvents(
  deps: EventRecorder,
  held: LeasedRun,
  events: RunEvent[],
  kind: 'fact' | 'decision',
): Promise<boolean> {
  const turn = held.queue.then(() => recordNow(deps, held, events, kind))
  held.queue = turn.catch(() => undefined)
  return turn
}

async function recordNow(
  deps: EventRecorder,
  held: LeasedRun,
  events: RunEvent[],
  kind: 'fact' | 'decision',
): Promise<boolean> {
  for (;;) {
    const outcome = await retryWhileDatabaseAway(deps, () => deps.store.append(held.id, held.fence, held.seq, events))
    switch (outcome.kind) {
      case 'appended':
        held.seq = outcome.seq
        take(deps, held, events)
        return true
      case 'taken':
        await catchUp(deps, held)
        if (kind === 'decision') return false
        break
      case 'lost':
        held.abort.abort()
        throw new LeaseLostError(`run ${held.id} is held by another instance`)
      default:
        return outcome satisfies never
    }
  }
}

/** Brings in what others appended: an answer, a stop. */
export function loadNewEvents(deps: EventRecorder, held: LeasedRun): Promise<void> {
  const turn = held.queue.then(() => catchUp(deps, held))
  held.queue = turn.catch(() => undefined)
  return turn
}

async function catchUp(deps: EventRecorder, held: LeasedRun): Promise<void> {
  const read = await retryWhileDatabaseAway(deps, () => deps.store.read(held.id, held.seq, held.fence))
  if (!read || read.fence !== held.fence) {
    held.abort.abort()
    throw new LeaseLostError(`run ${held.id} is held by another instance`)
  }
  held.seq = read.seq
  take(deps, held, read.events)
}

function take(deps: EventRecorder, held: LeasedRun, events: RunEvent[]): void {
  for (const event of events) {
    held.state = applyEvent(held.state, event)
    if (event.type === 'stopped') held.abort.abort()
    if (event.type === 'given_input') held.listeners.get(event.input)?.(event)
    deps.onEvent(held, event)
  }
}

/** Waits for a database that is away. */
export async function retryWhileDatabaseAway<T>(
  deps: Pick<EventRecorder, 'sleep'>,
  work: () => Promise<T>,
): Promise<T> {
  for (let waited = 0; ; waited += RETRY_MS) {
    try {
      return await work()
    } catch (error) {
      if (!isAppError(error, 'database_unavailable') || waited >= PATIENCE_MS) throw error
      await deps.sleep(RETRY_MS)
    }
  }
}
