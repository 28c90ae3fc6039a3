import { isAppError } from '../../errors.ts'
import type { JsonObject, JsonValue } from '../../json.ts'
import { renderArguments } from '../progress/begun-steps.ts'
import { outputOfResult } from '../progress/step-output.ts'
import type { WorkflowDefinition, WorkflowStep } from '../workflow.ts'
import { MOST_STEPS } from '../workflow-limits.ts'
import { type InputCandidate, inputCandidatesIn } from './input-candidates.ts'
import { leavesOf, type OutputValue } from './output-leaves.ts'
import { escapeLiteral, templateOf } from './reference-literals.ts'

/** A call of a finished run that was done, with what it gave. */
export type RecordedCall = { tool: string; arguments: JsonObject; structured?: JsonValue; text?: string }

export type RecordedRun = { name: string; title: string; request: string; calls: RecordedCall[] }

/** A workflow that does again what a run did. */
export type WorkflowDraft = {
  definition: WorkflowDefinition
  /** What each kept step had as arguments, by its id. */
  recorded: Record<string, JsonObject>
  /** Literals that a person may want to give anew each time. */
  candidates: InputCandidate[]
  /** Calls that no template gives again. */
  dropped: { tool: string; why: string }[]
}

/** Each argument is compared with so many, those of the newest steps. */
const MOST_VALUES = 10_000

type Kept = { step: WorkflowStep; output: JsonValue; values: OutputValue[] }
type Done = { kept: Kept[]; recorded: Record<string, JsonObject>; dropped: WorkflowDraft['dropped'] }

/** Each step is kept only if rendering it gives exactly what was recorded. Undefined where nothing could be kept. Pure. */
export function draftWorkflow({ name, title, request, calls }: RecordedRun): WorkflowDraft | undefined {
  const done: Done = { kept: [], recorded: {}, dropped: [] }
  for (const call of calls) keepCall(done, call, request)
  if (done.kept.length === 0) return undefined
  const definition: WorkflowDefinition = { name, title, steps: done.kept.map(({ step }) => step) }
  return {
    definition,
    recorded: done.recorded,
    candidates: inputCandidatesIn(definition.steps, request),
    dropped: done.dropped,
  }
}

function keepCall({ kept, recorded, dropped }: Done, call: RecordedCall, request: string): void {
  const { tool } = call
  if (kept.length >= MOST_STEPS) {
    dropped.push({ tool, why: `A workflow has at most ${MOST_STEPS} steps.` })
    return
  }
  const leaves = kept
    .toReversed()
    .flatMap(({ values }) => values)
    .slice(0, MOST_VALUES)
  const written = argumentsOf(call, leaves, request).find((one) => isSame(one, kept, call.arguments))
  if (written === undefined) {
    dropped.push({ tool, why: 'No template gives its arguments again.' })
    return
  }
  const id = stepIdOf(tool, kept)
  recorded[id] = call.arguments
  const { output } = outputOfResult(call)
  kept.push({ step: { id, tool, with: written }, output, values: leavesOf(id, output) })
}

/** With references, and, where these give something else, as it was. */
const argumentsOf = (call: RecordedCall, leaves: OutputValue[], request: string): JsonObject[] => [
  fieldsWith(call.arguments, (value) => templateOf(value, { leaves, request })),
  fieldsWith(call.arguments, escaped),
]

const fieldsWith = (fields: JsonObject, change: (value: JsonValue) => JsonValue): JsonObject =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, change(value)]))

function escaped(value: JsonValue): JsonValue {
  if (typeof value === 'string') return escapeLiteral(value)
  if (Array.isArray(value)) return value.map(escaped)
  return typeof value === 'object' && value !== null ? fieldsWith(value, escaped) : value
}

function isSame(written: JsonObject, kept: Kept[], recorded: JsonObject): boolean {
  const steps = Object.fromEntries(kept.map(({ step, output }) => [step.id, { output, error: null, skipped: false }]))
  // No template of a draft names a time.
  const scope = { inputs: {}, steps, trigger: null, now: '1970-01-01T00:00:00.000Z', timezone: 'UTC' }
  try {
    return JSON.stringify(renderArguments(written, scope)) === JSON.stringify(recorded)
  } catch (error) {
    if (isAppError(error, 'input_invalid')) return false
    throw error
  }
}

/** `github/list-issues` → `list_issues`, with a number where there are several. */
function stepIdOf(tool: string, kept: Kept[]): string {
  const words = tool
    .slice(tool.indexOf('/') + 1)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
  const base =
    words
      .replace(/^[^a-z]+/, '')
      .replace(/_+$/, '')
      .slice(0, 34) || 'step'
  const taken = new Set(kept.map(({ step }) => step.id))
  let [id, number] = [base, 2]
  while (taken.has(id)) {
    id = `${base}_${number}`
    number += 1
  }
  return id
}
