/** What only holds other steps, or waits, need not be named: nothing refers to it. */
const UNNAMED = ['parallel', 'wait', 'choice'] as const

/** A definition as a person wrote it, with an id for each step that needs none of its own: `parallel_1`, `wait_2`. */
export function withStepIds(written: unknown): unknown {
  const taken = new Set<string>()
  collectIds(written, taken)
  return isObject(written) ? { ...written, ...namedLists(written, ['steps'], taken) } : written
}

type Fields = { [key: string]: unknown }

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const LISTS = ['steps', 'else', 'parallel']

function collectIds(value: unknown, taken: Set<string>): void {
  if (!isObject(value)) return
  if (typeof value.id === 'string') taken.add(value.id)
  for (const key of LISTS) {
    const list = value[key]
    if (Array.isArray(list)) for (const step of list) collectIds(step, taken)
  }
}

const namedLists = (holder: Fields, keys: string[], taken: Set<string>): Fields =>
  Object.fromEntries(
    keys.flatMap((key): [string, unknown][] => {
      const list: unknown = holder[key]
      return Array.isArray(list) ? [[key, list.map((step) => namedStep(step, taken))]] : []
    }),
  )

function namedStep(step: unknown, taken: Set<string>): unknown {
  if (!isObject(step)) return step
  const kind = unnamedKindOf(step)
  const id = step.id === undefined && kind !== undefined ? { id: freeId(kind, taken) } : {}
  return { ...id, ...step, ...namedLists(step, LISTS, taken) }
}

function unnamedKindOf(step: Fields): string | undefined {
  if (step.each !== undefined || step.tool !== undefined || step.agent !== undefined) return undefined
  return UNNAMED.find((kind) => step[kind === 'choice' ? 'steps' : kind] !== undefined)
}

function freeId(kind: string, taken: Set<string>): string {
  let number = 1
  while (taken.has(`${kind}_${number}`)) number += 1
  const id = `${kind}_${number}`
  taken.add(id)
  return id
}

/** Whether a step was named by us: left out again where a definition is written down. */
export const isGivenStepId = (id: string): boolean => /^(?:parallel|wait|choice)_\d+$/.test(id)
