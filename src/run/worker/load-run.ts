import { z } from 'zod'
import { errorChainOf } from '../../errors.ts'
import type { RunId } from '../../ids.ts'
import type { RunDeps } from '../deps.ts'
import { RunEvent } from '../state/events.ts'
import { foldEvents } from '../state/fold.ts'
import type { RunState } from '../state/state.ts'
import { retryWhileDatabaseAway } from '../storage/leased-run.ts'

/** A run that this version cannot read, perhaps a newer version's, is left to others for so long. */
const UNREADABLE_PAUSE_MS = 60_000
/** A run that nobody could read for so long must not keep its conversation waiting any more. */
const UNREADABLE_PATIENCE_MS = 3_600_000

export type LoadedRun = { state: RunState; seq: number }

type Claim = { id: RunId; fence: number }
type Rows = { seq: number; events: unknown[] }

/** What can be said of any event: its type and when it happened. */
const AnyEvent = z.object({ type: z.string(), at: z.iso.datetime() })

/**
 * The state of a claimed run from its rows. A run that cannot be read is released for a while, and closed an hour after
 * its last event or once somebody has stopped it; then `next` is the run behind it.
 */
export async function loadRun(deps: RunDeps, claim: Claim): Promise<LoadedRun | { next: RunId | undefined }> {
  const rows = await retryWhileDatabaseAway(deps, () => deps.store.load(claim.id, claim.fence))
  if (rows === null) return { next: undefined }
  try {
    return { state: foldEvents(claim.id, z.array(RunEvent).parse(rows.events), !rows.allRecorded), seq: rows.seq }
  } catch (error) {
    deps.log.error({ run: claim.id, reason: errorChainOf(error) }, 'run cannot be read')
    if (isWorthRetrying(deps, rows)) await deps.store.release(claim.id, claim.fence, UNREADABLE_PAUSE_MS)
    else return { next: await closeUnreadable(deps, claim, rows) }
    return { next: undefined }
  }
}

function isWorthRetrying(deps: RunDeps, { events }: Rows): boolean {
  if (hasEnded(events)) return false
  const times = events.flatMap((event) => AnyEvent.safeParse(event).data?.at ?? [])
  const changedAt = Math.max(0, ...times.map((at) => Date.parse(at)))
  return deps.now().getTime() - changedAt < UNREADABLE_PATIENCE_MS
}

const hasEnded = (events: unknown[]): boolean =>
  events.some((event) => ['stopped', 'failed'].includes(AnyEvent.safeParse(event).data?.type ?? ''))

/** Ends the run as failed, unless it was stopped; a message says so where its origin can be read. */
async function closeUnreadable(deps: RunDeps, { id, fence }: Claim, rows: Rows): Promise<RunId | undefined> {
  const failed = { type: 'failed' as const, code: 'internal', message: UNREADABLE, at: deps.now().toISOString() }
  const appended = hasEnded(rows.events) ? undefined : await deps.store.append(id, fence, rows.seq, [failed])
  const seq = appended?.kind === 'appended' ? appended.seq : rows.seq
  const { closed, next } = await deps.store.close(id, fence, seq)
  // Something happened meanwhile, or another instance has the run: the next claim decides anew.
  if (!closed) {
    await deps.store.release(id, fence, 0)
    return undefined
  }
  deps.log.error({ run: id }, 'given up on a run that cannot be read')
  await publishUnreadable(deps, id, [rows.events[0], failed])
  return next ?? undefined
}

const UNREADABLE = 'I could not read what happened to this request any more. Please ask again.'

/** The run is closed already: what fails here is only logged. */
async function publishUnreadable(deps: RunDeps, id: RunId, events: unknown[]): Promise<void> {
  const read = z.array(RunEvent).safeParse(events)
  if (!read.success) return
  try {
    await deps.listener.publishPlain(foldEvents(id, read.data, true))
  } catch (error) {
    deps.log.error({ run: id, reason: errorChainOf(error) }, 'the end of a run that cannot be read is not told')
  }
}
