import { errorChainOf } from '../../errors.ts'
import type { RunId } from '../../ids.ts'
import { pollEvery, withDeadline } from '../../timing.ts'
import type { RunDeps } from '../deps.ts'
import { type LeasedRun, LeaseLostError, loadNewEvents } from '../storage/leased-run.ts'
import { runHousekeeping } from './housekeeping.ts'
import { type LoadedRun, loadRun } from './load-run.ts'
import { runUntilRest } from './run-loop.ts'

/** In a burst of requests new work waits, at most this long: each request is acknowledged before any is worked on or shown. */
const BURST_PATIENCE_MS = 3_000
const BURST_LOOK_MS = 20
/** How often an instance renews its leases and looks for work nobody does. */
const POLL_MS = 1_000
/** Overdue approvals and old markers need no more attention than this. */
const HOUSEKEEPING_MS = 15_000
/** Runs one instance works at a time: each is mostly waiting, but holds messages and streams. */
const MAX_LEASED = 64
/**
 * A tool call under way when the app stops gets this long to come back, and what is then cut off half of it to be written
 * down: most calls are far shorter, and all that stops after this has to fit into the 5 s of a Ctrl-C, too.
 */
const GRACE_MS = 1_000

/** Works the runs that this instance has leased. */
export type RunWorker = {
  /** True while it may take one more. */
  hasRoom(): boolean
  /** Works a run just claimed, from its rows or from a state known already. */
  begin(id: RunId, fence: number, known?: LoadedRun): void
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
  leased: Map<RunId, LeasedRun>
  track(name: string, task: Promise<unknown>): void
  begin: RunWorker['begin']
}

export function createRunWorker(deps: RunDeps): RunWorker {
  const leased = new Map<RunId, LeasedRun>()
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
    leased,
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
      () => runHousekeeping(deps),
      (error) => noteTrouble(deps, 'housekeeping', error),
    ),
  ]

  return {
    hasRoom: () => {
      const room = leased.size < MAX_LEASED
      worker.turnedAway ||= !room
      return room
    },
    begin: worker.begin,
    noteRequest: () => worker.bursts.note(deps.now().getTime()),
    nudge: (id) => {
      const one = leased.get(id)
      if (one) track('refresh', loadNewEvents(deps, one))
    },
    start: () => {
      for (const one of polling) one.start()
    },
    stop: async (close) => {
      close()
      const done = () => Promise.all([...polling.map((one) => one.stop()), ...working])
      await withDeadline(done(), GRACE_MS, undefined)
      for (const one of leased.values()) one.abort.abort()
      await withDeadline(done(), GRACE_MS / 2, undefined)
    },
  }
}

function noteTrouble(deps: RunDeps, task: string, error: unknown): void {
  if (!(error instanceof LeaseLostError)) deps.log.warn({ task, reason: errorChainOf(error) }, 'background work failed')
}

async function runIt(
  deps: RunDeps,
  worker: WorkerState,
  o: { id: RunId; fence: number; known: LoadedRun | undefined },
): Promise<void> {
  const from = o.known ?? (await loadRun(deps, o))
  if ('next' in from) return claimNext(deps, worker, from.next)
  const one: LeasedRun = {
    id: o.id,
    fence: o.fence,
    ...from,
    abort: new AbortController(),
    history: undefined,
    listeners: new Map(),
    queue: Promise.resolve(),
  }
  worker.leased.set(o.id, one)
  await waitForBurstEnd(deps, worker)
  if (one.state.turns.length === 0) deps.listener.onProgress(one.state, { kind: 'event', type: 'started' })
  const following = await runUntilRest(deps, one)
  release(deps, worker, one)
  await claimNext(deps, worker, following)
  if (worker.turnedAway) await claimMore(deps, worker)
}

async function waitForBurstEnd(deps: RunDeps, { bursts }: WorkerState): Promise<void> {
  for (let waited = 0; bursts.busy(deps.now().getTime()) && waited < BURST_PATIENCE_MS; waited += BURST_LOOK_MS) {
    await deps.sleep(BURST_LOOK_MS)
  }
}

/** Unless the run was taken up again meanwhile. */
function release(deps: RunDeps, { leased }: WorkerState, one: LeasedRun): void {
  if (leased.get(one.id) !== one) return
  leased.delete(one.id)
  deps.listener.release(one.id)
}

/** Claims the next run of a conversation, if it is free. */
async function claimNext(deps: RunDeps, worker: WorkerState, id: RunId | undefined): Promise<void> {
  if (id === undefined || deps.closing.aborted) return
  const fence = await deps.store.claim(id)
  if (fence !== null) worker.begin(id, fence)
}

async function claimMore(deps: RunDeps, worker: WorkerState): Promise<void> {
  worker.turnedAway = false
  if (deps.closing.aborted) return
  const { taken } = await deps.store.poll([], MAX_LEASED - worker.leased.size)
  for (const { run, fence } of taken) worker.begin(run, fence)
  // There may be more.
  worker.turnedAway ||= taken.length > 0
}

async function poll(deps: RunDeps, worker: WorkerState): Promise<void> {
  if (deps.closing.aborted) return
  const asked = [...worker.leased.values()]
  const room = Math.max(0, MAX_LEASED - asked.length)
  const {
    held: renewed,
    taken,
    blocked,
  } = await deps.store.poll(
    asked.map((one) => ({ run: one.id, fence: one.fence })),
    room,
  )
  deps.rateLimits.note(blocked)
  for (const { run, fence } of taken) worker.begin(run, fence)
  const seqs = new Map(renewed.map((one) => [one.run, one.seq]))
  for (const one of asked) compare(deps, worker, one, seqs.get(one.id))
}

/** Ends work on a run that is no longer ours, and brings in what others appended to one that is. */
function compare(deps: RunDeps, worker: WorkerState, one: LeasedRun, seq: number | undefined): void {
  if (worker.leased.get(one.id) !== one) return
  if (seq === undefined) one.abort.abort()
  else if (seq > one.seq) worker.track('refresh', loadNewEvents(deps, one))
}

/** Requests that come in faster than this are a burst: taking them in comes before working on them. */
const BURST_REQUESTS = 5
const BURST_WINDOW_MS = 100

/** Tells a burst of requests from single ones. Times are milliseconds of one clock. */
export type BurstDetector = { note(now: number): void; busy(now: number): boolean }

function createBurstDetector(): BurstDetector {
  const latest: number[] = []
  return {
    note: (now) => {
      latest.push(now)
      if (latest.length > BURST_REQUESTS) latest.shift()
    },
    busy: (now) => latest.length === BURST_REQUESTS && now - (latest[0] ?? 0) < BURST_WINDOW_MS,
  }
}
