import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { ChannelId, RunId, UserId, WorkspaceId } from '../ids.ts'
import { Schedule } from './schedule/schedule.ts'

export const TriggerId = z.uuid().brand<'TriggerId'>()
export type TriggerId = z.infer<typeof TriggerId>
export const createTriggerId = (): TriggerId => TriggerId.parse(randomUUID())

const Values = z.record(z.string(), z.json())

/** What a trigger starts. */
const TriggerStart = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('workflow'), workflow: z.string().min(1).max(200), inputs: Values }),
  /** A request in words; `agent` is the id of who does it, absent: the app itself. */
  z.strictObject({
    kind: z.literal('request'),
    text: z.string().min(1).max(4_000),
    agent: z.string().max(200).optional(),
  }),
])

/** Where its runs answer: in the owner's direct message, or at the top of a channel. */
const TriggerPlace = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('dm') }),
  z.strictObject({ kind: z.literal('channel'), channel: ChannelId }),
])

const common = { title: z.string().min(1).max(100), starts: TriggerStart, place: TriggerPlace }

/** What a person decides of a trigger. What events look like is their doors' business. */
export const TriggerDefinition = z.discriminatedUnion('kind', [
  z.strictObject({ ...common, kind: z.literal('schedule'), spec: Schedule }),
  z.strictObject({
    ...common,
    kind: z.enum(['reaction', 'message', 'shortcut', 'webhook', 'builder', 'resource']),
    spec: Values,
  }),
])
export type TriggerDefinition = z.infer<typeof TriggerDefinition>

const instant = z.iso.datetime({ offset: true }).transform((text) => new Date(text))

/** A row, whose `starts` lacks the workflow's id: that has a column of its own. */
const Row = z.object({
  id: TriggerId,
  workspace: WorkspaceId,
  owner: UserId,
  kind: z.string(),
  title: z.string(),
  spec: z.unknown(),
  workflow: z.string().nullable(),
  starts: z.record(z.string(), z.unknown()),
  place: z.unknown(),
  version: z.int(),
  enabled: z.boolean(),
  paused_why: z.string().nullable(),
  paused_by: UserId.or(z.literal('UFORGOTTEN')).nullable(),
  next_at: instant.nullable(),
  failures: z.int(),
})

/** Something that starts work by itself; it acts as its owner. */
export type Trigger = {
  id: TriggerId
  workspace: WorkspaceId
  owner: UserId
  definition: TriggerDefinition
  version: number
  enabled: boolean
  /** Why it is paused, in a sentence; `pausedBy` is absent where it paused itself. */
  pausedWhy?: string
  pausedBy?: string
  /** Of a schedule; absent: it is paused, or there is none left. */
  nextAt?: Date
  /** In a row. */
  failures: number
}

export const TriggerRow = Row.transform((row, context): Trigger => {
  const { kind, title, spec, workflow, place, paused_why, paused_by, next_at } = row
  const starts = workflow === null ? row.starts : { ...row.starts, workflow }
  const definition = TriggerDefinition.safeParse({ kind, title, spec, starts, place })
  if (!definition.success) {
    for (const { path, message } of definition.error.issues) context.addIssue({ code: 'custom', path, message })
    return z.NEVER
  }
  return {
    id: row.id,
    workspace: row.workspace,
    owner: row.owner,
    definition: definition.data,
    version: row.version,
    enabled: row.enabled,
    ...(paused_why !== null && { pausedWhy: paused_why }),
    ...(paused_by !== null && { pausedBy: paused_by }),
    ...(next_at !== null && { nextAt: next_at }),
    failures: row.failures,
  }
})

const OccurrenceRow = z
  .object({
    key: z.string(),
    due_at: instant,
    state: z.enum(['taken', 'started', 'ended', 'skipped']),
    why: z.enum(['late', 'running', 'refused', 'not_started']).nullable(),
    missed: z.int(),
    run: RunId.nullable(),
    outcome: z.string().nullable(),
  })
  .transform(({ due_at, why, run, outcome, ...row }) => ({
    ...row,
    dueAt: due_at,
    ...(why !== null && { why }),
    ...(run !== null && { run }),
    ...(outcome !== null && { outcome }),
  }))

/**
 * One time that a trigger fired. Skipped: it was more than half a day late, the last run was still at work, nobody could be acted for, or
 * it could not be started. `missed`: earlier ones that it stands for. `outcome`: how its run ended; unknown where nobody can tell.
 */
export type TriggerOccurrence = z.infer<typeof OccurrenceRow>
export const TriggerOccurrence = OccurrenceRow

/** A trigger in a list, with what its runs came to. */
export const ListedTrigger = z
  .object({ runs: z.int(), cost_usd: z.number(), last: OccurrenceRow.nullable(), since: instant.optional() })
  .transform(({ runs, cost_usd, last, since }) => ({
    runs,
    costUsd: cost_usd,
    ...(last !== null && { last }),
    ...(since && { since }),
  }))
/** `since`: it should have succeeded then, and did not. */
export type ListedTrigger = Trigger & z.infer<typeof ListedTrigger>
