import { readdirSync, readFileSync } from 'node:fs'

/** The processes that a process started, as /proc tells. */
export function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => parentOf(pid) === parent)
}

function parentOf(pid: number): number | undefined {
  try {
    const after = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) . /s, '')
    return Number(after.split(' ')[0])
  } catch {
    return undefined
  }
}
