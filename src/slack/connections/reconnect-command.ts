import type { Connection } from '../../registry/connection.ts'
import { escapeMrkdwn } from '../blocks/text.ts'
import type { SlackDeps } from '../deps.ts'
import type { Command } from '../interactions/command.ts'
import { findNamedConnection } from '../interactions/connection-by-name.ts'
import type { Responder } from '../interactions/responder.ts'
import { connectModal } from './connect-form.ts'

/** Behind the Reconnect buttons. */
export const reconnectCommand: Command = {
  name: 'reconnect',
  usage: '[connection]',
  what: 'repairs a connection',
  hidden: true,
  async run(deps, { words, scene }) {
    const connection = await findNamedConnection(deps, scene, words[0] ?? '', 'reconnect')
    if (connection) await openReconnect(deps, scene, connection)
  },
}

async function openReconnect({ connect }: SlackDeps, scene: Responder, connection: Connection): Promise<void> {
  const card = connect.cardOf(connection)
  if (card === undefined) {
    await scene.replyError(
      `${escapeMrkdwn(connection.name)} cannot be reconnected: its service is not offered here any more. Disconnect it, or ask whoever runs Patchbay here.`,
    )
    return
  }
  const keep = { connection: connection.id, ...(scene.channel && { channel: scene.channel }) }
  await scene.openModal(connectModal({ cards: [card], card, name: connection.name, values: connection.inputs, keep }))
}
