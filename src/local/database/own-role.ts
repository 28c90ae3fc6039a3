import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { PostgresBinaries } from './binaries.ts'
import { createWholeFile } from './folder-lock.ts'
import { type Launcher, runToEnd } from './launch.ts'

/**
 * The role that Patchbay works as. The one that made the server may not log in. It is not named like our schema: Postgres
 * searches a schema of the role's name, and a name without its schema would be found here alone.
 */
const OWN_ROLE = 'patchbay_app'

const ACCESS = 'pg_hba.conf'
const RULES = `# Whoever reaches the socket needs the password, which only Patchbay has.
local all all scram-sha-256
`

/** The connection string of a database of the embedded Postgres. */
export const ownUrlFor = (password: string, socket: string, database: string): string =>
  `postgres://${OWN_ROLE}:${password}@localhost:5432/${database}?host=${encodeURIComponent(socket)}&sslmode=disable`

/** The password of our role, made at the first start, readable for this user alone. */
export async function readOrMakePassword(file: string): Promise<string> {
  await createWholeFile(file, randomBytes(24).toString('base64url'))
  return (await readFile(file, 'utf8')).trim()
}

/** Whether the server in this folder wants our role's password; one from an earlier version let everybody in. */
export async function isPasswordWanted(data: string): Promise<boolean> {
  const file = path.join(data, ACCESS)
  // Postgres itself says what is wrong with a folder that lacks the file.
  return !existsSync(file) || (await readFile(file, 'utf8')) === RULES
}

/**
 * Gives the server of a folder our role, and lets nobody in without its password. Nothing may run in that folder. It is done
 * in single-user mode, where nobody else can connect yet (https://www.postgresql.org/docs/18/app-postgres.html).
 */
export async function setPassword(
  o: { binaries: PostgresBinaries; launcher: Launcher; password: string },
  data: string,
): Promise<void> {
  // The role may be there from a start that was cut off: then only the second statement counts.
  const statements = [
    `create role ${OWN_ROLE}`,
    `alter role ${OWN_ROLE} superuser login password '${o.password}'`,
    'alter role postgres nologin',
  ]
  await runToEnd(o.launcher, [o.binaries.postgres, '--single', '-D', data, 'postgres'], `${statements.join('\n')}\n`)
  // Written in place, so that the file stays its owner's.
  await writeFile(path.join(data, ACCESS), RULES)
}

export const isMadeCluster = (data: string): boolean => existsSync(path.join(data, 'PG_VERSION'))
