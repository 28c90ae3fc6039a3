import { execFile, spawn } from 'node:child_process'
import { chown, open } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** How a binary is started here: Postgres refuses to run as root. */
export type Launcher = { command: string[]; uid: number | undefined }

/** An ordinary user's id in most images (`node` in Docker's), used only where root may not make a user namespace. */
const OTHER_UID = 1000

const PLAIN: Launcher = { command: [], uid: undefined }
const UNSHARE: Launcher = {
  command: ['unshare', '--user', `--map-user=${OTHER_UID}`, `--map-group=${OTHER_UID}`],
  uid: undefined,
}

// Nothing of our own environment: PG* variables change what Postgres does, and secrets are none of its business.
const ENVIRONMENT = { PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C', TZ: 'UTC' }

/** As root inside a user namespace (files stay root's), or as another user where that is forbidden (Docker's default). */
export async function chooseLauncher(uid: number | undefined = process.getuid?.()): Promise<Launcher> {
  if (uid !== 0) return PLAIN
  try {
    await run(UNSHARE.command[0] ?? '', [...UNSHARE.command.slice(1), 'true'], { env: ENVIRONMENT, timeout: 5_000 })
    return UNSHARE
  } catch {
    return { command: [], uid: OTHER_UID }
  }
}

/** Hands a file or folder to the user that Postgres will run as. */
export async function giveOwnership(launcher: Launcher, ...places: string[]): Promise<void> {
  if (launcher.uid === undefined) return
  for (const place of places) await chown(place, launcher.uid, launcher.uid)
}

const asUser = (launcher: Launcher) => (launcher.uid === undefined ? {} : { uid: launcher.uid, gid: launcher.uid })

/** Runs a binary to its end, with a text as its input; rejects with its output. */
export async function runToEnd(launcher: Launcher, argv: string[], input = ''): Promise<void> {
  const [command = '', ...args] = [...launcher.command, ...argv]
  const running = run(command, args, { env: ENVIRONMENT, timeout: 60_000, ...asUser(launcher) })
  // A program that ends without reading its input is judged by how it ended.
  running.child.stdin?.on('error', () => undefined).end(input)
  await running
}

export type StartedProcess = { exited: Promise<string>; hasExited(): boolean }

/**
 * Starts a binary that outlives us if need be. Its own session, so that Ctrl-C in our terminal reaches only us and we stop
 * it in order; its output goes to a file, because a pipe would break when we die.
 */
export async function startApart(launcher: Launcher, argv: string[], logFile: string): Promise<StartedProcess> {
  const [command = '', ...args] = [...launcher.command, ...argv]
  const log = await open(logFile, 'w', 0o600)
  try {
    const child = spawn(command, args, {
      env: ENVIRONMENT,
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      ...asUser(launcher),
    })
    child.unref()
    let over = false
    const exited = new Promise<string>((resolve) => {
      const end = (how: string) => {
        over = true
        resolve(how)
      }
      child.once('error', (error) => end(error.message))
      child.once('exit', (code, signal) => end(`ended with ${signal ?? `code ${code}`}`))
    })
    return { exited, hasExited: () => over }
  } finally {
    await log.close()
  }
}
