import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { migrate } from '../src/db/migrate.ts'
import { startLocalDatabase } from '../src/local/database/start-database.ts'
import { createLog } from '../src/log.ts'
import { schemaText } from './schema-text.ts'

const root = join(import.meta.dirname, '..')
const folder = await mkdtemp(join(tmpdir(), 'patchbay-schema-'))
const log = createLog('warn')
const server = await startLocalDatabase({ dataDir: folder, log })
try {
  await migrate(server.url, join(root, 'supabase', 'migrations'), log)
  await writeFile(join(root, 'supabase', 'schema.sql'), await schemaText(server.url))
} finally {
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
}
