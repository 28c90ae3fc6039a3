import type { McpServer } from '@modelcontextprotocol/server'
import type { Egress } from '../egress/egress.ts'
import { AppError } from '../errors.ts'
import { isSqlServer, openSqlServer } from './sql/sql-server.ts'
import { openSupabaseServer } from './supabase/supabase-server.ts'

/** Opens a server of our own for one connection. `settings` are its card's, with the secrets in place. Throws AppErrors with a sentence for a person. */
export type BuiltinServers = (
  name: string,
  settings: Record<string, string>,
  signal: AbortSignal,
) => Promise<Pick<McpServer, 'connect'>>

/** The MCP servers that run in this process, by the name that a card gives. */
export function createBuiltinServers({ egress }: { egress: Pick<Egress, 'fetch' | 'connect'> }): BuiltinServers {
  return async (name, settings, signal) => {
    if (name === 'supabase') return openSupabaseServer(egress, settings, signal)
    if (isSqlServer(name)) return openSqlServer(name, egress, settings, signal)
    throw new AppError('internal', `There is no built-in server called "${name}".`)
  }
}
