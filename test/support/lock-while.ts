import { mkdir, rmdir, stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

/** Older than this, the lock was left behind by a process that died. */
const STALE_MS = 60_000
const LOOK_AGAIN_MS = 100

/** Does something in one process at a time: whoever can make the folder may go on. */
export async function lockWhile<T>(folder: string, act: () => Promise<T>): Promise<T> {
  while (!(await taken(folder))) await sleep(LOOK_AGAIN_MS)
  try {
    return await act()
  } finally {
    await rmdir(folder)
  }
}

async function taken(folder: string): Promise<boolean> {
  try {
    await mkdir(folder)
    return true
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    const made = (await stat(folder).catch(() => undefined))?.mtimeMs ?? Date.now()
    if (Date.now() - made > STALE_MS) await rmdir(folder).catch(() => undefined)
    return false
  }
}
