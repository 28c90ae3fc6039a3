import { z } from 'zod'
import type { Db } from '../../db/call.ts'
import { type AuditFault, type AuditHead, AuditState, judgeHeads } from './audit-head.ts'

const Part = z.object({ last: z.number().nullable(), broken: z.number().nullable() })

/** Small enough to be hashed well within the time a call to the database has. */
const ROWS_PER_PART = 20_000

type Chain = { last: number; broken?: number }

/** The first row after `after` whose hash does not follow from the one before, and the last row that was read. */
async function checkChain(db: Db, workspace: string, after: number): Promise<Chain> {
  for (let last = after; ; ) {
    const part = await db.call('audit_check', { workspace, after: last, most: ROWS_PER_PART }, Part)
    if (part.broken !== null) return { last, broken: part.broken }
    if (part.last === null) return { last }
    last = part.last
  }
}

/** What a workspace's audit is held against beside its own hashes. */
export type AuditSeals = {
  /** Undefined: nobody can tell here who made a seal. */
  key: string | undefined
  /** Seals that were kept outside the database. */
  heads: AuditHead[]
  /** Rows up to this one were good before. */
  after: number
  now: Date
}

/** How a workspace's audit was found, its newest row and its seal; undefined where it has none. */
export type AuditFinding = {
  fault: AuditFault | undefined
  newest: Omit<AuditHead, 'mac'> | undefined
  head: AuditHead | undefined
}

/** Follows a workspace's chain from the last good row on, and holds its seals against the rows. */
export async function checkAudit(db: Db, workspace: string, seals: AuditSeals): Promise<AuditFinding> {
  const { last, broken } = await checkChain(db, workspace, seals.after)
  const rows = [last, ...seals.heads.map(({ row }) => row)]
  const state = await db.call('audit_state', { workspace, rows }, AuditState)
  const head = state.head === null ? undefined : { workspace, ...state.head }
  const fault = judgeHeads([...(head === undefined ? [] : [head]), ...seals.heads], state, seals)
  const newest = state.rows.find(({ row }) => row === last)
  return {
    fault: broken === undefined ? fault : { what: 'changed', row: broken },
    newest: newest && { workspace, ...newest },
    head,
  }
}

export const auditedWorkspacesIn = (db: Db): Promise<string[]> => db.call('audit_workspaces', {}, z.array(z.string()))
