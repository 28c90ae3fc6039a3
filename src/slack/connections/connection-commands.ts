import type { App } from '@slack/bolt'
import { LIMITS } from '../../block-kit/limits.ts'
import { FROM_FILE } from '../../connect/shared/managed-connection.ts'
import { ConnectionId } from '../../ids.ts'
import type { Connection } from '../../registry/connection.ts'
import { actionsBlock, type MessageContent, sectionBlock } from '../blocks/build-blocks.ts'
import { escapeMrkdwn } from '../blocks/text.ts'
import type { ConnectionDeps, HomeTabDeps, RunsDeps, WebApiDeps } from '../deps.ts'
import { findNamedConnection } from '../interactions/find-by-name.ts'
import { findConnectionFor } from '../interactions/find-for-person.ts'
import { type Command, onButtonPress, onDurablePress, type Responder } from '../interactions/interaction.ts'
import { replyConnectOffer } from '../onboarding/demo-card.ts'
import { roleOf } from '../rules/roles.ts'
import { sharedFor } from '../shared/share-command.ts'
import { KEEPS_FILES } from '../shared/share-form.ts'
import { sharedBlocks } from '../shared/shared-blocks.ts'
import { otherNamesFor } from '../tool-changes/accept-changes.ts'
import { createChangesButton, toolChangesMessage } from '../tool-changes/tool-changes-message.ts'
import {
  chooseConnectionMessage,
  connectionsMessage,
  disconnectConfirmMessage,
  disconnectedMessage,
} from './connections-message.ts'
import { lacksSqlFunction } from './sql-function-command.ts'
import { type TestedConnection, testResultMessage } from './test-result-message.ts'

/** Longer than the slowest first start of a server, and well within a response_url's 30 minutes. */
const TEST_TIMEOUT_MS = 90_000

export const testCommand: Command = {
  name: 'test',
  usage: '[connection]',
  description: 'checks that a connection works',
  rare: true,
  async run(deps, { words, responder }) {
    const [name] = words
    const one = name === undefined ? undefined : await findNamedConnection(deps, responder, name, 'test')
    if (name !== undefined && one === undefined) return
    const connections = one ? [one] : await deps.registry.connectionsOf(responder.by)
    if (connections.length === 0) {
      await replyConnectOffer(deps, responder, 'Test')
      return
    }
    await responder.showLoading('Test', ':hourglass_flowing_sand: Testing…')
    const results = await Promise.all(connections.map((connection) => testConnection(deps, responder, connection)))
    // The differences of several connections do not fit in one message.
    const shown = results.map((one) =>
      one.changes && results.length > 1 ? { ...one, changes: waitingMessage(one.name) } : one,
    )
    await responder.reply(testResultMessage(shown), 'Test')
    deps.refreshHome(responder.by)
  },
}

const waitingMessage = (name: string): MessageContent => ({
  text: '',
  blocks: [actionsBlock([createChangesButton(name)])],
})

async function testConnection(
  deps: RunsDeps & ConnectionDeps,
  { by }: Responder,
  { id, name }: Connection,
): Promise<TestedConnection> {
  const { connect, runs } = deps
  const outcome = await connect.test(by, id, AbortSignal.timeout(TEST_TIMEOUT_MS))
  if (!outcome.ok) return { name, outcome, leftOut: [], circuit: connect.circuit(id) }
  const now = await findConnectionFor(deps, by, id)
  const unusable = runs.leftOut((now?.tools ?? []).map((tool) => ({ connection: name, tool })))
  const leftOut = [...(now?.unusableTools ?? []), ...unusable]
  const changes = now?.changes && toolChangesMessage(now, await otherNamesFor(deps, by, id))
  return { name, outcome, leftOut, lacksSql: now !== undefined && lacksSqlFunction(now), changes }
}

export const listCommand: Command = {
  name: 'list',
  usage: '',
  description: 'shows your connections',
  async run(deps, { responder }) {
    const { registry, connect } = deps
    const connections = await registry.connectionsOf(responder.by)
    const title = 'Your connections'
    const isOwner = (await roleOf(deps, responder.by)) === 'owner'
    const shared = sharedBlocks(await sharedFor(deps, responder.by, isOwner), connect.cardOf, isOwner)
    if (connections.length + shared.length === 0) return replyConnectOffer(deps, responder, title)
    const { text, blocks } = connectionsMessage(connections, connect.cardOf, connect.circuit, isOwner)
    await responder.reply({ text, blocks: [...blocks, ...shared].slice(0, LIMITS.message.blocks) }, title)
  },
}

export const disconnectCommand: Command = {
  name: 'disconnect',
  usage: '[name]',
  description: 'removes a connection and its secret',
  async run(deps, { words, responder }) {
    const [name] = words
    if (name === undefined) {
      const all = await deps.registry.connectionsOf(responder.by)
      const question = 'Which connection do you want to disconnect?'
      await (all.length === 0
        ? replyConnectOffer(deps, responder, 'Disconnect')
        : responder.reply(chooseConnectionMessage(question, 'disconnect', all), 'Disconnect'))
      return
    }
    const one = await findNamedConnection(deps, responder, name, 'disconnect')
    if (one === undefined) return
    if (one.shared?.fromFile) return responder.replyError(FROM_FILE)
    await responder.reply(
      disconnectConfirmMessage(one, deps.connect.cardOf(one), KEEPS_FILES.has(one.card)),
      'Disconnect',
    )
  },
}

export function registerDisconnect(app: App, deps: WebApiDeps & ConnectionDeps & HomeTabDeps): void {
  onDurablePress(app, deps, 'disconnect_yes', async ({ by, value, responder, ack }) => {
    const disconnected = await deps.connect.disconnect(by, ConnectionId.parse(value))
    await ack()
    const content = disconnected
      ? disconnectedMessage(disconnected, KEEPS_FILES.has(disconnected.card))
      : { text: 'That was disconnected already.', blocks: [sectionBlock('That was disconnected already.')] }
    await responder.replace(content, 'Disconnect')
    deps.refreshHome(by)
  })
  onButtonPress(app, deps, 'disconnect_no', async ({ value, responder }) => {
    const text = `${value} stays connected.`
    await responder.replace({ text, blocks: [sectionBlock(escapeMrkdwn(text))] }, 'Disconnect')
  })
}
