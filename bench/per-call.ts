import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { Client as Database } from 'pg'
import { eventually } from '../test/support/eventually.ts'
import { ROOT } from '../test/support/paths.ts'
import { personIn } from '../test/support/person.ts'
import { says, startScriptedModel, wishes } from '../test/support/scripted-model.ts'
import { startGround } from './ground.ts'
import { median, ms, percentile } from './numbers.ts'

const RUNS = 12
const CALLS_PER_RUN = 10

/** What a tool call costs in a run (judged, written down before and after) beyond the bare client calling the same server. */
export async function perCall(): Promise<string[]> {
  await using model = await startScriptedModel()
  model.always((request) => {
    const done =
      JSON.stringify(
        request.messages.slice(request.messages.findLastIndex((one) => JSON.stringify(one.content).includes('begin'))),
      ).split('"tool_result"').length - 1
    return done >= CALLS_PER_RUN ? says('Done.') : wishes('everything__echo', { message: `hello ${done}` })
  })
  await using ground = await startGround({ ANTHROPIC_BASE_URL: model.baseURL })
  const member = personIn(ground.slack.url, 'member')
  await member.connect('everything')
  const bare = await bareCalls()
  for (let run = 0; run < RUNS; run++) {
    const where = await member.dm('begin')
    await member.see(where, /Done\./, 60_000)
  }
  const inRun = await eventually(() => timesInRuns(ground.databaseUrl))
  const added = median(inRun) - median(bare)
  return [
    `bare client    median ${ms(median(bare))}, p99 ${ms(percentile(bare, 0.99))} (${bare.length} calls)`,
    `in a run       median ${ms(median(inRun))}, p99 ${ms(percentile(inRun, 0.99))} (${inRun.length} calls; reply written to result in hand)`,
    `added          median ${ms(added)} (at most 5 ms)`,
  ]
}

async function bareCalls(): Promise<number[]> {
  const client = new Client({ name: 'bench', version: '1' })
  const script = join(ROOT, 'node_modules/@modelcontextprotocol/server-everything/dist/index.js')
  await client.connect(
    new StdioClientTransport({ command: process.execPath, args: [script, 'stdio'], stderr: 'ignore' }),
  )
  const times: number[] = []
  for (let at = 0; at < RUNS * CALLS_PER_RUN; at++) {
    const began = performance.now()
    await client.callTool({ name: 'echo', arguments: { message: `hello ${at}` } })
    times.push(performance.now() - began)
  }
  await client.close()
  return times
}

/** From the transaction that wrote the model's wish to the one that wrote the result. The first run warms up. */
async function timesInRuns(url: string): Promise<number[]> {
  const client = new Database({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<{ took: number }>(`
      select extract(epoch from w.at - e.at)::float8 * 1000 as took
      from patchbay.run_events e join patchbay.run_events w on w.run_id = e.run_id and w.type = 'returned' and w.seq = e.seq + 3
      join patchbay.runs r on r.id = e.run_id
      where e.type = 'replied' and r.number > (select min(number) from patchbay.runs)`)
    if (rows.length === 0) throw new Error('no calls were found')
    return rows.map((row) => row.took)
  } finally {
    await client.end()
  }
}
