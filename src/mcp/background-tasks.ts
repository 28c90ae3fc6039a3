import { errorChainOf } from '../errors.ts'
import type { Log } from '../log.ts'

/** Work nobody waits for. It never throws: what goes wrong is logged. Disposing waits for what is under way. */
export type BackgroundTasks = {
  run(what: string, work: () => Promise<unknown>): void
  [Symbol.asyncDispose](): Promise<void>
}

export function createBackgroundTasks(log: Log): BackgroundTasks {
  const running = new Set<Promise<void>>()
  return {
    run: (what, work) => {
      const done = work()
        .catch(logFailureOf(log, what))
        .then(() => void running.delete(done))
      running.add(done)
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(running)
    },
  }
}

/** For a promise that nobody waits for: its failure is logged. */
export const logFailureOf = (log: Log, what: string) => (error: unknown) =>
  log.warn({ what, error: errorChainOf(error) }, 'mcp background work failed')
