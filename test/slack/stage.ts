import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startSlackEmulator } from '../../slack-emulator/start-slack-emulator.ts'
import type { Connection } from '../../src/registry/connection.ts'
import type { Door } from '../../src/run/news.ts'
import { createSlack, type Slack } from '../../src/slack/create-slack.ts'
import { memoryLog } from '../support/log.ts'
import { personIn } from '../support/person.ts'
import { fakeConnect, fakeOffering, fakeRules, fakeRuns, fakeWorkspace } from './fakes.ts'

/** The door on a local Slack workspace, with runs, connections and rules in memory behind it. */
export async function startStage(
  options: { mode?: 'http' | 'socket'; connections?: Connection[]; retryDelaysMs?: number[] } = {},
) {
  const mode = options.mode ?? 'http'
  const { log, text } = memoryLog()
  await using starting = new AsyncDisposableStack()
  const slack = starting.use(
    await startSlackEmulator({
      port: 0,
      mode,
      appUrls: [],
      log,
      ...(options.retryDelaysMs && { retryDelaysMs: options.retryDelaysMs }),
    }),
  )
  const fakes = {
    ...fakeRuns((): Door => door.door),
    connecting: fakeConnect(options.connections),
    ruling: fakeRules(),
    house: fakeWorkspace(),
  }
  const { connect, registry } = fakes.connecting
  const settings = {
    botToken: slack.botToken,
    apiUrl: slack.apiUrl,
    ...(mode === 'http' ? { signingSecret: slack.signingSecret } : { appToken: slack.appToken }),
  }
  const door: Slack = starting.use(
    await createSlack({
      settings,
      runs: fakes.runs,
      connect,
      offering: fakeOffering(),
      registry,
      rules: fakes.ruling.rules,
      workspaceSettings: fakes.house.settings,
      usage: fakes.house.usage,
      reminders: { approvals: noneDue, inputs: noneDue },
      log,
    }),
  )
  if (door.requestListener) {
    const server = createServer(door.requestListener)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    starting.defer(() => new Promise<void>((resolve) => void server.close(() => resolve()).closeAllConnections()))
    slack.setAppUrls([`http://127.0.0.1:${portOf(server.address())}/slack/events`])
  }
  await door.start()
  const things = starting.move()
  return {
    ...fakes,
    slack,
    door: door.door,
    log: text,
    as: (who: 'owner' | 'approver' | 'member') => personIn(slack.url, who),
    [Symbol.asyncDispose]: () => things.disposeAsync(),
  }
}
const noneDue = { claim: async () => [], giveBack: async () => undefined }

export type Stage = Awaited<ReturnType<typeof startStage>>

const portOf = (address: AddressInfo | string | null): number =>
  typeof address === 'object' && address !== null ? address.port : 0
