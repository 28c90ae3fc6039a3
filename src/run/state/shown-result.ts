import { z } from 'zod'

export const ResultFile = z.object({ name: z.string(), mimeType: z.string(), /** base64 */ data: z.string() })
export type ResultFile = z.infer<typeof ResultFile>

const ShownTable = z.object({
  /** What its rows are rows of. */
  name: z.string().optional(),
  columns: z.array(z.string()),
  rows: z.array(z.array(z.string())),
  /** How large the whole is, where this is a part of it. */
  of: z.object({ rows: z.number(), columns: z.number() }).optional(),
  /** The file that has the whole, long cells too. */
  file: z.string().optional(),
})

/** A result as people see it best: rows as a table, links as links. */
export const ShownResult = z.object({
  table: ShownTable.optional(),
  /** The tables of further result sets. */
  moreTables: z.array(ShownTable).optional(),
  links: z.array(z.object({ uri: z.string(), name: z.string() })).optional(),
})
export type ShownResult = z.infer<typeof ShownResult>
