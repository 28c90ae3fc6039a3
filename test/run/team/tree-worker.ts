import { createRandom } from '../../support/seeded-random.ts'
import { startWorker } from '../start-worker.ts'
import { createTreeTurn, HELPERS } from './tree-model.ts'

/** A process that works run trees on a database until it is killed. */
async function main(): Promise<void> {
  const [url = '', seed = '1'] = process.argv.slice(2)
  const worker = startWorker({ url, agents: HELPERS, turn: createTreeTurn(createRandom(Number(seed))) })
  await worker.runs.begin()
  process.send?.('ready')
}

await main()
