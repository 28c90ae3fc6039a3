import { UserId } from '../../src/ids.ts'
import type { JsonObject } from '../../src/json.ts'
import { parseWorkflow } from '../../src/workflows/definition/parse-workflow.ts'
import type { BegunStep } from '../../src/workflows/progress/begun-steps.ts'
import {
  nextWorkflowStep,
  type ParkedStep,
  type WorkflowDecision,
} from '../../src/workflows/progress/next-workflow-step.ts'
import type { GivenInputs } from '../../src/workflows/progress/visit.ts'
import { WorkflowEvent } from '../../src/workflows/progress/workflow-events.ts'
import {
  applyWorkflowEvent,
  createWorkflowProgress,
  type WorkflowCall,
  type WorkflowProgress,
  withCall,
} from '../../src/workflows/progress/workflow-progress.ts'
import type { WorkflowDefinition } from '../../src/workflows/workflow.ts'

export const ADA = UserId.parse('UADA')

/** A definition from the lines of its steps; throws what is wrong with it. */
export function workflowOf(steps: string, more = ''): WorkflowDefinition {
  const parsed = parseWorkflow(`name: tried\ntitle: Tried\n${more}\nsteps:\n${steps}`)
  if ('definition' in parsed) return parsed.definition
  throw new Error(parsed.problems.map(({ line, column, reason }) => `${line}:${column} ${reason}`).join('\n'))
}

export type Result = Partial<WorkflowCall>
export type Resume = Omit<Extract<WorkflowEvent, { type: 'step_resumed' }>, 'type' | 'by'>

/** What stands in a run's events. */
export type Entry = { event: WorkflowEvent } | { call: WorkflowCall }

export type Play = {
  given?: GivenInputs
  /** What a call gives back; undefined leaves it open, and a crash is an outcome of `unknown`. */
  answer?(begun: BegunStep): Result | undefined
  /** What a person does with parked steps; undefined: they stay. */
  resume?(parked: ParkedStep[]): Resume | undefined
  /** From where it goes on. */
  log?: Entry[]
}

export type Played = {
  log: Entry[]
  progress: WorkflowProgress
  last: WorkflowDecision
  begun: BegunStep[]
  now: string
}

export const foldEntries = (log: Entry[]): WorkflowProgress =>
  log.reduce(
    (progress, entry) =>
      'event' in entry ? applyWorkflowEvent(progress, entry.event) : withCall(progress, entry.call),
    createWorkflowProgress(),
  )

/** Steps through a workflow as a run would, until it ends, is parked, or only open calls are left. */
export function playWorkflow(body: WorkflowDefinition, play: Play = {}): Played {
  const log: Entry[] = [...(play.log ?? [])]
  const begun: BegunStep[] = []
  let progress = foldEntries(log)
  let now = Date.parse('2026-11-30T09:00:00.000Z')
  const add = (entry: Entry) => {
    // As it comes back from the database.
    const kept: Entry =
      'event' in entry
        ? { event: WorkflowEvent.parse(JSON.parse(JSON.stringify(entry.event))) }
        : structuredClone(entry)
    log.push(kept)
    progress = 'event' in kept ? applyWorkflowEvent(progress, kept.event) : withCall(progress, kept.call)
  }
  for (let round = 0; round < 20_000; round += 1) {
    const next = nextWorkflowStep(body, play.given ?? { inputs: {} }, progress, {
      now: new Date(now).toISOString(),
      timezone: 'UTC',
    })
    const end = (): Played => ({ log, progress, last: next, begun, now: new Date(now).toISOString() })
    if (next.do === 'record') for (const event of next.events) add({ event })
    else if (next.do === 'begin')
      for (const step of next.steps) {
        begun.push(step)
        makeCall(step, play, add)
      }
    else if (next.do === 'rest' && next.until !== undefined) now = Date.parse(next.until)
    else if (next.do === 'park') {
      const resumed = play.resume?.(next.parked)
      if (resumed === undefined) return end()
      add({ event: { type: 'step_resumed', by: ADA, ...resumed } })
    } else return end()
  }
  throw new Error('It does not come to an end.')
}

function makeCall(step: BegunStep, { answer = () => ({}) }: Play, add: (entry: Entry) => void): void {
  const call: WorkflowCall = { call: step.call, arguments: argumentsOf(step), state: 'judged', repeatable: false }
  add({ call })
  const result = answer(step)
  if (result === undefined) return
  const { repeatable = false } = result
  add({ call: { ...call, repeatable, state: 'called' } })
  add({ call: { ...call, state: 'returned', outcome: 'ok', ...result } })
}

export function argumentsOf(step: BegunStep): JsonObject {
  if (step.kind === 'tool') return step.arguments
  return step.kind === 'ask' ? { text: step.text } : { task: step.task }
}

export const callsOf = ({ begun }: Pick<Played, 'begun'>): string[] => begun.map(({ call }) => call)
