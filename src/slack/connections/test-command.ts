import type { Connection } from '../../registry/connection.ts'
import type { SlackDeps } from '../deps.ts'
import type { Command } from '../interactions/command.ts'
import { findNamedConnection } from '../interactions/connection-by-name.ts'
import { findConnectionFor } from '../interactions/find-for-person.ts'
import type { Responder } from '../interactions/responder.ts'
import { nothingConnectedMessage } from './connections-message.ts'
import { type TestedConnection, testResultMessage } from './test-result-message.ts'

/** Longer than the slowest first start of a server, and well inside a response_url's half hour. */
const TEST_TIMEOUT_MS = 90_000

export const testCommand: Command = {
  name: 'test',
  usage: '[connection]',
  what: 'checks that a connection works',
  async run(deps, { words, scene }) {
    const [name] = words
    const one = name === undefined ? undefined : await findNamedConnection(deps, scene, name, 'test')
    if (name !== undefined && one === undefined) return
    const connections = one ? [one] : await deps.registry.connectionsOf(scene.by)
    if (connections.length === 0) {
      await scene.reply(nothingConnectedMessage, 'Test')
      return
    }
    await scene.showLoading('Test', ':hourglass_flowing_sand: Testing…')
    const results = await Promise.all(connections.map((connection) => tested(deps, scene, connection)))
    await scene.reply(testResultMessage(results), 'Test')
    deps.refreshHome(scene.by)
  },
}

async function tested(deps: SlackDeps, { by }: Responder, { id, name }: Connection): Promise<TestedConnection> {
  const { connect, runs } = deps
  const outcome = await connect.test(by, id, AbortSignal.timeout(TEST_TIMEOUT_MS))
  if (!outcome.ok) return { name, outcome, leftOut: [], circuit: connect.circuit(id) }
  const now = await findConnectionFor(deps, by, id)
  const unfit = runs.leftOut((now?.tools ?? []).map((tool) => ({ connection: name, tool })))
  return { name, outcome, leftOut: [...(now?.leftOut ?? []), ...unfit] }
}
