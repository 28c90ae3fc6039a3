import { z } from 'zod'
import type { Db } from '../../db/call.ts'
import { type AuditFault, type AuditSeal, AuditState, judgeSeals } from './audit-seal.ts'

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
type KnownSeals = {
  /** Undefined: nobody can tell here who made a seal. */
  key: string | undefined
  /** Seals that were kept outside the database. */
  seals: AuditSeal[]
  /** Rows up to this one were good before. */
  after: number
  now: Date
}

/** How a workspace's audit was found, its newest row and its seal; undefined where it has none. */
export type AuditFinding = {
  fault: AuditFault | undefined
  newest: Omit<AuditSeal, 'mac'> | undefined
  seal: AuditSeal | undefined
}

/** Follows a workspace's chain from the last good row on, and holds its seals against the rows. */
export async function checkAudit(db: Db, workspace: string, known: KnownSeals): Promise<AuditFinding> {
  const { last, broken } = await checkChain(db, workspace, known.after)
  const rows = [last, ...known.seals.map(({ row }) => row)]
  const state = await db.call('audit_state', { workspace, rows }, AuditState)
  const seal = state.seal === null ? undefined : { workspace, ...state.seal }
  const fault = judgeSeals([...(seal === undefined ? [] : [seal]), ...known.seals], state, known)
  const newest = state.rows.find(({ row }) => row === last)
  return {
    fault: broken === undefined ? fault : { what: 'changed', row: broken },
    newest: newest && { workspace, ...newest },
    seal,
  }
}

export const auditedWorkspacesIn = (db: Db): Promise<string[]> => db.call('audit_workspaces', {}, z.array(z.string()))
