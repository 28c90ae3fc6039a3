/** Stands for the app: opens a session with a server of each local card, prints its folder, and waits to be killed. */

import { createBuiltinServers } from '../../src/builtin/builtin-servers.ts'
import { readCards } from '../../src/cards/read.ts'
import { createServerTargets } from '../../src/connect/server-targets.ts'
import { createEgress } from '../../src/egress/egress.ts'
import { PERSON, ROOT, startMcpHouse } from '../support/mcp-house.ts'

const builtin = createBuiltinServers({ egress: createEgress({ allow: [] }) })
const sandbox = process.argv[2] === 'sandbox' ? 'required' : 'off'
const house = await startMcpHouse({ root: ROOT, builtin, sandbox })
const targets = createServerTargets(readCards('run-cards'), house.folder)
const calls = [
  ['everything', 'trigger-long-running-operation', { duration: 60, steps: 60 }],
  ['filesystem', 'list_allowed_directories', {}],
  ['memory', 'read_graph', {}],
  ['demo-database', 'search_objects', { object_type: 'table' }],
] as const
for (const [card, tool, args] of calls) {
  const connection = await house.connected(targets.target({ ...PERSON, name: card, card, inputs: {} }))
  const answered = house.call(connection, tool, args)
  // The first is killed in the middle of a call.
  if (card === 'everything') await house.call(connection, 'echo', { message: 'up' })
  else await answered
}
console.log(house.folder)
