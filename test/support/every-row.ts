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
