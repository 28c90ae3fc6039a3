import { createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { parseJson } from '../../json.ts'

const Row = z.object({ row: z.number(), hash: z.string(), at: z.string() })
const SealedRow = Row.extend({ mac: z.string() })

/** A row of the audit with a seal over it. A later check needs it to be there, unless its retention is over. */
export const AuditHead = SealedRow.extend({ workspace: z.string() })
export type AuditHead = z.infer<typeof AuditHead>

/** What seals are held against: the sealed row, the newest row that was pruned, and the rows that are there. */
export const AuditState = z.object({ head: SealedRow.nullable(), pruned: z.number().nullable(), rows: z.array(Row) })
export type AuditState = z.infer<typeof AuditState>

/** What is wrong with a workspace's audit, and at which row. */
export type AuditFault = { what: 'changed' | 'cut' | 'forged'; row: number }

/** No workspace may keep its audit for a shorter time. */
const RETENTION_MIN_MS = 30 * 86_400_000

type Sealed = Omit<AuditHead, 'mac'>

/** Each field behind its length, so that no two rows have one seal. The same moment counts, however it is spelled. */
export function sealHead(key: string, { workspace, row, hash, at }: Sealed): AuditHead {
  const fields = [workspace, String(row), hash, new Date(at).toISOString()]
  const text = fields.map((field) => `${field.length}:${field}`).join('')
  return { workspace, row, hash, at, mac: createHmac('sha256', key).update(text).digest('hex') }
}

/** The first that does not agree with what is in the database. Without the key nobody can tell who made a seal. Pure. */
export function judgeHeads(heads: AuditHead[], state: AuditState, o: { key?: string | undefined; now: Date }) {
  for (const head of heads) {
    const fault = judgeHead(head, state, o)
    if (fault !== undefined) return fault
  }
  return undefined
}

function judgeHead(
  head: AuditHead,
  { rows, pruned }: AuditState,
  { key, now }: { key?: string | undefined; now: Date },
): AuditFault | undefined {
  if (key !== undefined && !isAlike(sealHead(key, head).mac, head.mac)) return { what: 'forged', row: head.row }
  const there = rows.find(({ row }) => row === head.row)
  if (there !== undefined) return there.hash === head.hash ? undefined : { what: 'changed', row: head.row }
  const mayBeGone = pruned !== null && pruned >= head.row && now.getTime() - Date.parse(head.at) > RETENTION_MIN_MS
  return mayBeGone ? undefined : { what: 'cut', row: head.row }
}

const isAlike = (one: string, other: string): boolean =>
  one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other))

/** A file of heads, one JSON object a line; undefined is a line that is none. */
export function parseHeads(text: string): (AuditHead | undefined)[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => readHead(line))
}

function readHead(line: string): AuditHead | undefined {
  const head = AuditHead.safeParse(parseJson(line)).data
  return head !== undefined && !Number.isNaN(Date.parse(head.at)) ? head : undefined
}
