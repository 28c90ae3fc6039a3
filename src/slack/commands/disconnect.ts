import type { App } from '@slack/bolt'
import { ConnectionId } from '../../ids.ts'
import type { Deps } from '../deps.ts'
import { onPress } from '../press.ts'
import { section } from '../views/blocks.ts'
import { askDisconnect, chooseConnection, sayDisconnected, sayNothingConnected } from '../views/connections.ts'
import { literal } from '../views/text.ts'
import type { Command } from './command.ts'
import { named } from './named.ts'

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
      const saying = all.length === 0 ? sayNothingConnected : chooseConnection(question, 'disconnect', all)
      await scene.say(saying, 'Disconnect')
      return
    }
    const one = await named(deps, scene, name, 'disconnect')
    if (one === undefined) return
    await scene.say(askDisconnect(one, deps.connect.cardOf(one), KEEPS_FILES.has(one.card)), 'Disconnect')
  },
}

export function registerDisconnect(app: App, deps: Deps): void {
  onPress(app, deps, 'disconnect_yes', async ({ by, value, scene }) => {
    const gone = await deps.connect.disconnect(by, ConnectionId.parse(value))
    const saying = gone
      ? sayDisconnected(gone, KEEPS_FILES.has(gone.card))
      : { text: 'That was disconnected already.', blocks: [section('That was disconnected already.')] }
    await scene.instead(saying, 'Disconnect')
    deps.refreshHome(by)
  })
  onPress(app, deps, 'disconnect_no', async ({ value, scene }) => {
    const text = `${value} stays connected.`
    await scene.instead({ text, blocks: [section(literal(text))] }, 'Disconnect')
  })
}
