import { randomUUID } from 'node:crypto'
import type { Db } from '../db/call.ts'
import type { Principal } from '../ids.ts'
import { workflowHashOf } from './definition/workflow-hash.ts'
import type { WorkflowDefinition } from './workflow.ts'
import { createWorkflowRows, type Workflow, type WorkflowRows } from './workflow-rows.ts'

/** A workflow that a person may run: a row, or a file, which has no owner and which only files change. */
export type UsableWorkflow = Omit<Workflow, 'owner' | 'changedAt'> & { owner: Workflow['owner'] | undefined }

export type Workflows = Omit<WorkflowRows, 'of' | 'get'> & {
  /** Their own, those shared with the workspace, and those of files. */
  usable(by: Principal): Promise<UsableWorkflow[]>
  /** The same by id; undefined where the person may not run it. */
  find(by: Principal, id: string): Promise<UsableWorkflow | undefined>
}

/** Workflows: rows, and those of files. */
export function createWorkflows(db: Db, files: WorkflowDefinition[]): Workflows {
  const { of, get: _get, ...rows } = createWorkflowRows(db)
  const read = files.map(fileWorkflowOf)
  const usable = async (by: Principal) => [...(await of(by)), ...read]
  return { ...rows, usable, find: async (by, id) => (await usable(by)).find((one) => one.id === id) }
}

const fileWorkflowOf = (body: WorkflowDefinition): UsableWorkflow => ({
  id: `file:${body.name}`,
  owner: undefined,
  body,
  hash: workflowHashOf(body),
  version: 1,
  shared: true,
  source: 'file',
})

export const createWorkflowId = (): string => randomUUID()

/** Those with one of the words in name, title or description. Pure. */
export function findWorkflows(words: string, workflows: UsableWorkflow[]): UsableWorkflow[] {
  const whole = words.trim().toLowerCase()
  const terms = whole.split(/\s+/).filter((word) => word.length > 2)
  return workflows.filter(({ body: { name, title, description = '' } }) => {
    const text = `${name} ${title} ${description}`.toLowerCase()
    const said = text.split(/[^\p{L}\p{N}]+/u)
    return (whole !== '' && text.includes(whole)) || terms.some((term) => said.some((word) => word.startsWith(term)))
  })
}
