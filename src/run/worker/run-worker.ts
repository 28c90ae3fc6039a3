import { errorChainOf } from '../../errors.ts'
import type { RunId } from '../../ids.ts'
import { pollEvery, withDeadline } from '../../timing.ts'
import type { RunDeps } from '../deps.ts'
import { foldEvents } from '../state/fold.ts'
import type { RunState } from '../state/state.ts'
import { type LeasedRun, LeaseLostError, loadNewEvents, retryWhileDatabaseAway } from '../storage/leased-run.ts'
import { type BurstDetector, createBurstDetector } from './burst-detector.ts'
import { runUntilRest } from './run-loop.ts'

/** In a burst of requests new work waits, at most this long: each request is acknowledged before any is worked on. */
const BURST_PATIENCE_MS = 3_000
const BURST_LOOK_MS = 20
/** How often an instance renews its leases and looks for work nobody does. */
const POLL_MS = 1_000
/** Each in a transaction of its own, so that none waits for another's locks. */
const MAX_EXPIRED_AT_ONCE = 50
/** Overdue approvals and old markers need no more attention than this. */
const HOUSEKEEPING_MS = 15_000
/** Runs one instance works at a time: each is mostly waiting, but holds messages and streams. */
const MAX_LEASED = 64
/** A run this version cannot read is looked at again after this. */
const UNREADABLE_AGAIN_MS = 60_000
/**
 * A tool call under way when the app stops gets this long to come back, and what is then cut off half of it to be written
 * down: most calls are far shorter, and all that stops after this has to fit into the 5 s of a Ctrl-C, too.
 */
const GRACE_MS = 1_000

/** The runs this instance holds. */
export type RunWorker = {
  /** True while it may claimNext one more. */
  hasRoom(): boolean
  /** Works a run just claimed, from its rows or from a state known already. */
  begin(id: RunId, fence: number, known?: { state: RunState; seq: number }): void
  /** Somebody here appended to it: look now instead of at the next poll. */
  nudge(id: RunId): void
  /** A request has come in: in a burst of them, work waits until they are acknowledged. */
  noteRequest(): void
  /** Starts polling. */
  start(): void
  stop(close: () => void): Promise<void>
}

type WorkerState = {
  bursts: BurstDetector
  /** Somebody was turned away for want of room: look for work as soon as there is some. */
  turnedAway: boolean
  held: Map<RunId, LeasedRun>
  track(name: string, task: Promise<unknown>): void
  begin: RunWorker['begin']
}

export function createRunWorker(deps: RunDeps): RunWorker {
  const held = new Map<RunId, LeasedRun>()
  const working = new Set<Promise<unknown>>()
  const track: WorkerState['track'] = (name, task) => {
    const tracked = task
      .catch((error: unknown) => noteTrouble(deps, name, error))
      .finally(() => working.delete(tracked))
    working.add(tracked)
  }
  const worker: WorkerState = {
    bursts: createBurstDetector(),
    turnedAway: false,
    held,
    track,
    begin: (id, fence, known) => track('run', runIt(deps, worker, { id, fence, known })),
  }
  // Leases are renewed in time however long the housekeeping takes.
  const polling = [
    pollEvery(
      { everyMs: POLL_MS, firstMs: 0 },
      () => poll(deps, worker),
      (error) => noteTrouble(deps, 'poll', error),
    ),
    pollEvery(
      { everyMs: HOUSEKEEPING_MS, firstMs: 0 },
      () => doHousekeeping(deps),
      (error) => noteTrouble(deps, 'housekeeping', error),
    ),
  ]

  return {
    hasRoom: () => {
      const room = held.size < MAX_LEASED
      worker.turnedAway ||= !room
      return room
    },
    begin: worker.begin,
    noteRequest: () => worker.bursts.note(deps.now().getTime()),
    nudge: (id) => {
      const one = held.get(id)
      if (one) track('refresh', loadNewEvents(deps, one))
    },
    start: () => {
      for (const one of polling) one.start()
    },
    stop: async (close) => {
      close()
      const done = () => Promise.all([...polling.map((one) => one.stop()), ...working])
      await withDeadline(done(), GRACE_MS, undefined)
      for (const one of held.values()) one.abort.abort()
      await withDeadline(done(), GRACE_MS / 2, undefined)
    },
  }
}

function noteTrouble(deps: RunDeps, task: string, error: unknown): void {
  if (!(error instanceof LeaseLostError)) deps.log.warn({ task, reason: errorChainOf(error) }, 'background work failed')
}

type Known = { state: RunState; seq: number }

async function runIt(
  deps: RunDeps,
  worker: WorkerState,
  o: { id: RunId; fence: number; known: Known | undefined },
): Promise<void> {
  const from = o.known ?? (await load(deps, o))
  if (!from) return
  const one: LeasedRun = {
    id: o.id,
    fence: o.fence,
    ...from,
    abort: new AbortController(),
    history: undefined,
    listeners: new Map(),
    queue: Promise.resolve(),
  }
  worker.held.set(o.id, one)
  if (one.state.turns.length === 0) deps.listener.onProgress(one.state, { kind: 'event', type: 'started' })
  await waitForBurstEnd(deps, worker)
  const following = await runUntilRest(deps, one)
  release(deps, worker, one)
  if (following) await claimNext(deps, worker, following)
  if (worker.turnedAway) await claimMore(deps, worker)
}

async function waitForBurstEnd(deps: RunDeps, { bursts }: WorkerState): Promise<void> {
  for (let waited = 0; bursts.busy(deps.now().getTime()) && waited < BURST_PATIENCE_MS; waited += BURST_LOOK_MS) {
    await deps.sleep(BURST_LOOK_MS)
  }
}

/** Unless the run was taken up again meanwhile. */
function release(deps: RunDeps, { held }: WorkerState, one: LeasedRun): void {
  if (held.get(one.id) !== one) return
  held.delete(one.id)
  deps.listener.release(one.id)
}

/** Claims the next run of a conversation, if it is free. */
async function claimNext(deps: RunDeps, worker: WorkerState, id: RunId): Promise<void> {
  if (deps.closing.aborted) return
  const fence = await deps.store.claim(id)
  if (fence !== null) worker.begin(id, fence)
}

async function claimMore(deps: RunDeps, worker: WorkerState): Promise<void> {
  worker.turnedAway = false
  if (deps.closing.aborted) return
  const { taken } = await deps.store.poll([], MAX_LEASED - worker.held.size)
  for (const { run, fence } of taken) worker.begin(run, fence)
  // There may be more.
  worker.turnedAway ||= taken.length > 0
}

async function poll(deps: RunDeps, worker: WorkerState): Promise<void> {
  if (deps.closing.aborted) return
  const asked = [...worker.held.values()]
  const room = Math.max(0, MAX_LEASED - asked.length)
  const { held: kept, taken } = await deps.store.poll(
    asked.map((one) => ({ run: one.id, fence: one.fence })),
    room,
  )
  for (const { run, fence } of taken) worker.begin(run, fence)
  const seqs = new Map(kept.map((one) => [one.run, one.seq]))
  for (const one of asked) compare(deps, worker, one, seqs.get(one.id))
}

/** Ends work on a run that is no longer ours, and brings in what others appended to one that is. */
function compare(deps: RunDeps, worker: WorkerState, one: LeasedRun, seq: number | undefined): void {
  if (worker.held.get(one.id) !== one) return
  if (seq === undefined) one.abort.abort()
  else if (seq > one.seq) worker.track('refresh', loadNewEvents(deps, one))
}

/** The run's state from its rows. Rows that cannot be read, perhaps a newer version's, are left to others for a while. */
async function load(deps: RunDeps, { id, fence }: { id: RunId; fence: number }): Promise<Known | undefined> {
  try {
    const read = await retryWhileDatabaseAway(deps, () => deps.store.read(id, 0, fence))
    return read ? { state: foldEvents(id, read.events, true), seq: read.seq } : undefined
  } catch (error) {
    deps.log.error({ run: id, reason: errorChainOf(error) }, 'run cannot be read')
    await deps.store.release(id, fence, UNREADABLE_AGAIN_MS)
    return undefined
  }
}

/** Settles what is overdue and removes what is old; trouble with one does not keep the others from it. */
async function doHousekeeping(deps: RunDeps): Promise<void> {
  const parts = [
    () => expireOverdue(deps, 'approval', deps.store.expireApproval),
    () => expireOverdue(deps, 'input', deps.store.expireInput),
    () => deps.store.prune(),
  ]
  for (const part of parts) {
    if (deps.closing.aborted) return
    await part().catch((error: unknown) => noteTrouble(deps, 'housekeeping', error))
  }
}

async function expireOverdue(deps: RunDeps, what: string, expire: RunDeps['store']['expireApproval']): Promise<void> {
  const failed: string[] = []
  for (let left = MAX_EXPIRED_AT_ONCE; left > 0 && !deps.closing.aborted; left--) {
    const one = await expire(deps.now().toISOString(), failed)
    if (one === null) return
    if (one.failed === null) continue
    failed.push(one.id)
    deps.log.error({ [what]: one.id, reason: one.failed }, 'overdue, and cannot be settled')
  }
}
