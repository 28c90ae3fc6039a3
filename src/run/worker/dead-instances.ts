import { randomUUID } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import type { RunStore } from '../storage/run-store.ts'

/** Where a process id means this one process: the boot of the machine and the process table, which containers have of their own. */
const processTable = readOrUndefined(() => {
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  return `${boot} ${readlinkSync('/proc/self/ns/pid')}`
})

/** A name for this process: its process table, pid and start, as far as the system tells, and what no other has. */
export const createInstanceName = (): string =>
  [processTable ?? 'unknown', process.pid, startOf(process.pid) ?? 'unknown', randomUUID()].join('/')

/**
 * Frees the runs of processes that are certainly gone, so that after a crash and a restart people need not wait for a
 * lease to run out. Where a process cannot be looked up (on another machine, in another container, without /proc), its
 * lease decides.
 */
export async function releaseDeadInstances(
  store: Pick<RunStore, 'owners' | 'disown'>,
  self: string,
): Promise<string[]> {
  const dead = (await store.owners()).filter((owner) => owner !== self && isCertainlyGone(owner))
  for (const owner of dead) await store.disown(owner)
  return dead
}

function isCertainlyGone(owner: string): boolean {
  const [table, pid, start] = owner.split('/')
  if (processTable === undefined || table !== processTable) return false
  if (!isAlive(Number(pid))) return true
  const now = startOf(Number(pid))
  return now !== undefined && now !== start
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    // EPERM: it lives, as somebody else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** When a process started, in clock ticks since the boot: field 22 of proc_pid_stat(5), whose second may hold spaces. */
const startOf = (pid: number): string | undefined =>
  readOrUndefined(() => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[19])

function readOrUndefined<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined
    throw error
  }
}
