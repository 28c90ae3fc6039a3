import { z } from 'zod'
import type { JsonValue } from '../../json.ts'

const Scalar = z.union([z.string(), z.number(), z.boolean(), z.null()])
const Filters = z
  .array(z.object({ column: z.string(), operator: z.string(), value: z.union([Scalar, z.array(Scalar)]) }))
  .min(1)

const SIGNS: Record<string, string> = { eq: '=', neq: '≠', gt: '>', gte: '≥', lt: '<', lte: '≤' }

/** Filters as our own tools take them, as in SQL: "where id = 5 and plan in (free, pro)"; undefined for anything else. */
export function filterTextOf(filters: JsonValue | undefined): string | undefined {
  const read = Filters.safeParse(filters)
  if (!read.success) return undefined
  const conditions = read.data.map(({ column, operator, value }) => {
    const shown = Array.isArray(value) ? `(${value.map(String).join(', ')})` : String(value)
    return `${column} ${Object.hasOwn(SIGNS, operator) ? SIGNS[operator] : operator} ${shown}`
  })
  return `where ${conditions.join(' and ').replace(/\s+/g, ' ')}`
}
