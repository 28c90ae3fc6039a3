import { startWorker } from '../start-worker.ts'
import { startTwentySteps, workflowOptions } from './killed-workflow.ts'

/** A process that works a workflow until it kills itself, at the point it is given. */
async function main(): Promise<void> {
  const [url = '', after = '', count = '1'] = process.argv.slice(2)
  let left = Number(count)
  const note = (what: string): void => {
    if (what !== after) return
    left -= 1
    if (left === 0) process.kill(process.pid, 'SIGKILL')
  }
  const worker = startWorker({ ...workflowOptions(url, note), onEvent: () => note('event') })
  await worker.runs.begin()
  await startTwentySteps(worker, `${after} ${count} ${process.pid}`)
}

await main()
