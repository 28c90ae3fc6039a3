import { execFile } from 'node:child_process'

const DU = '/usr/bin/du'
const COUNT_MS = 30_000

/** What a folder holds on disk; endless where a part of it cannot be looked into, and nothing where it is gone. */
export async function countBytesIn(folder: string): Promise<number> {
  const options = { env: { LANG: 'C' }, timeout: COUNT_MS }
  return new Promise((resolve) =>
    // It ends with an error for each file that goes meanwhile, too.
    execFile(DU, ['-sx', '--block-size=1', folder], options, (error, stdout, stderr) =>
      resolve(
        error?.killed || /Permission denied/.test(stderr) ? Number.POSITIVE_INFINITY : Number.parseInt(stdout, 10) || 0,
      ),
    ),
  )
}
