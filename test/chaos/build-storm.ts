import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startSlackEmulator } from '../../slack-emulator/start-slack-emulator.ts'
import { freePort } from '../support/free-port.ts'
import { type Instance, startInstance } from '../support/instance.ts'
import { startLedger } from '../support/ledger.ts'
import { memoryLog } from '../support/log.ts'
import { personIn, type Seat } from '../support/person.ts'
import { says, startScriptedModel, wishes } from '../support/scripted-model.ts'
import { startStallingPostgres } from '../support/stalling-postgres.ts'

/** How many instances of the app share the database. */
export const INSTANCES = 3

type Database = Awaited<ReturnType<typeof startStallingPostgres>>
export type Place = { seat: Seat; channel: string; thread: string; text: string }
export type Storm = {
  /** The database itself, whatever is in the app's way to it. */
  url: string
  database: Database
  owner: Seat
  member: Seat
  entries: Map<string, number>
  asked: Place[]
  restart(at: number): Promise<void>
  ready(): Promise<unknown>
}

export async function buildStorm(stack: AsyncDisposableStack, databaseUrl: string): Promise<Storm> {
  const dataDir = await mkdtemp(join(tmpdir(), 'patchbay-storm-'))
  stack.defer(() => rm(dataDir, { recursive: true, force: true }))
  const database = stack.use(await startStallingPostgres(databaseUrl))
  const ledger = stack.use(await startLedger())
  const model = stack.use(await startScriptedModel())
  model.always((request) => {
    const said = JSON.stringify(request.messages)
    // A request in direct messages comes with the ones before it, and is the last.
    const id = [...said.matchAll(/please enter (\w+)/g)].at(-1)?.[1]
    return id === undefined || said.includes('"tool_result"') ? says(`All done ${id}`) : wishes('ledger__enter', { id })
  })
  const ports = await Promise.all(Array.from({ length: INSTANCES }, () => freePort()))
  const slack = stack.use(
    await startSlackEmulator({
      port: 0,
      mode: 'http',
      appUrls: ports.map((port) => `http://127.0.0.1:${port}/slack/events`),
      log: memoryLog().log,
      retryDelaysMs: [200, 1_000, 3_000, 6_000, 10_000],
    }),
  )
  const settings = {
    SLACK_BOT_TOKEN: slack.botToken,
    SLACK_SIGNING_SECRET: slack.signingSecret,
    SLACK_API_URL: slack.apiUrl,
    DATABASE_URL: database.url,
    ANTHROPIC_BASE_URL: model.baseURL,
    ANTHROPIC_API_KEY: 'none',
    EGRESS_ALLOW: ledger.host,
    DATA_DIR: dataDir,
    LOG_LEVEL: 'error',
  }
  const fleet = startFleet(stack, (port) => startInstance({ ...settings, PORT: String(port) }), ports)
  await fleet.ready()
  const [owner, member] = [personIn(slack.url, 'owner'), personIn(slack.url, 'member')]
  for (const seat of [owner, member]) await seat.connect('custom', { Name: 'ledger', Address: ledger.url })
  return { url: databaseUrl, database, owner, member, entries: ledger.entries, asked: [], ...fleet }
}

function startFleet(stack: AsyncDisposableStack, start: (port: number) => Instance, ports: number[]) {
  const running = ports.map(start)
  stack.defer(async () => {
    for (const one of running) one.kill('SIGKILL')
    await Promise.all(running.map(({ ended }) => ended))
  })
  const ready = () => Promise.all(running.map((one) => one.ready))
  return {
    ready,
    /** Kills an instance that is ready, and starts it again; another one serves meanwhile. */
    async restart(at: number) {
      running[at]?.kill('SIGKILL')
      await running[at]?.ended
      running[at] = start(ports[at] ?? 0)
    },
  }
}
