import type { JsonObject } from '../../json.ts'
import { inputValuesOf } from '../../workflows/definition/input-values.ts'
import type { WorkflowDefinition, WorkflowInput } from '../../workflows/workflow.ts'
import { withCapital } from '../answer/describe-calls.ts'
import { fieldStateIn, type ModalField, type ModalState, readField, textOption } from '../blocks/modal-fields.ts'
import { describeName } from './workflow-texts.ts'

type Inputs = Pick<WorkflowDefinition, 'inputs'>

const fieldIdOf = (name: string): string => `input.${name}`

/** A field for each input, filled with its default. `today` is a day such as 2026-12-24. */
export const inputFieldsOf = ({ inputs = {} }: Inputs, today: string): ModalField[] =>
  Object.entries(inputs).map(([name, input]) => ({
    id: fieldIdOf(name),
    label: withCapital(describeName(name)),
    hint: input.description,
    optional: input.required !== true,
    initial: initialTextOf(input, today),
    ...kindOf(input),
  }))

const YES_NO = [
  { text: 'yes', id: 'true', value: true },
  { text: 'no', id: 'false', value: false },
]

const LONG_CHARS = 80

function kindOf({ type, choices = [], default: given }: WorkflowInput) {
  switch (type) {
    case 'string':
      return { kind: 'text', multiline: String(given ?? '').length > LONG_CHARS } as const
    case 'number':
      return { kind: 'number' } as const
    case 'boolean':
      return { kind: 'boolean', options: YES_NO } as const
    case 'date':
      return { kind: 'date' } as const
    case 'choice':
      return { kind: 'choice', options: choices.map(textOption) } as const
    default:
      return type satisfies never
  }
}

function initialTextOf({ type, default: given }: WorkflowInput, today: string): string | undefined {
  if (given === undefined) return undefined
  return type === 'date' && given === 'today' ? today : String(given)
}

export type ReadInputs = { values: JsonObject } | { errors: Record<string, string> }

/** The values that a run begins with, or what is wrong, by field. */
export function readInputs(definition: Inputs, state: ModalState, today: string): ReadInputs {
  const errors: Record<string, string> = {}
  const given: JsonObject = {}
  for (const [name] of Object.entries(definition.inputs ?? {})) {
    const field = inputFieldsOf(definition, today).find(({ id }) => id === fieldIdOf(name))
    const reading = field && readField(field, fieldStateIn(state, field.id))
    if (reading === undefined) continue
    if ('problem' in reading) errors[fieldIdOf(name)] = reading.problem
    else given[name] = reading.value
  }
  const { values, problems } = inputValuesOf(definition, given, today)
  for (const { name, reason } of problems) errors[fieldIdOf(name)] ??= `This ${reason}.`
  return Object.keys(errors).length > 0 ? { errors } : { values }
}

/** The day that it is in a time zone, as 2026-12-24. */
export const todayIn = (zone: string | undefined, now: Date): string =>
  new Intl.DateTimeFormat('en-CA', { timeZone: zone ?? 'UTC', dateStyle: 'short' }).format(now)
