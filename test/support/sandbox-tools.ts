import { existsSync } from 'node:fs'

/** Whether Debian's bubblewrap and socat are here: without them the tests that need a sandbox are not registered. */
/** Whether this is root, and Debian's setpriv is here: else nobody can give a server a user of its own. */
export const hasSeparateUsers =
  process.getuid?.() === 0 && ['/usr/bin/setpriv', '/usr/bin/prlimit'].every((path) => existsSync(path))

export const hasSandboxTools = ['/usr/bin/bwrap', '/usr/bin/socat', '/usr/bin/prlimit'].every((path) =>
  existsSync(path),
)
