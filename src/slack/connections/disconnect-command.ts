import type { App } from '@slack/bolt'
import { ConnectionId } from '../../ids.ts'
import { sectionBlock } from '../blocks/blocks.ts'
import { escapeMrkdwn } from '../blocks/text.ts'
import type { SlackDeps } from '../deps.ts'
import { onButtonPress } from '../interactions/button-press.ts'
import type { Command } from '../interactions/command.ts'
import { findNamedConnection } from '../interactions/connection-by-name.ts'
import {
  chooseConnectionMessage,
  disconnectConfirmMessage,
  disconnectedMessage,
  nothingConnectedMessage,
} from './connections-message.ts'

/** Cards that keep files for a person, which outlive the connection. */
const KEEPS_FILES = new Set(['filesystem', 'memory'])

export const disconnectCommand: Command = {
  name: 'disconnect',
  usage: '[name]',
  what: 'removes a connection and its secret',
  async run(deps, { words, scene }) {
    const [name] = words
    if (name === undefined) {
      const all = await deps.registry.connectionsOf(scene.by)
      const question = 'Which connection do you want to disconnect?'
      const saying = all.length === 0 ? nothingConnectedMessage : chooseConnectionMessage(question, 'disconnect', all)
      await scene.reply(saying, 'Disconnect')
      return
    }
    const one = await findNamedConnection(deps, scene, name, 'disconnect')
    if (one === undefined) return
    await scene.reply(disconnectConfirmMessage(one, deps.connect.cardOf(one), KEEPS_FILES.has(one.card)), 'Disconnect')
  },
}

export function registerDisconnect(app: App, deps: SlackDeps): void {
  onButtonPress(app, deps, 'disconnect_yes', async ({ by, value, scene }) => {
    const gone = await deps.connect.disconnect(by, ConnectionId.parse(value))
    const saying = gone
      ? disconnectedMessage(gone, KEEPS_FILES.has(gone.card))
      : { text: 'That was disconnected already.', blocks: [sectionBlock('That was disconnected already.')] }
    await scene.replace(saying, 'Disconnect')
    deps.refreshHome(by)
  })
  onButtonPress(app, deps, 'disconnect_no', async ({ value, scene }) => {
    const text = `${value} stays connected.`
    await scene.replace({ text, blocks: [sectionBlock(escapeMrkdwn(text))] }, 'Disconnect')
  })
}
