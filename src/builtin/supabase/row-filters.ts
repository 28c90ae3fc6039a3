import { z } from 'zod'
import { AppError } from '../../errors.ts'

const Value = z.union([z.string(), z.number(), z.boolean(), z.null()])

export const Filter = z.object({
  column: z.string().min(1).describe('A column of the table'),
  operator: z
    .enum(['eq', 'neq', 'gt', 'gte', 'lt', 'lte', 'like', 'ilike', 'in', 'is'])
    .describe(
      'eq =, neq ≠, gt >, gte ≥, lt <, lte ≤, like and ilike with % or * for any text, in a list, is null/true/false',
    ),
  value: z.union([Value, z.array(Value)]).describe('A list for "in"; null, true or false for "is"; else one value'),
})
type Filter = z.infer<typeof Filter>

/** What the API reads as something other than a column: such a "filter" would leave every row in. */
const RESERVED = new Set(['select', 'order', 'limit', 'offset', 'columns', 'on_conflict', 'and', 'or', 'not'])

/** The part of supabase-js' query that a filter needs. */
type FilteredQuery = { filter(column: string, operator: string, value: unknown): unknown }

/** Adds the filters, all of which must hold; the columns must be known to be the table's. Throws `input_invalid`. */
export function applyFilters(query: FilteredQuery, filters: Filter[]): void {
  for (const filter of filters) {
    checkFilter(filter)
    query.filter(filter.column, filter.operator, filterValueOf(filter))
  }
}

/** A change of all rows is never meant, and cannot be taken back. */
export function checkFiltered(filters: Filter[], what: string): void {
  if (filters.length > 0) return
  throw new AppError(
    'input_invalid',
    `${what} needs at least one filter, or it would reach every row of the table. Nothing was changed.`,
  )
}

function checkFilter(filter: Filter): void {
  const { column, operator, value } = filter
  const problem = RESERVED.has(column)
    ? 'cannot be sent: the API reads that name as something else. Use execute_sql'
    : (shapeProblemIn(filter) ?? nullProblemIn(operator, [value].flat()))
  if (problem !== undefined)
    throw new AppError('input_invalid', `The filter on "${column}" ${problem}. Nothing was done.`)
}

function shapeProblemIn({ operator, value }: Filter): string | undefined {
  if (!Array.isArray(value)) return operator === 'in' ? 'needs a list of values' : undefined
  if (operator !== 'in') return `takes one value for "${operator}"; use "in" for a list`
  return value.length === 0 ? 'has an empty list' : undefined
}

function nullProblemIn(operator: Filter['operator'], values: z.infer<typeof Value>[]): string | undefined {
  if (operator !== 'is') return values.includes(null) ? 'compares with null, which no row equals: use "is"' : undefined
  return values.every((one) => one === null || typeof one === 'boolean') ? undefined : 'needs null, true or false'
}

/** As PostgREST reads it: in a list each value in quotes. https://postgrest.org/en/stable/references/api/tables_views.html */
function filterValueOf({ operator, value }: Filter): unknown {
  if (operator !== 'in' || !Array.isArray(value)) return value
  return `(${value.map((one) => `"${String(one).replaceAll(/["\\]/g, String.raw`\$&`)}"`).join(',')})`
}
