import type { AuditRow } from '../../policy/audit/audit-rows.ts'
import { toCsv } from '../../run/calls/result-table.ts'

export type AuditFormat = 'csv' | 'jsonl'

const COLUMNS = ['row', 'at', 'actor', 'action', 'connection', 'details']

/** Audit rows as a file, the oldest first. Pure. */
export function createAuditFile(rows: AuditRow[], format: AuditFormat): { name: string; data: Buffer } {
  const inOrder = rows.toReversed()
  const text =
    format === 'csv'
      ? toCsv({ columns: COLUMNS, rows: inOrder.map(cellsOf) })
      : inOrder.map((row) => `${JSON.stringify(row)}\n`).join('')
  return { name: `audit.${format}`, data: Buffer.from(text) }
}

const cellsOf = ({ row, at, actor, action, connection = '', details }: AuditRow): string[] => [
  String(row),
  at.toISOString(),
  actor,
  action,
  connection,
  JSON.stringify(details),
]
