import { z } from 'zod'
import { type Db, toUndefined } from '../db/call.ts'
import { type Principal, UserId } from '../ids.ts'
import { workflowHashOf } from './definition/workflow-hash.ts'
import { WorkflowDefinition } from './workflow.ts'

const Row = z.object({
  id: z.uuid(),
  owner: UserId,
  body: WorkflowDefinition,
  hash: z.string(),
  version: z.int(),
  shared: z.boolean(),
  source: z.enum(['slack', 'file']),
  changedAt: z.coerce.date(),
})
/** A workflow that somebody saved; its owner alone edits it. */
export type Workflow = z.infer<typeof Row>

const VersionRow = z.object({ version: z.int(), body: WorkflowDefinition, hash: z.string(), at: z.coerce.date() })
/** What a workflow was at one time. */
export type WorkflowVersion = z.infer<typeof VersionRow>

export type NewWorkflow = {
  /** Made by who asks, so that asking twice makes one. */
  id: string
  body: WorkflowDefinition
  /** `file`: it was uploaded. */
  source: Workflow['source']
}

/** `base`: the version that was edited. */
export type WorkflowEdit = { id: string; base: number; body: WorkflowDefinition }

/** As many as a person would look through. */
const MOST_OWN = 50
/** Older ones are kept, and nobody looks for them. */
const MOST_VERSIONS = 20

const Maybe = Row.nullable().transform(toUndefined)

/** Workflows that people saved, over the database. Errors are db/'s. */
export type WorkflowRows = {
  /** Throws `name_taken`, `conflict` and `limit_reached`. */
  create(by: Principal, workflow: NewWorkflow): Promise<Workflow>
  /** Throws `name_taken`, `conflict` and `not_found`. */
  edit(by: Principal, edit: WorkflowEdit): Promise<Workflow>
  /** One that this person may run. */
  get(by: Principal, id: string): Promise<Workflow | undefined>
  /** Those that this person may run: their own, then the shared ones. */
  of(by: Principal): Promise<Workflow[]>
  /** For its owner, the newest first. */
  versionsOf(by: Principal, id: string): Promise<WorkflowVersion[]>
  /** Throws `name_taken`. Undefined where it is not theirs. */
  share(by: Principal, id: string, shared: boolean): Promise<Workflow | undefined>
  /** With `any` also a shared one of somebody else. Undefined where it is neither. */
  archive(by: Principal, id: string, any: boolean): Promise<Workflow | undefined>
}

export const createWorkflowRows = (db: Db): WorkflowRows => ({
  create: ({ workspace, user }, { id, body, source }) =>
    db.call('workflow_create', { workspace, user, id, body, hash: workflowHashOf(body), source, limit: MOST_OWN }, Row),
  edit: ({ workspace, user }, { id, base, body }) =>
    db.call('workflow_edit', { workspace, user, id, base, body, hash: workflowHashOf(body) }, Row),
  get: ({ workspace, user }, id) => db.call('workflow_get', { workspace, user, id }, Maybe),
  of: ({ workspace, user }) => db.call('workflows_of', { workspace, user }, z.array(Row)),
  versionsOf: ({ workspace, user }, id) =>
    db.call('workflow_versions_of', { workspace, user, id, limit: MOST_VERSIONS }, z.array(VersionRow)),
  share: ({ workspace, user }, id, shared) => db.call('workflow_share', { workspace, user, id, shared }, Maybe),
  archive: ({ workspace, user }, id, any) => db.call('workflow_archive', { workspace, user, id, any }, Maybe),
})
