import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { RunStore } from '../storage/run-store.ts'

/** A name for this process: where it runs, its pid, and what tells it from an earlier process with the same pid. */
export const createInstanceName = (): string => `${hostname()}/${process.pid}/${randomUUID()}`

/**
 * Frees the runs of processes of this machine that are gone, so that after a crash and a restart people need not wait for
 * a lease to run out. What runs elsewhere is left to its lease.
 */
export async function releaseDeadInstances(
  store: Pick<RunStore, 'owners' | 'disown'>,
  self: string,
): Promise<string[]> {
  const dead = (await store.owners()).filter((owner) => owner !== self && isDeadHere(owner))
  for (const owner of dead) await store.disown(owner)
  return dead
}

function isDeadHere(owner: string): boolean {
  const [host, pid] = owner.split('/')
  if (host !== hostname() || pid === undefined) return false
  return Number(pid) === process.pid || !isAlive(Number(pid))
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    // EPERM: it lives, as somebody else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
