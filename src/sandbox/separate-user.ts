import { createHash } from 'node:crypto'
import { chmod, lchown, lstat, readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { limitArgsFor, type SandboxedCommand, type SandboxRequest } from './sandbox-request.ts'

const SETPRIV = '/usr/bin/setpriv'
// Above what systems give to people and services; each connection's folder has its own.
const FIRST_UID = 1_600_000_000
const UIDS = 1_000_000

/** Starts a command as a user that owns nothing but its folder. It sees what everybody may read, and the network. */
export async function prepareSeparateUser(request: SandboxRequest, dataDir: string): Promise<SandboxedCommand> {
  const { command, args, env, home } = request
  const uid = FIRST_UID + (createHash('sha256').update(home).digest().readUInt32BE() % UIDS)
  await setOwner(home, uid)
  // The folders above can be passed through, not listed.
  for (let at = dirname(home); at.startsWith(dataDir); at = dirname(at)) await chmod(at, 0o711)
  const user = [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '--no-new-privs']
  return {
    command: SETPRIV,
    args: [...user, '--inh-caps=-all', '--bounding-set=-all', '--', ...limitArgsFor(request), command, ...args],
    env,
    [Symbol.asyncDispose]: async () => undefined,
  }
}

/** The folder and all in it, where it belongs to somebody else. */
export async function setOwner(path: string, uid: number): Promise<void> {
  const found = await lstat(path)
  if (found.uid === uid) return
  if (found.isDirectory()) for (const name of await readdir(path)) await setOwner(join(path, name), uid)
  await lchown(path, uid, uid)
}
