import { McpServer } from '@modelcontextprotocol/server'
import type { Egress } from '../../egress/egress.ts'
import { fetchApiDocument } from './api-document.ts'
import { registerAuthTools } from './auth-tools.ts'
import { registerChangeTools } from './change-tools.ts'
import { registerCallFunction, registerSqlTool } from './function-tools.ts'
import { createProjectClient } from './project-client.ts'
import { readProjectSettings } from './project-settings.ts'
import { createTableReader } from './project-tools.ts'
import { SQL_FUNCTION } from './sql-function.ts'
import { registerStorageTools } from './storage-tools.ts'
import { registerTableTools } from './table-tools.ts'

/** The server for one Supabase project, reached with its URL and service key. Throws AppErrors when there is no such project or it refuses the key. */
export async function openSupabaseServer(
  egress: Pick<Egress, 'fetch'>,
  given: Record<string, string>,
  signal: AbortSignal,
): Promise<McpServer> {
  const settings = readProjectSettings(given)
  const client = createProjectClient(egress, settings)
  const description = await fetchApiDocument(client, signal)
  const server = new McpServer({ name: 'supabase', title: 'Supabase', version: '1.0.0' })
  const deps = { server, client, tables: createTableReader(client, description) }
  registerTableTools(deps)
  registerSqlTool(
    deps,
    description.functions.some(({ name }) => name === SQL_FUNCTION),
  )
  registerChangeTools(deps)
  registerCallFunction(deps)
  if (settings.features.includes('auth')) registerAuthTools(deps)
  if (settings.features.includes('storage')) registerStorageTools(deps)
  return server
}
