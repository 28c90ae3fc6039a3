import { createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { parseJson } from '../../json.ts'

const Row = z.object({ row: z.number(), hash: z.string(), at: z.string() })
const SealedRow = Row.extend({ mac: z.string() })

/** A row of the audit with a seal over it. A later check needs it to be there, unless its retention is over. */
export const AuditSeal = SealedRow.extend({ workspace: z.string() })
export type AuditSeal = z.infer<typeof AuditSeal>

/** What seals are held against: the sealed row, the newest row that was pruned, and the rows that are there. */
export const AuditState = z.object({ seal: SealedRow.nullable(), pruned: z.number().nullable(), rows: z.array(Row) })
export type AuditState = z.infer<typeof AuditState>

/** What is wrong with a workspace's audit, and at which row. */
export type AuditFault = { what: 'changed' | 'cut' | 'forged'; row: number }

/** No workspace may keep its audit for a shorter time. */
const RETENTION_MIN_MS = 30 * 86_400_000

type Sealed = Omit<AuditSeal, 'mac'>

/** Each field behind its length, so that no two rows have one seal. The same moment counts, however it is spelled. */
export function sealRow(key: string, { workspace, row, hash, at }: Sealed): AuditSeal {
  const fields = [workspace, String(row), hash, new Date(at).toISOString()]
  const text = fields.map((field) => `${field.length}:${field}`).join('')
  return { workspace, row, hash, at, mac: createHmac('sha256', key).update(text).digest('hex') }
}

/** The first that does not agree with what is in the database. Without the key nobody can tell who made a seal. Pure. */
export function judgeSeals(seals: AuditSeal[], state: AuditState, o: { key?: string | undefined; now: Date }) {
  for (const seal of seals) {
    const fault = judgeSeal(seal, state, o)
    if (fault !== undefined) return fault
  }
  return undefined
}

function judgeSeal(
  seal: AuditSeal,
  { rows, pruned }: AuditState,
  { key, now }: { key?: string | undefined; now: Date },
): AuditFault | undefined {
  if (key !== undefined && !isAlike(sealRow(key, seal).mac, seal.mac)) return { what: 'forged', row: seal.row }
  const there = rows.find(({ row }) => row === seal.row)
  if (there !== undefined) return there.hash === seal.hash ? undefined : { what: 'changed', row: seal.row }
  const mayBeGone = pruned !== null && pruned >= seal.row && now.getTime() - Date.parse(seal.at) > RETENTION_MIN_MS
  return mayBeGone ? undefined : { what: 'cut', row: seal.row }
}

const isAlike = (one: string, other: string): boolean =>
  one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other))

/** A file of seals, one JSON object a line; undefined is a line that is none. */
export function parseSeals(text: string): (AuditSeal | undefined)[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => readSeal(line))
}

function readSeal(line: string): AuditSeal | undefined {
  const seal = AuditSeal.safeParse(parseJson(line)).data
  return seal !== undefined && !Number.isNaN(Date.parse(seal.at)) ? seal : undefined
}
