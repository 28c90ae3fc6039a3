import type { Connection } from '../../registry/connection.ts'
import type { Deps } from '../deps.ts'
import type { Scene } from '../scene.ts'
import { connectForm } from '../views/connect-form.ts'
import { literal } from '../views/text.ts'
import type { Command } from './command.ts'
import { named } from './named.ts'

/** Behind the Reconnect buttons. */
export const reconnectCommand: Command = {
  name: 'reconnect',
  usage: '[connection]',
  what: 'repairs a connection',
  hidden: true,
  async run(deps, { words, scene }) {
    const connection = await named(deps, scene, words[0] ?? '', 'reconnect')
    if (connection) await openReconnect(deps, scene, connection)
  },
}

async function openReconnect({ connect }: Deps, scene: Scene, connection: Connection): Promise<void> {
  const card = connect.cardOf(connection)
  if (card === undefined) {
    await scene.trouble(
      `${literal(connection.name)} cannot be reconnected: its service is not offered here any more. Disconnect it, or ask whoever runs Patchbay here.`,
    )
    return
  }
  const keep = { connection: connection.id, ...(scene.channel && { channel: scene.channel }) }
  await scene.open(connectForm({ cards: [card], card, name: connection.name, values: connection.inputs, keep }))
}
