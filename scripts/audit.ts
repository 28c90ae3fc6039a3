import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { config as readEnvFile } from 'dotenv'
import { type Config, readConfig } from '../src/config.ts'
import { readAuditKey } from '../src/credentials/audit-key.ts'
import { credentialsFolderIn, openCredentials, storeNameOf } from '../src/credentials/open.ts'
import type { Db } from '../src/db/call.ts'
import { connectPostgres } from '../src/db/postgres.ts'
import { createEgressTo } from '../src/egress/egress.ts'
import { AppError, errorMessageOf } from '../src/errors.ts'
import { createLog } from '../src/log.ts'
import { parseSeals } from '../src/policy/audit/audit-seal.ts'
import { verifyAudit } from '../src/policy/audit/verify-audit.ts'

const USAGE = 'Use it as: npm run audit -- verify [file with seals]'
/** 1 is for an audit that is not whole. */
const EXIT_NOT_CHECKED = 2

readEnvFile({ quiet: true })
try {
  process.exitCode = (await verify(process.argv.slice(2))) ? 0 : 1
} catch (error) {
  console.error(errorMessageOf(error))
  process.exitCode = EXIT_NOT_CHECKED
}

async function verify([command = 'verify', given, ...more]: string[]): Promise<boolean> {
  if (command !== 'verify' || more.length > 0) throw new AppError('input_invalid', USAGE)
  const url = process.env.DATABASE_URL
  if (!url)
    throw new AppError(
      'config_invalid',
      'Set DATABASE_URL to the connection string of the database, then run this again.',
    )
  const config = readConfig(process.env)
  await using db = connectPostgres(url, createLog('warn'))
  const key = await keyOf(config, db)
  const seals = await sealsIn(given ?? config.auditSealsFile)
  const verdicts = await verifyAudit(db, { key, seals, now: new Date() })
  for (const { workspace, whole, text } of verdicts) console[whole ? 'log' : 'error'](`${workspace}: ${text}`)
  if (verdicts.length === 0) console.log('There is no audit yet.')
  return verdicts.every(({ whole }) => whole)
}

async function sealsIn(file: string | undefined) {
  if (file === undefined) {
    console.log('No file with seals was given: a cut is noticed only by the seals in the database itself.')
    return []
  }
  const lines = parseSeals(await readFile(file, 'utf8'))
  const seals = lines.filter((seal) => seal !== undefined)
  console.log(`Seals in ${file}: ${seals.length}.`)
  // The app may have been stopped while it wrote one.
  if (seals.length < lines.length) console.error(`Lines that are no seal: ${lines.length - seals.length}.`)
  return seals
}

/** Undefined where this machine does not reach the app's credential store. */
async function keyOf({ credentials, dataDir }: Config, db: Db): Promise<string | undefined> {
  await using egress = createEgressTo(credentials.vault?.address)
  const settings = { ...credentials, dataDir, db, fetch: egress.fetch }
  // Opening a local store would begin one.
  const reaches = storeNameOf(settings) !== 'local' || existsSync(credentialsFolderIn(dataDir))
  const key = reaches ? await readAuditKey((await openCredentials(settings)).store) : undefined
  if (key === undefined)
    console.log('The key of the seals is not in this credential store: who made them is not checked.')
  return key
}
