import { stringify } from 'yaml'
import type { WorkflowDefinition, WorkflowStep } from '../workflow.ts'
import { branchesOf } from './step-actions.ts'
import { isGivenStepId, withStepIds } from './step-ids.ts'

/** A definition as a file of `workflows/`; read again it is the same. */
export function writeWorkflow(definition: WorkflowDefinition): string {
  const short = { ...definition, steps: definition.steps.map(withoutGivenIds) }
  const isSame = idsOf(withStepIds(short)) === idsOf(definition)
  return stringify(isSame ? short : definition, { lineWidth: 120, aliasDuplicateObjects: false })
}

function withoutGivenIds(step: WorkflowStep): object {
  const { id, ...rest } = step
  const inner = branchesOf(step).map(([key, steps]) => [key, steps.map(withoutGivenIds)])
  return { ...(isGivenStepId(id) ? {} : { id }), ...rest, ...Object.fromEntries(inner) }
}

function idsOf(definition: unknown): string {
  const ids: string[] = []
  JSON.stringify(definition, (key, value) => {
    if (key === 'id') ids.push(String(value))
    return value
  })
  return ids.join()
}
