import type { JsonValue } from '../../json.ts'

/** One text or number that a step left, and how a template names it. */
export type OutputValue = { value: string | number; reference: string }

/** As many are looked through; a larger output is mostly rows. */
const MOST_LEAVES = 2_000

/** The texts and numbers in a step's output, the outermost first. */
export function leavesOf(step: string, output: JsonValue): OutputValue[] {
  const leaves: OutputValue[] = []
  const queue: Placed[] = [[output, `steps.${step}.output`]]
  // What is added on the way is visited as well.
  for (const [value, reference] of queue) {
    if (leaves.length >= MOST_LEAVES || queue.length > MOST_LEAVES * 10) break
    if (typeof value === 'string' || typeof value === 'number') leaves.push({ value, reference })
    else queue.push(...innerOf(value, reference))
  }
  return leaves
}

type Placed = [value: JsonValue, reference: string]

function innerOf(value: JsonValue, reference: string): Placed[] {
  if (Array.isArray(value)) return value.map((one, at): Placed => [one, `${reference}[${at}]`])
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]): Placed[] => {
    const segment = segmentOf(key)
    return segment === undefined ? [] : [[inner, reference + segment]]
  })
}

/** Undefined for a key that no template can name. */
function segmentOf(key: string): string | undefined {
  if (/^[A-Za-z_]\w*$/.test(key)) return `.${key}`
  return /["\\{}%\n]/.test(key) ? undefined : `["${key}"]`
}
