import type { Connection } from '../../registry/connection.ts'
import type { Deps } from '../deps.ts'
import { connectionFor } from '../lookups.ts'
import type { Scene } from '../scene.ts'
import { sayNothingConnected } from '../views/connections.ts'
import { sayTested, type Tested } from '../views/test-result.ts'
import type { Command } from './command.ts'
import { named } from './named.ts'

/** Longer than the slowest first start of a server, and well inside a response_url's half hour. */
const TEST_TIMEOUT_MS = 90_000

export const testCommand: Command = {
  name: 'test',
  usage: '[connection]',
  what: 'checks that a connection works',
  async run(deps, { words, scene }) {
    const [name] = words
    const one = name === undefined ? undefined : await named(deps, scene, name, 'test')
    if (name !== undefined && one === undefined) return
    const connections = one ? [one] : await deps.registry.connectionsOf(scene.by)
    if (connections.length === 0) {
      await scene.say(sayNothingConnected, 'Test')
      return
    }
    await scene.wait('Test', ':hourglass_flowing_sand: Testing…')
    const results = await Promise.all(connections.map((connection) => tested(deps, scene, connection)))
    await scene.say(sayTested(results), 'Test')
    deps.refreshHome(scene.by)
  },
}

async function tested(deps: Deps, { by }: Scene, { id, name }: Connection): Promise<Tested> {
  const { connect, runs } = deps
  const outcome = await connect.test(by, id, AbortSignal.timeout(TEST_TIMEOUT_MS))
  if (!outcome.ok) return { name, outcome, leftOut: [], circuit: connect.circuit(id) }
  const now = await connectionFor(deps, by, id)
  const unfit = runs.leftOut((now?.tools ?? []).map((tool) => ({ connection: name, tool })))
  return { name, outcome, leftOut: [...(now?.leftOut ?? []), ...unfit] }
}
