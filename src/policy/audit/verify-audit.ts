import type { Db } from '../../db/call.ts'
import type { AuditFault, AuditSeal } from './audit-seal.ts'
import { auditedWorkspacesIn, checkAudit } from './find-audit-faults.ts'

export type AuditVerdict = { workspace: string; whole: boolean; text: string }

/** Every workspace's audit from its first row on, in a sentence or two each. */
export async function verifyAudit(
  db: Db,
  o: { key: string | undefined; seals: AuditSeal[]; now: Date },
): Promise<AuditVerdict[]> {
  const workspaces = new Set([...(await auditedWorkspacesIn(db)), ...o.seals.map(({ workspace }) => workspace)])
  const verdicts: AuditVerdict[] = []
  for (const workspace of [...workspaces].toSorted()) {
    const seals = o.seals.filter((seal) => seal.workspace === workspace)
    const { fault, newest } = await checkAudit(db, workspace, { ...o, seals, after: 0 })
    const text = fault === undefined ? wholeText(newest?.row) : FAULTS[fault.what](fault.row)
    verdicts.push({ workspace, whole: fault === undefined, text })
  }
  return verdicts
}

const wholeText = (row: number | undefined): string => (row === undefined ? 'no rows.' : `whole, up to row ${row}.`)

const FAULTS: Record<AuditFault['what'], (row: number) => string> = {
  changed: (row) => `broken at row ${row}. That row or one before it was changed, put in or taken out.`,
  cut: (row) => `cut. Row ${row} was sealed by the app and is gone.`,
  forged: (row) => `not sealed by this app. The seal of row ${row} was made with another key.`,
}
