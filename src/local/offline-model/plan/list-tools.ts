import type { JsonMap } from '../api/stream.ts'
import type { Table } from './compose-sql.ts'
import { inputNamedIn, type OfflineTool } from './plan-types.ts'

/** What says which tables there are, and which columns they have. */
export type ListTools = {
  tables: OfflineTool
  kinds: ('table' | 'view')[]
  tablesInput(kind: 'table' | 'view'): JsonMap
  columns: OfflineTool
  columnsInput(table: Table): JsonMap
}

/** What lists the tables of a connection; undefined where nothing does. */
export const listToolsIn = (tools: OfflineTool[]): ListTools | undefined => objectLister(tools) ?? tableLister(tools)

/** One tool that lists objects of any type. */
function objectLister(tools: OfflineTool[]): ListTools | undefined {
  const tool = tools.find((one) => inputNamedIn(one, /^object_type$/) !== undefined)
  if (tool === undefined) return undefined
  const hasViews = inputNamedIn(tool, /^object_type$/)?.choices.includes('view') ?? false
  return {
    tables: tool,
    kinds: hasViews ? ['table', 'view'] : ['table'],
    tablesInput: (kind) => ({ object_type: kind, pattern: '%', detail_level: 'names' }),
    columns: tool,
    columnsInput: ({ schema, name }) => ({
      object_type: 'column',
      pattern: '%',
      detail_level: 'summary',
      ...(schema !== undefined && { schema, table: name }),
    }),
  }
}

/** A tool that lists tables and views, and another that describes one. */
function tableLister(tools: OfflineTool[]): ListTools | undefined {
  const tables = tools.find(({ name, inputs }) => name === 'list_tables' && inputs.every(({ required }) => !required))
  const columns = tools.find((one) => /schema|describe/.test(one.name) && inputNamedIn(one, /^table$/) !== undefined)
  if (tables === undefined || columns === undefined) return undefined
  return { tables, kinds: ['table'], tablesInput: () => ({}), columns, columnsInput: ({ name }) => ({ table: name }) }
}
