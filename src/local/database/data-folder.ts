import { createHash, randomUUID } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { lstat, mkdir, readdir, readFile, readlink, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createUnavailableError } from './unavailable.ts'

/** The places of one embedded database. */
export type DataFolder = { data: string; socket: string; users: string; logFile: string; passwordFile: string }

/** sun_path holds 108 bytes on Linux and 104 on macOS, with a closing zero. */
const SOCKET_PATH_MAX_BYTES = 103
const SOCKET_NAME = '/.s.PGSQL.5432'

/** Makes the folder; the socket goes into it, or into a short private one where its path would be too long. */
export async function prepareDataFolder(dataDir: string): Promise<DataFolder> {
  const root = path.resolve(dataDir)
  const data = path.join(root, 'db')
  const users = path.join(root, 'db-users')
  await mkdir(users, { recursive: true, mode: 0o700 })
  const fits = Buffer.byteLength(data + SOCKET_NAME) <= SOCKET_PATH_MAX_BYTES
  const socket = fits ? data : await privateSocketFolder(data)
  return { data, users, socket, logFile: path.join(root, 'db.log'), passwordFile: path.join(root, 'db-password') }
}

async function privateSocketFolder(data: string): Promise<string> {
  const name = `patchbay-${createHash('sha256').update(data).digest('hex').slice(0, 12)}`
  const inTemp = path.join(tmpdir(), name)
  const folder = Buffer.byteLength(inTemp + SOCKET_NAME) <= SOCKET_PATH_MAX_BYTES ? inTemp : path.join('/tmp', name)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const found = await lstat(folder)
  // The temp folder is everybody's: what stands there may have been put there by somebody else.
  const ours = found.isDirectory() && (process.getuid?.() === 0 || found.uid === process.getuid?.())
  if (ours && (found.mode & 0o077) === 0) return folder
  throw createUnavailableError(`${folder} is not a private folder of this user. Remove it and start again.`)
}

/** The server that says it owns the folder: its process and where it listens. */
export type RunningServer = { pid: number; socket: string }

/** Reads postmaster.pid (https://www.postgresql.org/docs/18/storage-file-layout.html); undefined when no living Postgres is behind it. */
export async function findRunningServer(folder: DataFolder): Promise<RunningServer | undefined> {
  const file = path.join(folder.data, 'postmaster.pid')
  const text = await readOrEmpty(file)
  const lines = text.split('\n')
  const pid = Number(lines[0])
  if (!Number.isInteger(pid) || pid <= 0) return undefined
  if (await isPostgresOf(pid, folder.data)) return { pid, socket: lines[4]?.trim() || folder.socket }
  // Postgres itself refuses to start when some other process has come by the old number since.
  if (isAlive(pid)) await rm(file, { force: true })
  return undefined
}

async function isPostgresOf(pid: number, data: string): Promise<boolean> {
  if (!isAlive(pid)) return false
  if (!existsSync('/proc/self')) return true
  try {
    // The system names the folder without symbolic links.
    return (await readlink(`/proc/${pid}/cwd`)) === (await realpath(data))
  } catch {
    // Gone meanwhile, or another user's: then only its name can be read.
    return (await readOrEmpty(`/proc/${pid}/comm`)).trim() === 'postgres'
  }
}

/** True while a process of that number exists, and is not merely waiting for its parent to notice that it ended. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    const stat = `/proc/${pid}/stat`
    return !existsSync(stat) || !/\) Z /.test(readFileSync(stat, 'utf8'))
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

async function readOrEmpty(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    // Asked of the error, not of the folder: the file may be there a moment later.
    if (cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ESRCH')) return ''
    throw createUnavailableError(`${file} cannot be read. Is the folder another user's?`, cause)
  }
}

/** Signs this process in as a user of the database; `leave` signs out and says whether nobody is left. */
export async function joinUsers(folder: DataFolder): Promise<{ leave(): Promise<boolean> }> {
  const own = path.join(folder.users, `${process.pid}-${randomUUID()}`)
  await writeFile(own, '', { mode: 0o600 })
  return {
    leave: async () => {
      await rm(own, { force: true })
      return (await livingUsers(folder)).length === 0
    },
  }
}

async function livingUsers(folder: DataFolder): Promise<string[]> {
  const living: string[] = []
  for (const name of await readdir(folder.users)) {
    if (isAlive(Number.parseInt(name, 10))) living.push(name)
    else await rm(path.join(folder.users, name), { force: true })
  }
  return living
}
