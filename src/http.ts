import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import type { Server } from 'node:http'
import { z } from 'zod'
import { AppError, isAppError } from './errors.ts'

/** Listens, or throws AppError `in_use` that says who has the port. */
export async function listen(server: Server, port: number, host?: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen(port, host, resolve)
  try {
    await promise
  } catch (cause) {
    throw await listenError(cause, port)
  } finally {
    server.off('error', reject)
  }
}

async function listenError(cause: unknown, port: number): Promise<unknown> {
  if (!(cause instanceof Error) || !('code' in cause) || cause.code !== 'EADDRINUSE') return cause
  return new AppError(
    'in_use',
    `Port ${port} is in use by ${await ownerOf(port)}. Stop it, or choose another port in .env.`,
    { cause },
  )
}

/** A stop takes 5 s in all; whoever waits for an answer longer than this asks again. */
const CLOSE_WITHIN_MS = 1_500
const SWEEP_MS = 25

/** Lets requests under way end, for 1.5 s at most, cuts idle connections, and closes. */
export async function closeServer(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  server.close(() => resolve())
  // A connection whose request was under way is idle later, and would be kept open for its next request.
  const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS)
  const cut = setTimeout(() => server.closeAllConnections(), CLOSE_WITHIN_MS)
  await promise
  clearInterval(sweep)
  clearTimeout(cut)
}

const Health = z.object({ app: z.literal('patchbay'), pid: z.number() })
const HEALTH_TIMEOUT_MS = 1_000

/** Who has a port of this machine, in words. */
export async function ownerOf(port: number): Promise<string> {
  const ours = await askHealth(port)
  if (ours !== undefined) return `another Patchbay (process ${ours})`
  const process = processOn(port)
  return process === undefined ? 'another program' : `${process.name} (process ${process.pid})`
}

async function askHealth(port: number): Promise<number | undefined> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/healthz`, { signal: AbortSignal.timeout(HEALTH_TIMEOUT_MS) })
    return Health.parse(await answer.json()).pid
  } catch (error) {
    // Whatever it is, it is not one of us.
    if (error instanceof Error && !isAppError(error)) return undefined
    throw error
  }
}

/** The listening process, on systems with /proc. Others' processes can be looked up only by root. */
function processOn(port: number): { pid: string; name: string } | undefined {
  const inode = listeningInode(port)
  if (inode === undefined) return undefined
  const pids = list('/proc').filter((name) => /^\d+$/.test(name))
  const pid = pids.find((one) =>
    list(`/proc/${one}/fd`).some((fd) => linkOf(`/proc/${one}/fd/${fd}`) === `socket:[${inode}]`),
  )
  return pid === undefined ? undefined : { pid, name: read(`/proc/${pid}/comm`).trim() }
}

/** Columns of /proc/net/tcp: 1 local address, 3 state (0A = listening), 9 inode. */
function listeningInode(port: number): string | undefined {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const rows = `${read('/proc/net/tcp')}\n${read('/proc/net/tcp6')}`.split('\n').map((line) => line.trim().split(/\s+/))
  return rows.find((row) => row[1]?.endsWith(suffix) && row[3] === '0A')?.[9]
}

const list = (path: string): string[] => readOrElse(() => readdirSync(path), [])
const read = (path: string): string => readOrElse(() => readFileSync(path, 'utf8'), '')
const linkOf = (path: string): string => readOrElse(() => readlinkSync(path), '')

/** What cannot be read in /proc (gone, another user's) is not there for us. */
function readOrElse<T>(look: () => T, empty: T): T {
  try {
    return look()
  } catch (error) {
    if (error instanceof Error && 'code' in error) return empty
    throw error
  }
}
