import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { type AppError, errorChainOf } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { findPostgresBinaries, type PostgresBinaries } from './binaries.ts'
import {
  type DataFolder,
  findRunningServer,
  isAlive,
  joinUsers,
  prepareDataFolder,
  type RunningServer,
} from './data-folder.ts'
import { chooseLauncher, giveOwnership, type Launcher, runToEnd, type StartedProcess, startApart } from './launch.ts'
import { isMadeCluster, isPasswordWanted, ownUrlFor, readOrMakePassword, setPassword } from './own-role.ts'
import { createUnavailableError } from './unavailable.ts'

export type LocalDatabase = { url: string; readonly pid: number; [Symbol.asyncDispose](): Promise<void> }

type DatabaseParts = {
  folder: DataFolder
  binaries: PostgresBinaries
  launcher: Launcher
  password: string
  log: Log
}

const DATABASE = 'patchbay'

/** A start takes well under a second; recovery after a crash in the middle of heavy writing may take a few. */
const START_PATIENCE_MS = 30_000
/**
 * A fast shutdown writes a checkpoint: a few dozen milliseconds, but seconds where the disk is busy. Then it is told to end
 * at once, which loses nothing that was committed; the next start reads the log again.
 */
const STOP_PATIENCE_MS = { SIGINT: 1_500, SIGQUIT: 500, SIGKILL: 250 } as const
const WATCH_EVERY_MS = 1_000

// Commits stay durable (fsync and synchronous_commit are on by default). The rest keeps the idle server small:
// no TCP, no replication, no input/output workers, few caches.
const SETTINGS = [
  'listen_addresses=',
  'port=5432',
  'unix_socket_permissions=0700',
  'shared_buffers=16MB',
  'max_connections=60',
  'wal_level=minimal',
  'max_wal_senders=0',
  'max_logical_replication_workers=0',
  'io_method=sync',
  'autovacuum_max_workers=1',
  'autovacuum_worker_slots=1',
  'jit=off',
  'min_wal_size=32MB',
  'max_wal_size=256MB',
  'timezone=UTC',
  'log_timezone=UTC',
]

/**
 * Starts, or joins, the embedded Postgres of a folder. A server that a killed process left behind is used again; one that
 * dies is started again within about a second, under the same url. The last process to leave stops it.
 * Throws AppError `database_unavailable` with the reason.
 */
export async function startLocalDatabase(o: { dataDir: string; log: Log }): Promise<LocalDatabase> {
  const folder = await prepareDataFolder(o.dataDir)
  const [binaries, launcher] = [await findPostgresBinaries(), await chooseLauncher()]
  const password = await readOrMakePassword(folder.passwordFile)
  const place = { folder, binaries, launcher, password, log: o.log }
  const user = await joinUsers(folder)
  let server = await startOrJoin(place).catch(async (error: unknown) => {
    const left = (await user.leave()) ? await findRunningServer(folder) : undefined
    if (left) await stop(left.pid, o.log)
    throw error
  })
  const stopWatching = watch(place, server, (restarted) => {
    server = restarted
  })
  return {
    url: ownUrlFor(place.password, server.socket, DATABASE),
    get pid() {
      return server.pid
    },
    [Symbol.asyncDispose]: async () => {
      await stopWatching()
      if (await user.leave()) await stop(server.pid, o.log)
    },
  }
}

async function startOrJoin(place: DatabaseParts): Promise<RunningServer> {
  await createCluster(place)
  await closeToOthers(place)
  const deadline = Date.now() + START_PATIENCE_MS
  let started: StartedProcess | undefined
  while (Date.now() < deadline) {
    const running = await findRunningServer(place.folder)
    if (running && (await isReady(place, running.socket))) {
      place.log.info({ pid: running.pid, joined: started === undefined }, 'embedded database ready')
      return running
    }
    if (!running) started = await startUnlessStarting(place, started)
    await sleep(10)
  }
  throw await startError(place.folder, 'did not answer in time')
}

/** Postgres locks its folder itself: the loser of a race between two starts ends at once, and looks for the winner again. */
async function startUnlessStarting(
  place: DatabaseParts,
  started: StartedProcess | undefined,
): Promise<StartedProcess | undefined> {
  if (!started) return startServer(place)
  if (!started.hasExited()) return started
  if (await findRunningServer(place.folder)) return undefined
  if (!STILL_HELD.test(await readLog(place.folder))) throw await startError(place.folder, await started.exited)
  await sleep(HELD_AGAIN_MS)
  return undefined
}

/** What Postgres says while processes of a server that was killed have not ended yet. */
const STILL_HELD = /pre-existing shared memory block|lock file "[^"]*" already exists/
const HELD_AGAIN_MS = 200

const readLog = async ({ logFile }: DataFolder): Promise<string> =>
  existsSync(logFile) ? readFile(logFile, 'utf8') : ''

/** Made beside its final place and renamed, so that a start killed halfway leaves nothing half made, and two at once do not mix. */
async function createCluster(place: DatabaseParts): Promise<void> {
  const { data } = place.folder
  await clearAbandoned(data)
  if (isMadeCluster(data)) return
  const draft = `${data}.new-${process.pid}`
  await mkdir(draft, { recursive: true, mode: 0o700 })
  await giveOwnership(place.launcher, draft)
  const options = ['--username=postgres', '--auth=trust', '--encoding=UTF8', '--no-instructions', '--wal-segsize=4']
  const locale = ['--locale-provider=builtin', '--builtin-locale=C.UTF-8']
  try {
    await runToEnd(place.launcher, [place.binaries.initdb, '-D', draft, ...options, ...locale])
    await setPassword(place, draft)
    await rename(draft, data)
  } catch (cause) {
    await rm(draft, { recursive: true, force: true })
    // Another process of ours was faster.
    if (isMadeCluster(data)) return
    throw createUnavailableError(
      `The embedded database cannot be made in ${data}: ${adviceOn(errorChainOf(cause))}`,
      cause,
    )
  }
}

/** A folder of an earlier version let everybody in who reached its socket. What still runs there was left behind by a crash. */
async function closeToOthers(place: DatabaseParts): Promise<void> {
  if (await isPasswordWanted(place.folder.data)) return
  const left = await findRunningServer(place.folder)
  if (left) await stop(left.pid, place.log)
  await setPassword(place, place.folder.data)
}

async function clearAbandoned(data: string): Promise<void> {
  const prefix = `${path.basename(data)}.new-`
  for (const name of await readdir(path.dirname(data))) {
    const abandoned = name.startsWith(prefix) && !isAlive(Number(name.slice(prefix.length)))
    if (abandoned) await rm(path.join(path.dirname(data), name), { recursive: true, force: true })
  }
}

async function startServer({ folder, binaries, launcher }: DatabaseParts): Promise<StartedProcess> {
  if (folder.socket !== folder.data) await giveOwnership(launcher, folder.socket)
  const settings = SETTINGS.flatMap((setting) => ['-c', setting])
  return startApart(launcher, [binaries.postgres, '-D', folder.data, '-k', folder.socket, ...settings], folder.logFile)
}

/** True once our database answers; makes it when the server is new. */
async function isReady(place: DatabaseParts, socket: string): Promise<boolean> {
  const code = await tryQuery(ownUrlFor(place.password, socket, DATABASE), 'select 1')
  if (code !== '3D000') return code === undefined
  await tryQuery(ownUrlFor(place.password, socket, 'postgres'), `create database ${DATABASE}`)
  return false
}

/** Undefined when the statement worked, else what is in the way: an SQLSTATE or the operating system's code. */
async function tryQuery(url: string, sql: string): Promise<string | undefined> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query(sql)
    return undefined
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
  } finally {
    await client.end()
  }
}

async function startError(folder: DataFolder, how: string): Promise<AppError> {
  const said = (await readLog(folder)).trim().split('\n').slice(-3).join(' ')
  return createUnavailableError(`The embedded Postgres ${how}. ${adviceOn(said)} Its log is ${folder.logFile}.`)
}

function adviceOn(said: string): string {
  if (/permission denied|EACCES/i.test(said) && process.getuid?.() === 0)
    return `${said} Postgres does not run as root, and this machine allows root no user namespace: start Patchbay as another user, or set DATABASE_URL.`
  return said
}

/** Starts the server again when its process has died, as after the system ran out of memory. */
function watch(
  place: DatabaseParts,
  first: RunningServer,
  onRestart: (server: RunningServer) => void,
): () => Promise<void> {
  const stopping = new AbortController()
  const watching = (async () => {
    for (let server = first; !stopping.signal.aborted; ) {
      await sleep(WATCH_EVERY_MS, undefined, { ref: false, signal: stopping.signal }).catch(() => undefined)
      if (stopping.signal.aborted || isAlive(server.pid)) continue
      place.log.error({ pid: server.pid }, 'embedded database died; starting it again')
      try {
        server = await startOrJoin(place)
        onRestart(server)
      } catch (error) {
        place.log.error({ err: errorChainOf(error) }, 'embedded database did not start again')
      }
    }
  })()
  return async () => {
    stopping.abort()
    await watching
  }
}

/** Fast shutdown, then at once: https://www.postgresql.org/docs/18/server-shutdown.html */
async function stop(pid: number, log: Log): Promise<void> {
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    if (isAlive(pid)) process.kill(pid, signal)
    const deadline = Date.now() + STOP_PATIENCE_MS[signal]
    while (isAlive(pid) && Date.now() < deadline) await sleep(10)
    if (!isAlive(pid)) break
    log.warn({ pid, signal }, 'embedded database is slow to stop')
  }
}
