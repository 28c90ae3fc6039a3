import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmod, lchown, lstat, readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { limitArgsFor, type SandboxedCommand, type SandboxRequest } from './sandbox-request.ts'

const SETPRIV = '/usr/bin/setpriv'
// Above what systems give to people and services; each connection's folder has its own.
const FIRST_UID = 1_600_000_000
const UIDS = 1_000_000

/** A connection may be tried out while its server runs: only with the last of them all processes of the user end. */
const started = new Map<number, number>()

/**
 * Starts a command as a user that owns nothing but its folder. It sees what everybody may read, and the network. With it ends all
 * that the user runs, as a process can leave its parents behind.
 */
export async function prepareSeparateUser(request: SandboxRequest, dataDir: string): Promise<SandboxedCommand> {
  const { command, args, env, home } = request
  const uid = uidFor(home)
  await setOwner(home, uid)
  // The folders above can be passed through, not listed.
  for (let at = dirname(home); at.startsWith(dataDir); at = dirname(at)) await chmod(at, 0o711)
  const user = [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '--no-new-privs', '--pdeathsig=KILL']
  started.set(uid, (started.get(uid) ?? 0) + 1)
  return {
    command: SETPRIV,
    args: [...user, '--inh-caps=-all', '--bounding-set=-all', '--', ...limitArgsFor(request), command, ...args],
    env,
    endAll: () => endAllOf(user),
    [Symbol.asyncDispose]: async () => {
      const left = (started.get(uid) ?? 1) - 1
      started.set(uid, left)
      if (left === 0) endAllOf(user)
    },
  }
}

export const uidFor = (home: string): number =>
  FIRST_UID + (createHash('sha256').update(home).digest().readUInt32BE() % UIDS)

/** The kernel ends them all at once, so that none can start another meanwhile. Nothing of ours goes on before they have ended. */
const endAllOf = (user: string[]): void =>
  void spawnSync(SETPRIV, [...user, '--', '/bin/sh', '-c', 'kill -9 -1'], { stdio: 'ignore' })

/** The folder and all in it, where it belongs to somebody else. */
export async function setOwner(path: string, uid: number): Promise<void> {
  const found = await lstat(path)
  if (found.uid === uid) return
  if (found.isDirectory()) for (const name of await readdir(path)) await setOwner(join(path, name), uid)
  await lchown(path, uid, uid)
}

/** Lets nobody but its owner into what is in the project, except its packages and the folders that the servers' own lie in. */
export async function closeProject(root: string, dataDir: string): Promise<void> {
  for (const name of await readdir(root)) {
    const path = join(root, name)
    const found = await lstat(path)
    const isNeeded = name === 'node_modules' || path === dataDir || dataDir.startsWith(`${path}/`)
    // chmod on a link would change what the link leads to.
    if (!isNeeded && !found.isSymbolicLink()) await chmod(path, found.mode & 0o700)
  }
}
