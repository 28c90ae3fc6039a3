import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { ROOT } from './paths.ts'

export type Instance = {
  pid: number
  output(): string
  /** Resolves when it says it is ready; rejects when it ends before. */
  ready: Promise<void>
  ended: Promise<number | null>
  kill(signal: NodeJS.Signals): void
}

/** Many times what a start takes on a busy machine. */
const READY_MS = 45_000

/** `npm start` without npm: the product in a process of its own, with exactly these settings. */
export function startInstance(settings: Record<string, string>): Instance {
  const child = spawn(process.execPath, [join(ROOT, 'src', 'main.ts')], {
    cwd: ROOT,
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>()
  const collect = (chunk: Buffer): void => {
    output += chunk.toString()
    if (output.includes('Patchbay is ready')) resolve()
  }
  child.stdout.on('data', collect)
  child.stderr.on('data', collect)
  const ended = new Promise<number | null>((done) => child.once('exit', (code) => done(code)))
  const late = setTimeout(() => reject(new Error(`not ready after ${READY_MS} ms:\n${output}`)), READY_MS)
  void ready.finally(() => clearTimeout(late)).catch(() => undefined)
  void ended.then((code) => reject(new Error(`the process ended with ${code} before it was ready:\n${output}`)))
  return { pid: pidOf(child), output: () => output, ready, ended, kill: (signal) => void child.kill(signal) }
}

function pidOf(child: ChildProcess): number {
  if (child.pid === undefined) throw new Error('the process did not start')
  return child.pid
}
