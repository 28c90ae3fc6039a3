import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startLocalDatabase } from '../../src/local/database/start-database.ts'
import { createLog } from '../../src/log.ts'

/** The embedded Postgres as `npm start` runs it, with its password, in a folder that is gone afterwards. */
export async function startOwnDatabase(): Promise<{ url: string; [Symbol.asyncDispose](): Promise<void> }> {
  await using starting = new AsyncDisposableStack()
  const dataDir = await mkdtemp(join(tmpdir(), 'patchbay-own-'))
  starting.defer(() => rm(dataDir, { recursive: true, force: true }))
  const { url } = starting.use(await startLocalDatabase({ dataDir, log: createLog('silent') }))
  const things = starting.move()
  return {
    // For what is asked in SQL; the app names its schema itself.
    url: `${url}&options=${encodeURIComponent('-c search_path=patchbay,public')}`,
    [Symbol.asyncDispose]: () => things.disposeAsync(),
  }
}
