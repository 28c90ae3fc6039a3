import { McpServer } from '@modelcontextprotocol/server'
import type { Egress } from '../../egress/egress.ts'
import { openMysql } from './mysql-database.ts'
import { openPostgres } from './postgres-database.ts'
import type { SqlDatabase } from './sql-database.ts'
import { registerSqlTools } from './sql-tools.ts'
import { openSample } from './sqlite-database.ts'

type Opener = (
  egress: Pick<Egress, 'connect'>,
  settings: Record<string, string>,
  signal: AbortSignal,
) => Promise<SqlDatabase>

const DATABASES = new Map<string, { open: Opener; about: string }>([
  ['postgres', { open: openPostgres, about: 'Several statements in one call are done all or none.' }],
  [
    'mysql',
    { open: openMysql, about: 'Several statements are run in order; one that fails leaves those before it done.' },
  ],
  [
    'demo-database',
    {
      open: async () => openSample(),
      about:
        'Several statements are run in order. Changes last until the database has not been used for some minutes; then it has its first data again.',
    },
  ],
])

export const isSqlServer = (name: string): boolean => DATABASES.has(name)

/** The server for one database, whose connection it holds until it is closed. Throws what opening the database throws. */
export async function openSqlServer(
  name: string,
  egress: Pick<Egress, 'connect'>,
  settings: Record<string, string>,
  signal: AbortSignal,
): Promise<McpServer> {
  const found = DATABASES.get(name)
  if (found === undefined) throw new Error(`no database ${name}`)
  const database = await found.open(egress, settings, signal)
  const server = new McpServer({ name, version: '1.0.0' })
  registerSqlTools(server, database, found.about)
  server.server.onclose = () => void database.close()
  return server
}
