import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../test/support/free-port.ts'
import { startInstance } from '../test/support/instance.ts'
import { scratch } from './ground.ts'
import { megabytes } from './numbers.ts'

const SETTLE_MS = 8_000

/** Memory some seconds after the start with all stand-ins, nobody asking for anything. */
export async function memory(): Promise<string[]> {
  await using folder = await scratch()
  const app = startInstance({
    DATA_DIR: folder.path,
    PORT: String(await freePort()),
    LOCAL_PORT: String(await freePort()),
  })
  await app.ready
  await sleep(SETTLE_MS)
  const postmaster = Number(readFileSync(join(folder.path, 'db', 'postmaster.pid'), 'utf8').split('\n')[0])
  const servers = [postmaster, ...childrenOf(postmaster)]
  const lines = [
    `app       ${megabytes(field(app.pid, 'status', 'VmRSS'))} resident, with the local Slack and the offline model in it (at most 200 MB)`,
    `Postgres  ${megabytes(servers.map((pid) => field(pid, 'smaps_rollup', 'Pss')).reduce((a, b) => a + b, 0))} proportional, ${servers.length} processes (at most 60 MB)`,
  ]
  app.kill('SIGINT')
  await app.ended
  return lines
}

/** A field of a file under /proc, which counts in kB. */
function field(pid: number, file: string, name: string): number {
  const line = readFileSync(`/proc/${pid}/${file}`, 'utf8')
    .split('\n')
    .find((one) => one.startsWith(`${name}:`))
  return Number(/\d+/.exec(line ?? '')?.[0] ?? 0) * 1_024
}

function childrenOf(parent: number): number[] {
  const pids = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
  return pids.filter((pid) => {
    try {
      return Number(/\) \w (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]) === parent
    } catch {
      return false
    }
  })
}
