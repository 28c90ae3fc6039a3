import { freePort } from '../test/support/free-port.ts'
import { startInstance } from '../test/support/instance.ts'
import { scratch } from './ground.ts'
import { median, ms } from './numbers.ts'

const LATER_STARTS = 5

/** From the start of the process to "ready", with all stand-ins: the first time in a folder, and later. */
export async function starts(): Promise<string[]> {
  await using folder = await scratch()
  const first = await startOnce(folder.path)
  const later: { start: number; stop: number }[] = []
  for (let at = 0; at < LATER_STARTS; at++) later.push(await startOnce(folder.path))
  return [
    `first start   ${ms(first.start)} (at most 5000 ms)`,
    `later starts  ${ms(median(later.map((one) => one.start)))} median of ${LATER_STARTS} (at most 2000 ms)`,
    `stop          ${ms(median(later.map((one) => one.stop)))} median (at most 5000 ms)`,
  ]
}

async function startOnce(dataDir: string): Promise<{ start: number; stop: number }> {
  const [port, localPort] = [await freePort(), await freePort()]
  const began = performance.now()
  const app = startInstance({ DATA_DIR: dataDir, PORT: String(port), LOCAL_PORT: String(localPort) })
  await app.ready
  const ready = performance.now()
  app.kill('SIGINT')
  await app.ended
  return { start: ready - began, stop: performance.now() - ready }
}
