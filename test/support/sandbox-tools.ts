import { existsSync } from 'node:fs'

/** Whether Debian's bubblewrap and socat are here: without them the tests that need a sandbox are not registered. */
export const hasSandboxTools = ['/usr/bin/bwrap', '/usr/bin/socat', '/usr/bin/prlimit'].every((path) =>
  existsSync(path),
)
