import { isAppError } from '../../errors.ts'
import type { InputId, RunId } from '../../ids.ts'
import type { EventOf, RunEvent } from '../state/events.ts'
import { applyEvent } from '../state/fold.ts'
import type { RunState } from '../state/state.ts'
import type { ToldHistory } from './conversations.ts'
import type { NewChild, RunStore } from './run-store.ts'

export type { NewChild }

/** A run whose lease this instance has: no other may append what follows from its steps. */
export type LeasedRun = {
  id: RunId
  fence: number
  seq: number
  state: RunState
  /** Fires when the run is stopped, lost, or the app stops: whatever is under way ends. */
  abort: AbortController
  /** The conversation before this run, once it was looked up. */
  history: ToldHistory | undefined
  /** Who waits here for an answer to a live question, by its id. */
  listeners: Map<InputId, (given: EventOf<'given_input'>) => void>
  /** Appends one after the other. */
  queue: Promise<unknown>
}

export type EventRecorder = {
  store: RunStore
  /** Told of every event once it is in the run. */
  onEvent(leased: LeasedRun, event: RunEvent): void
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
 * A fact (a result) holds whatever else happened meanwhile; a decision only while the run is as it was at this seq; a reply only while the
 * request has as many files as the model was told of.
 */
export type AppendKind = 'fact' | { decidedAt: number } | { filesTold: number }

/** Appends what happened; false when a decision holds no more: look again. Throws LeaseLostError when another instance has the run. */
export function appendEvents(
  deps: EventRecorder,
  leased: LeasedRun,
  events: RunEvent[],
  kind: AppendKind,
): Promise<boolean> {
  const turn = leased.queue.then(() => recordNow(deps, leased, events, kind))
  leased.queue = turn.catch(() => undefined)
  return turn
}

async function recordNow(
  deps: EventRecorder,
  leased: LeasedRun,
  events: RunEvent[],
  kind: AppendKind,
): Promise<boolean> {
  for (;;) {
    if (!holds(leased, kind)) return false
    const outcome = await retryWhileDatabaseAway(deps, () =>
      deps.store.append(leased.id, leased.fence, leased.seq, events),
    )
    switch (outcome.kind) {
      case 'appended':
        leased.seq = outcome.seq
        take(deps, leased, events)
        return true
      case 'taken':
        await catchUp(deps, leased)
        break
      case 'lost':
        leased.abort.abort()
        throw new LeaseLostError(`run ${leased.id} is leased by another instance`)
      default:
        return outcome satisfies never
    }
  }
}

/**
 * Begins runs that this one asks for, together with the events that say so, and works those that are free; nothing happens where the
 * run is not as it was when that was decided.
 */
export function beginChildren(
  deps: EventRecorder & { begin(run: RunId, fence: number): void },
  leased: LeasedRun,
  o: { events: RunEvent[]; children: NewChild[]; decidedAt: number },
): Promise<void> {
  const turn = leased.queue.then(() => beginChildrenNow(deps, leased, o))
  leased.queue = turn.catch(() => undefined)
  return turn
}

async function beginChildrenNow(
  deps: EventRecorder & { begin(run: RunId, fence: number): void },
  leased: LeasedRun,
  { events, children, decidedAt }: { events: RunEvent[]; children: NewChild[]; decidedAt: number },
): Promise<void> {
  if (!holds(leased, { decidedAt })) return
  const { id, fence, seq } = leased
  const outcome = await retryWhileDatabaseAway(deps, () => deps.store.delegate(id, { fence, seq, events, children }))
  switch (outcome.kind) {
    case 'appended':
      leased.seq = outcome.seq
      take(deps, leased, events)
      for (const one of outcome.begun) if (one.fence !== null) deps.begin(one.run, one.fence)
      return
    case 'taken':
      return catchUp(deps, leased)
    case 'lost':
      leased.abort.abort()
      throw new LeaseLostError(`run ${id} is leased by another instance`)
    default:
      outcome satisfies never
  }
}

function holds({ seq, state }: LeasedRun, kind: AppendKind): boolean {
  if (kind === 'fact') return true
  return 'decidedAt' in kind ? kind.decidedAt === seq : kind.filesTold === state.files.length
}

/** Brings in what others appended: an answer, a stop. */
export function loadNewEvents(deps: EventRecorder, leased: LeasedRun): Promise<void> {
  const turn = leased.queue.then(() => catchUp(deps, leased))
  leased.queue = turn.catch(() => undefined)
  return turn
}

async function catchUp(deps: EventRecorder, leased: LeasedRun): Promise<void> {
  const read = await retryWhileDatabaseAway(deps, () => deps.store.read(leased.id, leased.seq, leased.fence))
  if (!read || read.fence !== leased.fence) {
    leased.abort.abort()
    throw new LeaseLostError(`run ${leased.id} is leased by another instance`)
  }
  leased.seq = read.seq
  take(deps, leased, read.events)
}

function take(deps: EventRecorder, leased: LeasedRun, events: RunEvent[]): void {
  for (const event of events) {
    leased.state = applyEvent(leased.state, event)
    if (event.type === 'stopped') leased.abort.abort()
    if (event.type === 'given_input') leased.listeners.get(event.input)?.(event)
    deps.onEvent(leased, event)
  }
}

/** Waits for a database that is away. */
export async function retryWhileDatabaseAway<T>(
  deps: { sleep(ms: number): Promise<void> },
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
