import { type ChildProcess, spawn } from 'node:child_process'
import { constants } from 'node:os'
import { withDeadline } from '../../timing.ts'

export type ServerCommand = {
  command: string
  args: string[]
  env: Record<string, string>
  cwd: string
  /** It says by a code of 128 + n that signal n ended the server in it. */
  wrapped?: boolean
  /** Watches what was started; hears what was too much. Returns what ends it. */
  watch?(pid: number, onExceeded: (why: string) => void): () => void
}

// Together below the 5 s in which nothing of a closed server may be left; without the first when the app itself ends.
const EOF_GRACE_MS = 1_000
const TERM_GRACE_MS = 1_000
const KILL_GRACE_MS = 250
// After the server's own end, for the last bytes in its pipes; a grandchild may hold these open for ever.
const DRAIN_MS = 250

export type ServerProcess = {
  process: ChildProcess
  /** Resolves when the server has ended and its output is read; says how it ended. */
  ended: Promise<string>
  /** Asks it to end (stdin's end, then SIGTERM, then SIGKILL) and ends its whole process group. On shutdown, SIGTERM follows at once. */
  end(): Promise<void>
  /** Ends it and its group at once. */
  kill(): void
}

/**
 * Starts a server in a process group of its own, with exactly this environment and no shell, so that its own children
 * can be ended with it. If this process is killed, the server's stdin ends, and every server of a card exits then.
 */
export async function startServerProcess(command: ServerCommand, shutdown: AbortSignal): Promise<ServerProcess> {
  const child = spawn(command.command, command.args, {
    cwd: command.cwd,
    env: command.env,
    stdio: 'pipe',
    detached: true,
    shell: false,
    windowsHide: true,
  })
  const exited = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? endingOf(code, command.wrapped)))
    // Not `once`: a second error without a listener would end the app.
    child.on('error', (error) => resolve(error.message))
  })
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()))
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', reject)
  })
  const ended = exited.then(async (how) => {
    await withDeadline(closed, DRAIN_MS, undefined)
    signalGroup(child, 'SIGKILL')
    for (const pipe of child.stdio) pipe?.destroy()
    return how
  })
  return { process: child, ended, end: () => end(child, ended, shutdown), kill: () => signalGroup(child, 'SIGKILL') }
}

const SIGNALS = new Map(Object.entries(constants.signals).map(([name, number]) => [number + 128, name]))

const endingOf = (code: number | null, wrapped = false): string => (wrapped && SIGNALS.get(code ?? 0)) || `code ${code}`

async function end(child: ChildProcess, ended: Promise<string>, shutdown: AbortSignal): Promise<void> {
  const over = ended.then(() => true)
  child.stdin?.end()
  if (await withDeadline(over, EOF_GRACE_MS, false, shutdown)) return
  signalGroup(child, 'SIGTERM')
  if (await withDeadline(over, TERM_GRACE_MS, false)) return
  signalGroup(child, 'SIGKILL')
  await withDeadline(over, KILL_GRACE_MS, false)
}

/** Signals the server and its children; those that have ended already are no error. */
function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, signal)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && (error.code === 'ESRCH' || error.code === 'EPERM'))) throw error
  }
}
