import { App, SUPABASE_AUTH_HELPERS_SQL } from '@supabase/lite'
import { createPostgresConnection } from '@supabase/lite/postgres'
import { Client } from 'pg'

/** Keys of the stand-in; any will do. */
export const KEYS = {
  publishable_key: 'sb_publishable_0000000000000000000000_00000000',
  secret_key: 'sb_secret_0000000000000000000000_00000000',
  jwt_secret: 'a secret of at least thirty-two characters',
}

/** A second implementation of PostgREST over a migrated database, reached through the fetch it returns. */
export async function startSupabaseLite(
  databaseUrl: string,
  schemas = ['patchbay'],
): Promise<{ url: string; fetch: typeof fetch; [Symbol.asyncDispose](): Promise<void> }> {
  await prepare(databaseUrl)
  // It would encode jsonb arguments twice: texts are passed as they are.
  const serialize = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))
  const types = {
    json: { to: 114, from: [114], serialize, parse: JSON.parse },
    jsonb: { to: 3802, from: [3802], serialize, parse: JSON.parse },
  }
  const connection = await createPostgresConnection({
    url: databaseUrl.replace(/\?.*$/, ''),
    postgresOptions: { types, ...socketOf(databaseUrl) },
  })
  const app = new App({ connection, api: { schemas }, auth: { enabled: true, ...KEYS } })
  await app.init()
  return {
    url: 'http://lite.local',
    fetch: async (input, init) => app.fetch(new Request(input, init)),
    async [Symbol.asyncDispose]() {
      await connection.close()
    },
  }
}

/** Its driver takes a unix socket only as a path, and sends what it does not know of the URL to the server. */
function socketOf(url: string): { path?: string } {
  const host = /[?&]host=([^&]+)/.exec(url)?.[1]
  return host === undefined ? {} : { path: `${decodeURIComponent(host)}/.s.PGSQL.5432` }
}

async function prepare(url: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(SUPABASE_AUTH_HELPERS_SQL)
    await client.query('grant usage on schema public, auth to anon, authenticated, service_role')
    await client.query('alter role service_role bypassrls')
  } finally {
    await client.end()
  }
}
