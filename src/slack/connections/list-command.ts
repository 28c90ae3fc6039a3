import type { Command } from '../interactions/command.ts'
import { connectionsMessage } from './connections-message.ts'

export const listCommand: Command = {
  name: 'list',
  usage: '',
  what: 'shows your connections',
  async run({ registry, connect }, { scene }) {
    const connections = await registry.connectionsOf(scene.by)
    await scene.reply(connectionsMessage(connections, connect.cardOf, connect.circuit), 'Your connections')
  },
}
