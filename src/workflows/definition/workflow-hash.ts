import { createHash } from 'node:crypto'
import type { WorkflowDefinition } from '../workflow.ts'

/** The same for the same definition, whatever the order of its keys: any edit gives another. What was approved beforehand is bound to it. */
export const workflowHashOf = (definition: WorkflowDefinition): string =>
  createHash('sha256')
    .update(JSON.stringify(sorted(definition)))
    .digest('hex')

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const fields = Object.entries(value).filter(([, inner]) => inner !== undefined)
  // A list of pairs is no object.
  return { fields: fields.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, inner]) => [name, sorted(inner)]) }
}
