import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { config as readEnvFile } from 'dotenv'
import { type Config, readConfig } from '../src/config.ts'
import { type CredentialProblem, checkCredentials, moveCredentials } from '../src/credentials/move-credentials.ts'
import { credentialsFolderIn, openCredentials, storeNameOf } from '../src/credentials/open.ts'
import { credentialReferencesIn } from '../src/credentials/references.ts'
import { replaceLocalKey } from '../src/credentials/replace-local-key.ts'
import type { Db } from '../src/db/call.ts'
import { checkSchema } from '../src/db/migrate.ts'
import { connectPostgres } from '../src/db/postgres.ts'
import { connectSupabase } from '../src/db/supabase.ts'
import { createEgressTo } from '../src/egress/egress.ts'
import { AppError, errorChainOf, errorMessageOf } from '../src/errors.ts'
import { lockFolder } from '../src/local/database/folder-lock.ts'
import { startLocalDatabase } from '../src/local/database/start-database.ts'
import { createLog } from '../src/log.ts'

const HELP = `npm run credentials -- check             opens every saved credential, and says which cannot be opened and whose they are
npm run credentials -- move --to STORE   copies all to another store (local, files, google, aws, vault, supabase)
npm run credentials -- rotate            gives the local store a new key, CREDENTIALS_KEY_NEXT or a random one in its key file
The settings are those of .env. Stop Patchbay before move and rotate.`

readEnvFile({ quiet: true })
const log = createLog('warn')
try {
  const { values, positionals } = parseArgs({ options: { to: { type: 'string' } }, allowPositionals: true })
  const config = readConfig(process.env)
  process.exitCode = await run(config, positionals[0], values.to)
} catch (error) {
  console.error(isUsageError(error) ? HELP : `${errorMessageOf(error)}${reasonOf(error)}`)
  process.exitCode = 1
}

async function run(config: Config, what: string | undefined, to: string | undefined): Promise<number> {
  if (what !== 'check' && what !== 'move' && what !== 'rotate') {
    console.error(HELP)
    return 1
  }
  await using things = new AsyncDisposableStack()
  const changes = what !== 'check' && (!config.slack || !config.database)
  if (changes) things.use(await lockFolder(config.dataDir, { port: config.http.port }))
  const db = things.use(await connectTo(config, things))
  await checkSchema(db, join(import.meta.dirname, '..', 'supabase', 'migrations'))
  const egress = things.use(createEgressTo(config.credentials.vault?.address))
  const settings = { ...config.credentials, dataDir: config.dataDir, db, fetch: egress.fetch }
  if (what === 'check') return await check(settings)
  return what === 'move' ? await move(settings, to) : await rotate(settings, config.credentials.nextKey)
}

type Settings = Parameters<typeof openCredentials>[0]

async function connectTo({ database, dataDir }: Config, things: AsyncDisposableStack): Promise<Db> {
  if (database?.kind === 'supabase') return connectSupabase(database)
  const url = database?.url ?? things.use(await startLocalDatabase({ dataDir, log })).url
  return connectPostgres(url, log)
}

async function check(settings: Settings): Promise<number> {
  const { store, place } = await openCredentials(settings)
  const { opened, problems } = await checkCredentials(
    store,
    await credentialReferencesIn(settings.db, 'credentials_checked'),
  )
  console.log(`Opened ${countOf(opened)} in ${place}.`)
  return showProblems(problems, 'cannot be opened')
}

async function move(settings: Settings, to: string | undefined): Promise<number> {
  const name = storeNameOf(settings)
  if (to === undefined || to === name)
    throw new AppError(
      'input_invalid',
      to === undefined ? `Say where: --to STORE.\n${HELP}` : `They are in ${name} already.`,
    )
  const [from, other] = [await openCredentials(settings), await openCredentials({ ...settings, store: to })]
  const all = await credentialReferencesIn(settings.db, 'credentials_moved')
  const { moved, same, problems } = await moveCredentials(from.store, other.store, all)
  console.log(`Copied ${countOf(moved)} to ${other.place}, and read each back. ${same} were there already.`)
  console.log(
    `To switch: stop every Patchbay, run this once more for what changed meanwhile, set CREDENTIAL_STORE=${to} and start. The copies in ${from.place} stay; delete them when all works.`,
  )
  return showProblems(problems, 'could not be copied')
}

async function rotate(settings: Settings, next: string | undefined): Promise<number> {
  const name = storeNameOf(settings)
  if (name !== 'local')
    throw new AppError(
      'input_invalid',
      `The key of the store ${name} is its own. Only the local store has one of ours.`,
    )
  const references = (await credentialReferencesIn(settings.db, 'credentials_key_replaced')).map((one) => one.reference)
  const folder = credentialsFolderIn(settings.dataDir)
  const { sealed, left } = await replaceLocalKey({ folder, key: settings.key, next, references })
  console.log(`Sealed ${countOf(sealed)} with the new key.`)
  if (left > 0) console.log(`${left} files in ${folder} open with neither key; \`check\` says whose they are.`)
  if (next !== undefined)
    console.log('Now set CREDENTIALS_KEY to the key in CREDENTIALS_KEY_NEXT, empty that one, and start.')
  return 0
}

function showProblems(problems: CredentialProblem[], what: string): number {
  if (problems.length === 0) return 0
  console.log(`${countOf(problems.length)} ${what}:`)
  for (const { workspace, owner, connection, why } of problems) {
    const whose = owner === null ? 'the app or the workspace' : owner
    console.log(`  ${workspace}, ${whose}${connection === null ? '' : `, connection ${connection}`}: ${why}`)
  }
  return 1
}

function countOf(count: number): string {
  return `${count} saved ${count === 1 ? 'credential' : 'credentials'}`
}

function reasonOf(error: unknown): string {
  return error instanceof AppError && error.cause !== undefined ? ` (${errorChainOf(error.cause)})` : ''
}

/** Node's own words for an option that is not known name no way out. */
function isUsageError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
}
