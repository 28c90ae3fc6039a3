import { Client } from 'pg'

/** Every row of the app's tables, as text. */
export async function everyRow(url: string): Promise<string> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const tables = await client.query<{ name: string }>(
      "select relname as name from pg_class where relnamespace = 'patchbay'::regnamespace and relkind = 'r'",
    )
    const rows: string[] = []
    for (const { name } of tables.rows)
      rows.push(
        ...(await client.query<{ row: string }>(`select t::text as row from ${name} t`)).rows.map(({ row }) => row),
      )
    return rows.join('\n')
  } finally {
    await client.end()
  }
}

/** Every row by table, but for the audit's, which only grow, our own cards, which everybody's connections count for, and leases. */
export async function peoplesRows(client: Client): Promise<Set<string>> {
  const tables = await client.query<{ name: string }>(
    "select relname as name from pg_class where relnamespace = 'patchbay'::regnamespace and relkind = 'r' and relname <> 'audit_events'",
  )
  const parts = tables.rows.map(({ name }) => {
    const cards = name === 'mcp_run_cards' ? ' where workspace_id is not null' : ''
    return `select '${name} ' || (to_jsonb(t) - '{owner,lease_until}'::text[])::text as row from patchbay.${name} t${cards}`
  })
  return new Set((await client.query<{ row: string }>(parts.join(' union all '))).rows.map(({ row }) => row))
}

/** The rows that are gone or not as they were. */
export const lostRows = (before: Set<string>, now: Set<string>): string[] => [...before].filter((row) => !now.has(row))
