import type { JsonValue } from '../../json.ts'
import { isTemplate } from '../templates/render-template.ts'
import type { WorkflowDefinition, WorkflowInput, WorkflowStep } from '../workflow.ts'
import { isSaid } from './reference-literals.ts'

type Place = { step: string; path: (string | number)[] }

/** A literal of a draft that may become an input. */
export type InputCandidate = {
  value: string | number
  /** Suggested, and no other candidate's. */
  name: string
  /** The person said it, so that they may say something else the next time. */
  likely: boolean
  places: Place[]
}

/** The literals in the arguments of steps, those that are likely first. */
export function inputCandidatesIn(steps: WorkflowStep[], request: string): InputCandidate[] {
  const found = new Map<string | number, Place[]>()
  for (const step of steps)
    for (const [value, path] of literalsIn(step.with ?? {}, []))
      found.set(value, [...(found.get(value) ?? []), { step: step.id, path }])
  const names = new Set<string>()
  const candidates = [...found].map(([value, places]): InputCandidate => {
    const name = freeName(places[0]?.path ?? [], names)
    return { value, name, likely: isSaid(String(value), request), places }
  })
  return candidates.toSorted((a, b) => Number(b.likely) - Number(a.likely))
}

function literalsIn(value: JsonValue, path: Place['path']): [value: string | number, path: Place['path']][] {
  if (typeof value === 'number') return [[value, path]]
  if (typeof value === 'string') return value === '' || isTemplate(value) ? [] : [[value, path]]
  if (typeof value !== 'object' || value === null) return []
  const inner: [string | number, JsonValue][] = Array.isArray(value) ? [...value.entries()] : Object.entries(value)
  return inner.flatMap(([key, one]) => literalsIn(one, [...path, key]))
}

function freeName(path: Place['path'], taken: Set<string>): string {
  const key = path.findLast((part) => typeof part === 'string') ?? 'value'
  const words = String(key)
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
  const base =
    words
      .replace(/^[^a-z]+/, '')
      .replace(/_+$/, '')
      .slice(0, 34) || 'value'
  let [name, number] = [base, 2]
  while (taken.has(name)) {
    name = `${base}_${number}`
    number += 1
  }
  taken.add(name)
  return name
}

/** The definition with candidates as inputs whose defaults are what was recorded, so that it still does the same. Pure. */
export function withChosenInputs(
  definition: WorkflowDefinition,
  chosen: Pick<InputCandidate, 'value' | 'name' | 'places'>[],
): WorkflowDefinition {
  const inputs = Object.fromEntries(chosen.map(({ value, name }): [string, WorkflowInput] => [name, inputOf(value)]))
  const steps = definition.steps.map((step) => {
    const places = chosen.flatMap(({ name, places: all }) =>
      all.filter((place) => place.step === step.id).map(({ path }) => ({ name, path })),
    )
    return places.length === 0 ? step : { ...step, with: places.reduce(replaceAt, step.with ?? {}) }
  })
  return { ...definition, inputs: { ...definition.inputs, ...inputs }, steps }
}

const inputOf = (value: string | number): WorkflowInput => ({
  type: typeof value === 'number' ? 'number' : 'string',
  default: value,
})

const replaceAt = (
  fields: NonNullable<WorkflowStep['with']>,
  { name, path }: { name: string; path: Place['path'] },
) => {
  const [key = '', ...rest] = path
  return { ...fields, [key]: replaced(fields[key] ?? null, rest, `\${{ inputs.${name} }}`) }
}

function replaced(value: JsonValue, [key, ...rest]: Place['path'], template: string): JsonValue {
  if (key === undefined) return template
  if (Array.isArray(value)) return value.map((one, at) => (at === key ? replaced(one, rest, template) : one))
  if (typeof value !== 'object' || value === null) return value
  return { ...value, [key]: replaced(value[key] ?? null, rest, template) }
}
