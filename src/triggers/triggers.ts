import type { Db } from '../db/call.ts'
import { AppError, errorChainOf } from '../errors.ts'
import type { Principal, RunId, WorkspaceId } from '../ids.ts'
import type { Log } from '../log.ts'
import { pollEvery } from '../timing.ts'
import { LATEST_MS, passedOccurrences } from './schedule/passed-occurrences.ts'
import { checkSchedule, nextOccurrence } from './schedule/schedule.ts'
import {
  createTriggerStore,
  type TakenOccurrence,
  type TriggerNews,
  type TriggerOutcome,
  type TriggerStore,
} from './storage/trigger-store.ts'
import {
  createTriggerId,
  type ListedTrigger,
  type Trigger,
  type TriggerDefinition,
  type TriggerId,
  type TriggerOccurrence,
} from './trigger.ts'

/** Schedules are exact to a minute. */
const POLL_MS = 5_000
/** A schedule that has not succeeded this long after its time is looked at, whatever the reason. */
const SUCCESS_WITHIN_MS = 6 * 60 * 60_000
const REPORT_MS = 15 * 60_000
/** Less is not worth a word. */
const PUNCTUAL_MS = 2 * 60_000

/** What is to be started; whoever starts it makes one run of one `dedupeKey`, however often it is asked to. */
export type TriggerRequest = {
  trigger: Trigger
  dueAt: Date
  dedupeKey: string
  /** How late it begins; absent: in time. */
  lateMs?: number
  /** Earlier occurrences that this one stands for. */
  missed: number
}

/** `refused`: nobody can be acted for any more; the reason, a sentence, pauses the trigger. */
export type TriggerResponse = { kind: 'started'; run: RunId } | { kind: 'refused'; why: string }

export type TriggerDeps = {
  db: Db
  log: Log
  /** Throws where it could not be started now; it is tried again. */
  start(request: TriggerRequest): Promise<TriggerResponse>
  /** Tells the owner. Throws where that failed; it is tried again. */
  tell(news: TriggerNews): Promise<void>
  now?: () => Date
  pollMs?: number
}

export type Triggers = ReturnType<typeof createTriggers>

/**
 * Triggers of all workspaces. On any number of instances one occurrence of a schedule starts one run: at its time, or once within half a
 * day; later ones, and those whose last run is still at work, are skipped, and its owner is told.
 */
export function createTriggers(deps: TriggerDeps) {
  const { db, log, now = () => new Date(), pollMs = POLL_MS } = deps
  const store = createTriggerStore(db, log)
  const part: Part = { ...deps, store, now }
  const reportUnsuccessful = () => store.reportUnsuccessful(longAgo(now()))
  const noteTrouble = (error: unknown) => log.error({ reason: errorChainOf(error) }, 'triggers were not looked after')
  const polling = [
    pollEvery({ everyMs: pollMs, firstMs: 0 }, () => poll(part), noteTrouble),
    pollEvery({ everyMs: REPORT_MS }, reportUnsuccessful, noteTrouble),
  ]
  return {
    ...createTriggerEditing(part),
    /** A person's own. */
    of: store.of,
    /** All of a workspace, for its owners. */
    in: store.in,
    /** The newest first. */
    occurrences: (workspace: WorkspaceId, id: TriggerId, limit: number): Promise<TriggerOccurrence[]> =>
      store.occurrences(workspace, id, limit),
    /** Schedules that should have succeeded hours ago and did not, whether they failed, were skipped or never ran. */
    withoutSuccess: (workspace: WorkspaceId): Promise<ListedTrigger[]> =>
      store.withoutSuccess(workspace, longAgo(now())),
    /** Tells owners, once for each, of schedules that did not succeed although nobody said why; how many. It is done by itself, too. */
    reportUnsuccessful,
    /** Once for each `key` of an event. `running`: the last run of a schedule has not ended; `off`: it is paused or gone. */
    fire: (workspace: WorkspaceId, id: TriggerId, key: string) => fire(part, workspace, id, { key, manual: false }),
    /** Notes how a run ended, of a trigger or not; who polls notices by itself, only later. */
    onEnded: async (run: RunId, outcome: TriggerOutcome): Promise<void> =>
      void (await store.ended(run, outcome, now())),
    start: () => {
      for (const one of polling) one.start()
    },
    /** Resolves when what is under way is done. */
    [Symbol.asyncDispose]: async (): Promise<void> => void (await Promise.all(polling.map((one) => one.stop()))),
  }
}

const longAgo = (now: Date): Date => new Date(now.getTime() - SUCCESS_WITHIN_MS)

type Part = Pick<TriggerDeps, 'log' | 'start' | 'tell'> & { store: TriggerStore; now: () => Date }

/** `isOwner`: of the workspace. They pause and delete what belongs to others; what they may not is only its owner's. */
type Actor = Principal & { isOwner: boolean }

function createTriggerEditing(part: Part) {
  const { store, now } = part
  const find = async ({ workspace, user, isOwner }: Actor, id: TriggerId): Promise<Trigger> => {
    const found = await store.get(workspace, id)
    if (found === null) throw gone()
    if (found.owner !== user && !isOwner) throw new AppError('not_allowed', 'This belongs to somebody else.')
    return found
  }
  return {
    create: async (owner: Principal, definition: TriggerDefinition): Promise<Trigger> =>
      store.save(owner, createTriggerId(), { definition, next: firstTime(definition, now()) }),
    /** `version` is the one that the person saw. */
    edit: async (owner: Principal, id: TriggerId, version: number, definition: TriggerDefinition): Promise<Trigger> =>
      store.save(owner, id, { definition, base: version, next: firstTime(definition, now()) }),
    async pause(by: Actor, id: TriggerId): Promise<Trigger> {
      await find(by, id)
      const { workspace, user } = by
      return (await store.pause({ workspace, user }, id, 'Somebody paused it.')) ?? never()
    },
    async resume(owner: Principal, id: TriggerId): Promise<Trigger> {
      const { definition } = await find({ ...owner, isOwner: false }, id)
      return (await store.resume(owner, id, firstTime(definition, now()))) ?? never()
    },
    async remove(by: Actor, id: TriggerId): Promise<void> {
      await find(by, id)
      await store.remove(by, id)
    },
    /** Once more now, also while it is paused: `running` where the last time has not ended. */
    async runNow(owner: Principal, id: TriggerId) {
      await find({ ...owner, isOwner: false }, id)
      return fire(part, owner.workspace, id, { key: `now ${now().toISOString()}`, manual: true })
    },
    /** Pauses all of a person who cannot be acted for any more; how many. */
    pauseOf: (owner: Principal, why: string): Promise<number> => store.pauseOf(owner, why),
  }
}

const gone = () => new AppError('not_found', 'This was deleted meanwhile. Nothing runs by it any more.')
const never = (): never => {
  throw gone()
}

/** The first time of a schedule that can be kept; what waits for events has none. */
function firstTime(definition: TriggerDefinition, now: Date): Date | undefined {
  if (definition.kind !== 'schedule') return undefined
  checkSchedule(definition.spec, now)
  return nextOccurrence(definition.spec, now)
}

async function fire(part: Part, workspace: WorkspaceId, id: TriggerId, by: { key: string; manual: boolean }) {
  const fired = await part.store.fire(workspace, id, { ...by, now: part.now() })
  if (fired.kind === 'taken') await begin(part, fired)
  return fired.kind === 'taken' ? 'fired' : fired.kind
}

async function poll(part: Part): Promise<void> {
  const { due, left_over, ended, news } = await part.store.poll(part.now())
  await Promise.all([
    ...due.map((trigger) => beginDue(part, trigger)),
    ...left_over.map((taken) => begin(part, taken)),
    ...ended.map(({ run, outcome }) => part.store.ended(run, outcome, part.now())),
    ...news.map((one) => tell(part, one)),
  ])
}

async function beginDue(part: Part, { id, definition, nextAt: due }: Trigger): Promise<void> {
  if (definition.kind !== 'schedule' || due === undefined) return
  const now = part.now()
  const { latest: at, earlier: missed } = passedOccurrences(definition.spec, due, now)
  const next = nextOccurrence(definition.spec, now)
  const isTooLate = now.getTime() - at.getTime() > LATEST_MS
  const taken = await part.store.take(id, { due, next, at, missed, isTooLate }, now)
  if (taken?.occurrence.state === 'taken') await begin(part, taken)
}

/** Starts what was taken. A crash on the way leaves it taken, and somebody else starts it when the lease is over: under the same key, so once. */
async function begin({ log, store, now, start }: Part, { trigger, occurrence }: TakenOccurrence): Promise<void> {
  const { key, dueAt, missed } = occurrence
  const lateMs = now().getTime() - dueAt.getTime()
  if (lateMs > LATEST_MS) return void (await store.skipLate(trigger.id, key))
  const late = lateMs > PUNCTUAL_MS ? { lateMs } : {}
  try {
    const response = await start({ trigger, dueAt, dedupeKey: `trigger:${trigger.id}:${key}`, missed, ...late })
    if (response.kind === 'started') await store.started(trigger.id, key, response.run)
    else await store.refused(trigger.id, key, response.why)
  } catch (error) {
    // Whatever it was, the occurrence stays taken; one that never starts is given up after some attempts.
    log.error(
      { trigger: trigger.id, workspace: trigger.workspace, reason: errorChainOf(error) },
      'a trigger started nothing',
    )
    await store.notStarted(trigger.id, key)
  }
}

async function tell({ log, store, tell: toOwner }: Part, news: TriggerNews): Promise<void> {
  try {
    await toOwner(news)
  } catch (error) {
    // Told again when the lease is over.
    log.warn({ trigger: news.trigger.id, reason: errorChainOf(error) }, 'an owner was not told of a trigger')
    return
  }
  await store.told(news)
}
