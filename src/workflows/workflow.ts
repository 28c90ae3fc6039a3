import { z } from 'zod'
import { MOST_BRANCHES, MOST_ITEMS, MOST_RETRIES, MOST_TEMPLATE_CHARS, MOST_WAIT_MS } from './workflow-limits.ts'

/** Words, which may hold a template. */
const Text = z.string('must be a text').regex(/\S/, 'must not be empty').max(MOST_TEMPLATE_CHARS)

/** What people say of a step; templates name its output by it. */
const StepId = z
  .string('is missing: give the step a short name of its own, such as list_bugs')
  .regex(/^[a-z][a-z0-9_]{0,39}$/, 'must be small letters, digits and _, begin with a letter, and have at most 40')

const InputName = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,39}$/, 'must be small letters, digits and _, begin with a letter, and have at most 40')

const UNITS_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Milliseconds of `10s`, `5m`, `2h` or `3d`; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const [, amount, unit] = /^(\d{1,7}) ?([smhd])$/.exec(text) ?? []
  return unit === 's' || unit === 'm' || unit === 'h' || unit === 'd' ? Number(amount) * UNITS_MS[unit] : undefined
}

const Duration = z
  .string('must be a duration such as 10s, 5m, 2h or 3d')
  .refine((text) => parseDuration(text) !== undefined, 'must be a duration such as 10s, 5m, 2h or 3d')
  .refine((text) => (parseDuration(text) ?? 0) <= MOST_WAIT_MS, 'must be at most 30d: use a schedule for more')

/** A connection's name or a run card's, and a tool of it. */
const ToolAddress = z
  .string('must be a connection and its tool, such as github/list_issues')
  .max(200)
  .refine((text) => text.indexOf('/') > 0, 'names no connection: write connection/tool, such as github/list_issues')
  .refine(
    (text) => !/(?:^|\/)\s*$/.test(text.slice(0, 200)),
    'names no tool: write connection/tool, such as github/list_issues',
  )

const Arguments = z.record(z.string(), z.json(), 'must be arguments by name, such as { label: bug }')
const AgentName = z.string('must be the name of an agent').min(1).max(40)
const People = z.array(z.string().min(1).max(100), 'must be a list of people, such as [U0123ABCD]').min(1).max(20)

const InputKind = z.enum(
  ['string', 'number', 'boolean', 'date', 'choice'],
  'must be string, number, boolean, date or choice',
)

/** What a run of it is given, or what a form of it asks for. */
export const WorkflowInput = z.strictObject({
  type: InputKind.default('string'),
  description: z.string().max(150).optional(),
  default: z.union([z.string().max(3_000), z.number(), z.boolean()]).optional(),
  required: z.boolean('must be true or false').optional(),
  choices: z.array(z.string().min(1).max(75), 'must be a list of texts').min(2).max(100).optional(),
})
export type WorkflowInput = z.infer<typeof WorkflowInput>

const Inputs = z.record(InputName, WorkflowInput, 'must be inputs by name, such as { label: { type: string } }')

const Channels = z.array(z.string().min(1).max(80), 'must be a list of channels, such as [ops]').min(1).max(20)

const Trigger = z
  .strictObject({
    schedule: z
      .strictObject({
        cron: z
          .string('must be a cron expression of five fields, such as "0 9 * * 1"')
          .max(100)
          .regex(/^\S+( +\S+){4}$/, 'must have five fields: minute, hour, day, month, weekday, such as "0 9 * * 1"'),
        timezone: z
          .string('must be a time zone such as Europe/Berlin')
          .refine(isTimeZone, 'is no time zone: write one such as Europe/Berlin'),
      })
      .optional(),
    reaction: z
      .strictObject({
        emoji: z.string('must be the name of an emoji, such as bug').regex(/^:?[\w+'-]+:?$/, 'must be one emoji'),
        channels: Channels,
        who: People.optional(),
      })
      .optional(),
    message: z
      .strictObject({
        words: z.array(z.string().min(2).max(80), 'must be a list of words').min(1).max(20),
        channels: Channels,
        who: People.optional(),
      })
      .optional(),
    shortcut: z.literal(true, 'must be true').optional(),
    webhook: z.literal(true, 'must be true').optional(),
    resource: z.strictObject({ connection: z.string().min(1).max(100), uri: z.string().min(1).max(2_000) }).optional(),
    builder: z.literal(true, 'must be true').optional(),
  })
  .refine(
    (one) => Object.keys(one).length === 1,
    'must be one of schedule, reaction, message, shortcut, webhook, resource or builder',
  )

function isTimeZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== ''
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

/** One step as people write it. What it does is said by one of tool, agent, panel, ask, each, parallel, wait, or by `if` with steps. */
export const WorkflowStep = z.strictObject({
  id: StepId,
  /** An expression; where it is not true, the step is skipped. */
  if: Text.optional(),
  tool: ToolAddress.optional(),
  with: Arguments.optional(),
  agent: AgentName.optional(),
  /** Asked of each on its own; who judges is the workflow's agent. */
  panel: z
    .array(AgentName, 'must be a list of agents')
    .min(2, 'needs two or three agents')
    .max(3, 'takes at most three agents')
    .optional(),
  task: Text.optional(),
  ask: Text.optional(),
  approvers: People.optional(),
  form: Inputs.optional(),
  each: z
    .union([Text, z.array(z.json()).max(MOST_ITEMS)], `must be a list, or \${{ an expression that gives one }}`)
    .optional(),
  get steps() {
    return z.array(WorkflowStep, 'must be a list of steps').min(1, 'holds no step').optional()
  },
  get else() {
    return z.array(WorkflowStep, 'must be a list of steps').min(1, 'holds no step').optional()
  },
  get parallel() {
    return z
      .array(WorkflowStep, 'must be a list of steps')
      .min(2, 'needs at least two steps')
      .max(MOST_BRANCHES, `takes at most ${MOST_BRANCHES} steps at once`)
      .optional()
  },
  wait: z
    .union(
      [Duration, z.strictObject({ until: Text })],
      'must be a duration such as 10m, or { until: "2026-12-24T09:00:00Z" }',
    )
    .optional(),
  retry: z
    .strictObject({
      times: z
        .int('must be a whole number')
        .min(1, 'must be at least 1')
        .max(MOST_RETRIES, `must be at most ${MOST_RETRIES}`),
      wait: Duration.default('10s'),
    })
    .optional(),
  on_error: z
    .union(
      [z.enum(['park', 'continue']), z.strictObject({ use: ToolAddress, with: Arguments.optional() })],
      'must be park, continue or { use: connection/tool, with: { … } }',
    )
    .optional(),
  undo: z.strictObject({ tool: ToolAddress, with: Arguments.optional() }).optional(),
})
export type WorkflowStep = z.infer<typeof WorkflowStep>

/** What a workflow is, in a file of `workflows/` and in a row. */
export const WorkflowDefinition = z.strictObject({
  name: z
    .string('is missing: give the workflow a name, such as weekly-bugs')
    .regex(/^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/, 'must be small letters, digits and dashes, at most 40'),
  title: z.string('is missing: give the workflow a title for people').regex(/\S/, 'must not be empty').max(75),
  description: z.string().max(300).optional(),
  on: z.array(Trigger, 'must be a list, such as - schedule: { … }').max(10).optional(),
  inputs: Inputs.optional(),
  /** Whose tools, model and limits; absent: the app's own. */
  agent: AgentName.optional(),
  steps: z.array(WorkflowStep, 'is missing: list what is done, one step after the other').min(1, 'holds no step'),
  /** What a run of it answers; absent: what its last step left. */
  output: z.json().optional(),
})
export type WorkflowDefinition = z.infer<typeof WorkflowDefinition>
