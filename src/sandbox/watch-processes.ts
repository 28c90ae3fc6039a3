import { readdirSync, readFileSync, statSync } from 'node:fs'
import { errorChainOf } from '../errors.ts'
import { countBytesIn } from './folder-size.ts'

const EVERY_MS = 1_000
// More than any card's server starts; nproc does not hold where the app runs as root.
const MAX_PROCESSES = 64

/** `folder`: what it keeps on disk, where that is watched, and how much it may. */
export type ProcessLimits = { memoryMb: number; folder?: { path: string; maxMb: number } | undefined }

/**
 * Looks each second at what processes hold in memory, from Linux's /proc, and on disk; elsewhere it sees nothing.
 * `find` lists the processes of this moment, and may stop above `max`. `onExceeded` is called once, with what was too much as a part of a
 * sentence. Call the result to stop watching.
 */
export function watchProcesses(
  find: (max: number) => number[],
  limits: ProcessLimits,
  onExceeded: (why: string) => void,
): () => void {
  const stop = new AbortController()
  const look = async () => {
    const why = await problemNow(find, limits)
    if (stop.signal.aborted) return
    if (why === undefined) setTimeout(look, EVERY_MS).unref()
    else onExceeded(why)
  }
  setTimeout(look, EVERY_MS).unref()
  return () => stop.abort()
}

/** Never throws: a server that keeps us from looking is ended as well. */
async function problemNow(find: (max: number) => number[], limits: ProcessLimits): Promise<string | undefined> {
  try {
    return memoryProblemIn(find(MAX_PROCESSES), limits) ?? (await diskProblemIn(limits))
  } catch (error) {
    return `what it uses cannot be measured (${errorChainOf(error)})`
  }
}

function memoryProblemIn(pids: number[], { memoryMb }: ProcessLimits): string | undefined {
  if (pids.length > MAX_PROCESSES) return `it started more than ${MAX_PROCESSES} processes`
  const resident = pids.reduce((sum, pid) => sum + residentBytesOf(pid), 0)
  return resident + deletedBytesOf(pids) > memoryMb * 1024 * 1024
    ? `it used more than ${memoryMb} MB of memory`
    : undefined
}

async function diskProblemIn({ folder }: ProcessLimits): Promise<string | undefined> {
  if (folder === undefined || (await countBytesIn(folder.path)) <= folder.maxMb * 1024 * 1024) return undefined
  return `its folder is full: it may hold ${folder.maxMb} MB, so something there must be deleted or shortened first`
}

/** A process and all that it started, in a namespace of its own: there an orphan gets the first process as its parent. */
export function findTreeOf(root: number, max: number): number[] {
  const found = [root]
  for (let at = 0; at < found.length && found.length <= max; at++)
    for (const thread of namesIn(`/proc/${found[at]}/task`)) {
      const children = readOrNothing(`/proc/${found[at]}/task/${thread}/children`)
      found.push(...children.split(' ').filter(Boolean).map(Number))
    }
  return found
}

/** All processes of a user, whoever their parents are, that have not ended. */
export function findProcessesOf(uid: number, max: number): number[] {
  const isIts = RegExp(`^State:\\s+[^ZX].*\n(?:.*\n)*?Uid:\\s+${uid}\\s`, 'm')
  const found: number[] = []
  for (const name of namesIn('/proc'))
    if (/^\d+$/.test(name) && isIts.test(readOrNothing(`/proc/${name}/status`)) && found.push(Number(name)) > max) break
  return found
}

const residentBytesOf = (pid: number): number =>
  1024 * Number(/^VmRSS:\s+(\d+)/m.exec(readOrNothing(`/proc/${pid}/status`))?.[1] ?? 0)

/** Files without a name, which are in memory or in no folder any more. */
function deletedBytesOf(pids: number[]): number {
  const sizes = new Map<string, number>()
  for (const pid of pids)
    for (const descriptor of namesIn(`/proc/${pid}/fd`)) {
      const { nlink, dev, ino, blocks } = fileAt(`/proc/${pid}/fd/${descriptor}`) ?? { nlink: 1 }
      if (nlink === 0) sizes.set(`${dev}:${ino}`, (blocks ?? 0) * 512)
    }
  return [...sizes.values()].reduce((sum, size) => sum + size, 0)
}

const fileAt = (path: string) => valueOr(() => statSync(path), undefined)
const namesIn = (path: string): string[] => valueOr(() => readdirSync(path), [])
const readOrNothing = (path: string): string => valueOr(() => readFileSync(path, 'utf8'), '')

/** What has ended meanwhile holds nothing; into what belongs to nobody here we cannot look. */
function valueOr<T>(read: () => T, instead: T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof Error && 'code' in error && GONE.has(String(error.code))) return instead
    throw error
  }
}

const GONE = new Set(['ENOENT', 'ESRCH', 'EACCES', 'EPERM'])
