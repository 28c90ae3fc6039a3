import { readdirSync, readFileSync } from 'node:fs'

const EVERY_MS = 1_000
// More than any card's server starts; nproc does not hold where the app runs as root.
const MAX_PROCESSES = 64

/**
 * Reads each second what a process and all that it started hold in memory, from Linux's /proc; elsewhere it sees nothing.
 * `onExceeded` hears once, in the middle of a sentence, what was too much. Call the result to end it.
 */
export function watchProcesses(pid: number, memoryMb: number, onExceeded: (why: string) => void): () => void {
  const timer = setInterval(() => {
    const { processes, memoryKb } = measureTree(pid)
    const why =
      processes > MAX_PROCESSES
        ? `it started more than ${MAX_PROCESSES} processes`
        : memoryKb > memoryMb * 1024 && `it used more than ${memoryMb} MB of memory`
    if (why === false) return
    clearInterval(timer)
    onExceeded(why)
  }, EVERY_MS).unref()
  return () => clearInterval(timer)
}

/** Stops counting where it is more than may be. */
function measureTree(root: number): { processes: number; memoryKb: number } {
  const open = [root]
  let processes = 0
  let memoryKb = 0
  for (let pid = open.pop(); pid !== undefined && processes <= MAX_PROCESSES; pid = open.pop()) {
    processes += 1
    memoryKb += Number(/^VmRSS:\s+(\d+)/m.exec(readOrNothing(`/proc/${pid}/status`))?.[1] ?? 0)
    for (const thread of threadsOf(pid)) {
      const children = readOrNothing(`/proc/${pid}/task/${thread}/children`)
      open.push(...children.split(' ').filter(Boolean).map(Number))
    }
  }
  return { processes, memoryKb }
}

/** What has ended meanwhile has no threads. */
function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`)
  } catch (error) {
    return throwUnlessGone(error, [])
  }
}

function readOrNothing(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    return throwUnlessGone(error, '')
  }
}

function throwUnlessGone<T>(error: unknown, instead: T): T {
  if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH')) return instead
  throw error
}
