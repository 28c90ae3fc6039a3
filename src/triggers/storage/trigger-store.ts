import { z } from 'zod'
import type { Db } from '../../db/call.ts'
import { errorChainOf } from '../../errors.ts'
import { type Principal, RunId, type WorkspaceId } from '../../ids.ts'
import type { Log } from '../../log.ts'
import {
  ListedTrigger,
  type Trigger,
  type TriggerDefinition,
  type TriggerId,
  TriggerOccurrence,
  TriggerRow,
} from '../trigger.ts'

/** More is not work that somebody still looks after. */
const MOST_OF_A_PERSON = 50
/** What one look takes. */
const LOOK_LIMIT = 20
/** Whoever took an occurrence has started it by then, or is gone. */
const LEASE_MS = 2 * 60_000
const MOST_FAILURES = 3
const MOST_ATTEMPTS = 5
const FAILED_TOO_OFTEN = 'It failed three times in a row.'

const Nothing = z.null().transform(() => undefined)
const Listed = z.intersection(TriggerRow, ListedTrigger)
const Taken = z.object({ trigger: TriggerRow, occurrence: TriggerOccurrence })
const Ended = z.object({ run: RunId, outcome: z.enum(['finished', 'failed', 'stopped', 'unknown']) })
const News = z.discriminatedUnion('kind', [
  z.object({ id: z.int(), kind: z.literal('paused'), trigger: TriggerRow, why: z.string() }),
  z.object({ id: z.int(), kind: z.literal('skipped'), trigger: TriggerRow, occurrence: TriggerOccurrence }),
  z.object({ id: z.int(), kind: z.literal('no_success'), trigger: TriggerRow, occurrence: TriggerOccurrence }),
])
const Fired = z.discriminatedUnion('kind', [
  z.object({ kind: z.enum(['off', 'again', 'running']) }),
  Taken.extend({ kind: z.literal('taken') }),
])

/** An occurrence that is this instance's to start. */
export type TakenOccurrence = z.infer<typeof Taken>
/** How a run of a trigger ended. */
export type TriggerOutcome = z.infer<typeof Ended>['outcome']
/** What an owner has to be told: their trigger paused itself, skipped an occurrence, or did not succeed although nobody said why. */
export type TriggerNews = z.infer<typeof News>

/** What a schedule's occurrence is to be, as its times say. */
type DueOccurrence = { due: Date; next: Date | undefined; at: Date; missed: number; isTooLate: boolean }

export type TriggerStore = ReturnType<typeof createTriggerStore>

/** The rows of triggers. Errors are db/'s. */
export function createTriggerStore(db: Db, log: Log) {
  return { ...createEditing(db, readable(Listed, log)), ...createFiring(db, log) }
}

/** A row that cannot be read must not hide the others. */
const readable = <T>(row: z.ZodType<T>, log: Log) =>
  z.array(z.unknown()).transform((rows) =>
    rows.flatMap((one) => {
      const read = row.safeParse(one)
      if (!read.success) log.error({ reason: errorChainOf(read.error) }, 'a trigger of several cannot be read')
      return read.success ? [read.data] : []
    }),
  )

/** What people do and see. */
function createEditing(db: Db, listed: z.ZodType<ListedTrigger[]>) {
  return {
    save: (owner: Principal, id: TriggerId, saved: SavedTrigger): Promise<Trigger> =>
      db.call('trigger_save', { ...owner, id, ...rowOf(saved), limit: MOST_OF_A_PERSON }, TriggerRow),
    get: (workspace: WorkspaceId, id: TriggerId) => db.call('trigger_get', { workspace, id }, Listed.nullable()),
    of: ({ workspace, user }: Principal): Promise<ListedTrigger[]> =>
      db.call('triggers_of', { workspace, user }, listed),
    in: (workspace: WorkspaceId): Promise<ListedTrigger[]> => db.call('triggers_in', { workspace }, listed),
    occurrences: (workspace: WorkspaceId, id: TriggerId, limit: number): Promise<TriggerOccurrence[]> =>
      db.call('trigger_occurrences_of', { workspace, id, limit }, z.array(TriggerOccurrence)),
    pause: ({ workspace, user: by }: Principal, id: TriggerId, why: string): Promise<Trigger | null> =>
      db.call('trigger_pause', { workspace, by, id, why }, TriggerRow.nullable()),
    resume: ({ workspace, user }: Principal, id: TriggerId, next: Date | undefined): Promise<Trigger | null> =>
      db.call('trigger_resume', { workspace, user, id, next: isoOf(next) }, TriggerRow.nullable()),
    remove: ({ workspace, user: by }: Principal, id: TriggerId): Promise<boolean> =>
      db.call('trigger_delete', { workspace, by, id }, z.boolean()),
    pauseOf: ({ workspace, user }: Principal, why: string): Promise<number> =>
      db.call('triggers_pause_of', { workspace, user, why }, z.int()),
    withoutSuccess: (workspace: WorkspaceId, before: Date): Promise<ListedTrigger[]> =>
      db.call('triggers_without_success', { workspace, before: isoOf(before) }, listed),
  }
}

const COUNTED = { most_failures: MOST_FAILURES, why: FAILED_TOO_OFTEN }

/** What happens by itself. */
function createFiring(db: Db, log: Log) {
  const Poll = z.object({
    due: readable(TriggerRow, log),
    left_over: readable(Taken, log),
    ended: z.array(Ended),
    news: readable(News, log),
  })
  return {
    poll: (now: Date) => db.call('triggers_poll', { now: isoOf(now), lease_ms: LEASE_MS, limit: LOOK_LIMIT }, Poll),
    /** Undefined where another instance was first. */
    async take(id: TriggerId, { due, next, at, missed, isTooLate }: DueOccurrence, now: Date) {
      const occurrence = { key: at.toISOString(), due_at: isoOf(at), missed, why: isTooLate ? 'late' : null }
      const times = { due: isoOf(due), next: isoOf(next), now: isoOf(now), lease_ms: LEASE_MS }
      return (await db.call('trigger_take', { id, ...times, occurrence }, Taken.nullable())) ?? undefined
    },
    fire: (workspace: WorkspaceId, id: TriggerId, { key, now, manual }: { key: string; now: Date; manual: boolean }) =>
      db.call('trigger_fire', { workspace, id, key, now: isoOf(now), lease_ms: LEASE_MS, manual }, Fired),
    started: (id: TriggerId, key: string, run: RunId): Promise<boolean> =>
      db.call('trigger_started', { id, key, run }, z.boolean()),
    refused: (id: TriggerId, key: string, why: string): Promise<boolean> =>
      db.call('trigger_refused', { id, key, why }, z.boolean()),
    notStarted: (id: TriggerId, key: string): Promise<boolean> =>
      db.call('trigger_not_started', { id, key, most_attempts: MOST_ATTEMPTS, ...COUNTED }, z.boolean()),
    skipLate: (id: TriggerId, key: string): Promise<boolean> => db.call('trigger_skip_late', { id, key }, z.boolean()),
    ended: (run: RunId, outcome: TriggerOutcome, now: Date): Promise<boolean> =>
      db.call('trigger_run_ended', { run, outcome, now: isoOf(now), ...COUNTED }, z.boolean()),
    told: (news: TriggerNews): Promise<void> => db.call('trigger_news_told', { id: news.id }, Nothing),
    reportUnsuccessful: (before: Date): Promise<number> =>
      db.call('triggers_report_unsuccessful', { before: isoOf(before), limit: LOOK_LIMIT }, z.int()),
  }
}

const isoOf = (at: Date | undefined): string | null => at?.toISOString() ?? null

/** `base`: the version that was edited; absent: it is new. `next`: the next time of a schedule. */
type SavedTrigger = { definition: TriggerDefinition; base?: number; next: Date | undefined }

function rowOf({ definition, base, next }: SavedTrigger) {
  const { kind, title, spec, place } = definition
  const { workflow = null, ...starts } = { workflow: undefined, ...definition.starts }
  return { base: base ?? null, trigger: { kind, title, spec, workflow, starts, place }, next: isoOf(next) }
}
