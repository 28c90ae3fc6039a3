import { Client } from 'pg'

/** What a statement returns in the database of a world. */
export async function rowsIn(
  { databaseUrl }: { databaseUrl: string },
  sql: string,
): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows
  } finally {
    await client.end()
  }
}
