import type { JsonObject, JsonValue } from '../../json.ts'
import type { WorkflowDefinition, WorkflowInput } from '../workflow.ts'

export type ValueProblem = { name: string; reason: string }
export type InputValues = { values: JsonObject; problems: ValueProblem[] }

/**
 * The values that a run begins with: what was given, and defaults for the rest. An input without either is null, or a problem where it
 * is required. `today`: the day it is for who asks, as 2026-12-24.
 */
export function inputValuesOf(
  { inputs = {} }: Pick<WorkflowDefinition, 'inputs'>,
  given: JsonObject,
  today: string,
): InputValues {
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(inputs, name))
  const problems: ValueProblem[] = unknown.map((name) => ({
    name,
    reason: 'is no input of this workflow: leave it out',
  }))
  const values = Object.entries(inputs).map(([name, input]): [string, JsonValue] => {
    const value = valueFor(input, Object.hasOwn(given, name) ? given[name] : undefined)
    const reason = value === null ? missingReason(input) : inputProblemOf(input, value)
    if (reason !== undefined) problems.push({ name, reason })
    return [name, input.type === 'date' && value === 'today' ? today : value]
  })
  return { values: Object.fromEntries(values), problems }
}

const valueFor = (input: WorkflowInput, given: JsonValue | undefined): JsonValue => given ?? input.default ?? null

const missingReason = (input: WorkflowInput): string | undefined =>
  input.required === true ? 'is missing: fill it in' : undefined

type Check = { fits(value: JsonValue, input: WorkflowInput): boolean; advice(input: WorkflowInput): string }

const CHECKS: Record<WorkflowInput['type'], Check> = {
  string: { fits: (value) => typeof value === 'string', advice: () => 'must be a text: put it in quotes' },
  number: { fits: (value) => typeof value === 'number', advice: () => 'must be a number, such as 5' },
  boolean: { fits: (value) => typeof value === 'boolean', advice: () => 'must be true or false' },
  date: { fits: (value) => isDay(value), advice: () => 'must be a date such as "2026-12-24", or "today"' },
  choice: {
    fits: (value, { choices = [] }) => choices.some((choice) => choice === value),
    advice: ({ choices = [] }) => `must be one of ${choices.join(', ')}`,
  },
}

/** What is wrong with a value, and what to write instead. */
export function inputProblemOf(input: WorkflowInput, value: JsonValue): string | undefined {
  const { fits, advice } = CHECKS[input.type]
  return fits(value, input) ? undefined : advice(input)
}

const isDay = (value: JsonValue): boolean =>
  value === 'today' ||
  (typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value) && !Number.isNaN(Date.parse(`${value}T00:00:00Z`)))
