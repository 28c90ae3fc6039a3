import { type ChildProcess, spawn } from 'node:child_process'
import { withDeadline } from '../../timing.ts'

export type ServerCommand = { command: string; args: string[]; env: Record<string, string>; cwd: string }

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
}

/**
 * Starts a server in a process group of its own, with exactly this environment and no shell, so that its own children
 * can be ended with it. If we die without a word, its stdin ends, which every server of a card takes as the end.
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
    child.once('exit', (code, signal) => resolve(signal ?? `code ${code}`))
    // For as long as it lives: a second error, with nobody to hear it, would end the app.
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
  return { process: child, ended, end: () => end(child, ended, shutdown) }
}

async function end(child: ChildProcess, ended: Promise<string>, shutdown: AbortSignal): Promise<void> {
  const over = ended.then(() => true)
  child.stdin?.end()
  if (await withDeadline(over, EOF_GRACE_MS, false, shutdown)) return
  signalGroup(child, 'SIGTERM')
  if (await withDeadline(over, TERM_GRACE_MS, false)) return
  signalGroup(child, 'SIGKILL')
  await withDeadline(over, KILL_GRACE_MS, false)
}

/** To the server and all it started; no trouble when they have ended already. */
function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, signal)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && (error.code === 'ESRCH' || error.code === 'EPERM'))) throw error
  }
}
