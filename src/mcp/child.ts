import { type ChildProcess, spawn } from 'node:child_process'

export type Command = { command: string; args: string[]; env: Record<string, string>; cwd: string }

// Together below the 5 s in which nothing of a closed server may be left; without the first when the app itself ends.
const EOF_GRACE_MS = 1_000
const TERM_GRACE_MS = 1_000
const KILL_GRACE_MS = 250
// After the server's own end, for the last bytes in its pipes; a grandchild may hold these open for ever.
const DRAIN_MS = 250

export type Child = {
  process: ChildProcess
  /** Resolves when the server has ended and its output is read; says how it ended. */
  ended: Promise<string>
  /** Asks it to end (stdin's end, then SIGTERM, then SIGKILL) and ends its whole process group. In a hurry, asks at once. */
  end(): Promise<void>
}

/**
 * Starts a server in a process group of its own, with exactly this environment and no shell, so that its own children
 * can be ended with it. If we die without a word, its stdin ends, which every server of a card takes as the end.
 */
export async function startChild(command: Command, hurry: AbortSignal): Promise<Child> {
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
    child.once('error', (error) => resolve(error.message))
  })
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()))
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', reject)
  })
  const ended = exited.then(async (how) => {
    await within(closed, DRAIN_MS)
    signalGroup(child, 'SIGKILL')
    for (const pipe of child.stdio) pipe?.destroy()
    return how
  })
  return { process: child, ended, end: () => end(child, ended, hurry) }
}

async function end(child: ChildProcess, ended: Promise<string>, hurry: AbortSignal): Promise<void> {
  child.stdin?.end()
  if (await within(ended, EOF_GRACE_MS, hurry)) return
  signalGroup(child, 'SIGTERM')
  if (await within(ended, TERM_GRACE_MS)) return
  signalGroup(child, 'SIGKILL')
  await within(ended, KILL_GRACE_MS)
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

async function within(event: Promise<unknown>, ms: number, hurry?: AbortSignal): Promise<boolean> {
  if (hurry?.aborted) return false
  const late = Promise.withResolvers<false>()
  const giveUp = () => late.resolve(false)
  const timer = setTimeout(giveUp, ms)
  hurry?.addEventListener('abort', giveUp, { once: true })
  const inTime = await Promise.race([event.then(() => true), late.promise])
  clearTimeout(timer)
  hurry?.removeEventListener('abort', giveUp)
  return inTime
}
