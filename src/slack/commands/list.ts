import { sayConnections } from '../views/connections.ts'
import type { Command } from './command.ts'

export const listCommand: Command = {
  name: 'list',
  usage: '',
  what: 'shows your connections',
  async run({ registry, connect }, { scene }) {
    const connections = await registry.connectionsOf(scene.by)
    await scene.say(sayConnections(connections, connect.cardOf, connect.circuit), 'Your connections')
  },
}
