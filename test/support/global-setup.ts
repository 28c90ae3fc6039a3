import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { pino } from 'pino'
import type { TestProject } from 'vitest/node'
import { migrate } from '../../src/db/migrate.ts'
import { startLocalDatabase } from '../../src/local/database/start-database.ts'
import { MIGRATIONS } from './paths.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** One real Postgres for the whole run; its database is the migrated template of every test's own. */
    databaseUrl: string
  }
}

/** Nothing here has to outlive the server: each test's own database is made and dropped four times as fast. */
async function giveUpDurability(url: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    for (const setting of ['fsync', 'full_page_writes', 'synchronous_commit'])
      await client.query(`alter system set ${setting} = off`)
    await client.query('alter role postgres login')
    await client.query('select pg_reload_conf()')
  } finally {
    await client.end()
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'patchbay-tests-'))
  const log = pino({ level: 'silent' })
  const server = await startLocalDatabase({ dataDir: folder, log })
  // Tests come to it through proxies and poolers, under any name and password; a start of its own is tested with its password.
  await writeFile(join(folder, 'db', 'pg_hba.conf'), 'local all all trust\n')
  await giveUpDurability(server.url)
  await migrate(server.url, MIGRATIONS, log)
  project.provide('databaseUrl', server.url)
  return async () => {
    await server[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  }
}
