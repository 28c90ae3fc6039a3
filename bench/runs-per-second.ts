import { Client } from 'pg'
import { startOfflineModel } from '../src/local/offline-model/start-offline-model.ts'
import { createLog } from '../src/log.ts'
import { eventually } from '../test/support/eventually.ts'
import { personIn } from '../test/support/person.ts'
import { startGround } from './ground.ts'

const RUNS = 100

/** Requests answered by the offline model, each in a conversation of its own, from the first message to the last closed run. */
export async function runsPerSecond(): Promise<string[]> {
  await using model = await startOfflineModel({ log: createLog('fatal'), latencyMs: 0 })
  await using ground = await startGround({ ANTHROPIC_BASE_URL: model.baseURL })
  const member = personIn(ground.slack.url, 'member')
  const client = new Client({ connectionString: ground.databaseUrl })
  await client.connect()
  try {
    const began = performance.now()
    for (let at = 0; at < RUNS; at++) await member.dm('hello')
    await eventually(async () => {
      const { rows } = await client.query<{ many: string }>(
        "select count(*) as many from patchbay.runs where status = 'closed'",
      )
      if (Number(rows[0]?.many) < RUNS) throw new Error(`${rows[0]?.many} of ${RUNS} runs are closed`)
    }, 120_000)
    const seconds = (performance.now() - began) / 1_000
    return [
      `${RUNS} runs in ${seconds.toFixed(1)} s: ${(RUNS / seconds).toFixed(1)} runs per second, streamed to the local Slack`,
    ]
  } finally {
    await client.end()
  }
}
