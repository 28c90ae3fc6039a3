import type { CallToolResult, McpServer } from '@modelcontextprotocol/server'
import { z } from 'zod'
import { AppError } from '../../errors.ts'
import type { JsonObject } from '../../json.ts'
import { type ApiDocument, type ApiTable, fetchApiDocument } from './api-document.ts'
import type { ProjectClient } from './project-client.ts'
import { SQL_FUNCTION } from './sql-function.ts'

/** What the tools of a project stand on. */
export type ProjectToolDeps = {
  server: McpServer
  client: ProjectClient
  tables: TableReader
}

export type TableReader = {
  /** What the project offers at this moment. */
  now(signal: AbortSignal): Promise<ApiDocument>
  /** One table or view; asks anew before it says that there is none. Throws `not_found`. */
  find(name: string, signal: AbortSignal, columns?: string[]): Promise<ApiTable>
  /** Throws `not_found` for a function that the project does not offer: another name could lead elsewhere within its API. */
  findFunction(name: string, signal: AbortSignal): Promise<void>
}

export const Row: z.ZodType<JsonObject> = z.record(z.string(), z.json())
export const Rows = z.array(Row)

export const READS = { readOnlyHint: true }
export const WRITES = { readOnlyHint: false, destructiveHint: false }
export const DESTROYS = { readOnlyHint: false, destructiveHint: true }

/** What reads return at most, and where nobody says how many. */
export const MAX_ROWS = 500
export const USUAL_ROWS = 100

/** `known`: what was learned when the connection was opened. */
export function createTableReader(client: ProjectClient, known: ApiDocument): TableReader {
  let description = known
  const now = async (signal: AbortSignal) => {
    description = await fetchApiDocument(client, signal)
    return description
  }
  const lookUp = (name: string, columns: string[]) => {
    const table = description.tables.find((one) => one.name === name)
    const missing = columns.find((column) => table !== undefined && !table.columns.some((one) => one.name === column))
    return { table, missing }
  }
  return {
    now,
    find: async (name, signal, columns = []) => {
      const before = lookUp(name, columns)
      if (before.table === undefined || before.missing !== undefined) await now(signal)
      const { table, missing } = lookUp(name, columns)
      if (table === undefined) throw noTableError(name, description)
      if (missing !== undefined) throw noColumnError(missing, table)
      return table
    },
    findFunction: async (name, signal) => {
      const isThere = () => description.functions.some((one) => one.name === name)
      if (!isThere()) await now(signal)
      if (!isThere()) throw noFunctionError(name, description)
    },
  }
}

const MAX_NAMES = 40

function noTableError(name: string, { tables }: ApiDocument): AppError {
  return new AppError('not_found', `There is no table "${name}". ${listText(tables)}`)
}

function noFunctionError(name: string, { functions }: ApiDocument): AppError {
  const callable = functions.filter((one) => one.name !== SQL_FUNCTION)
  return new AppError('not_found', `There is no function "${name}". ${listText(callable)} Nothing was done.`)
}

function listText(things: { name: string }[]): string {
  const names = things.slice(0, MAX_NAMES).map((one) => one.name)
  const more = things.length > MAX_NAMES ? ` and ${things.length - MAX_NAMES} more` : ''
  return things.length === 0 ? 'Its API shows none.' : `There are ${names.join(', ')}${more}.`
}

const noColumnError = (column: string, { name, columns }: ApiTable): AppError =>
  new AppError(
    'not_found',
    `The table "${name}" has no column "${column}". It has ${columns.map((one) => one.name).join(', ')}.`,
  )

/** Rows as a result; `note` is for what the rows do not say. */
export function rowsResult(rows: JsonObject[], note?: string): CallToolResult {
  const said = note === undefined ? [] : [{ type: 'text' as const, text: note }]
  return { content: said, structuredContent: { rows } }
}

/** Says that rows were left out. */
export const cutText = (shown: number, how: string): string => `Only the first ${shown} rows; there are more. ${how}`
