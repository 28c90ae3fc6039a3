import type { KnownBlock } from '@slack/types'
import type { CardInfo, Connect, DisconnectedConnection } from '../../connect/connect-types.ts'
import { WORKSPACE_USER } from '../../ids.ts'
import type { Connection } from '../../registry/connection.ts'
import { isOwnCardName } from '../../registry/own-cards.ts'
import { truncate } from '../../text.ts'
import {
  actionsBlock,
  contextBlock,
  createButton,
  createCommandButton,
  type MessageContent,
  sectionBlock,
} from '../blocks/build-blocks.ts'
import { escapeMrkdwn, formatDate, joinWords, pluralize } from '../blocks/text.ts'
import { createChangesButton, waitingChangesText } from '../tool-changes/tool-changes-message.ts'

/** The card behind a connection. */
export type CardOf = (connection: Connection) => CardInfo | undefined

const ALWAYS_CLOSED: CircuitOf = () => ({ kind: 'closed' })

const STATUS = {
  connected: ':large_green_circle: connected',
  failing: ':red_circle: failing',
  needs_sign_in: ':large_yellow_circle: needs sign-in',
}

/** A person's connections with buttons for each. */
export function connectionsMessage(
  connections: Connection[],
  cardOf: CardOf,
  circuitOf = ALWAYS_CLOSED,
  mayShare = false,
): MessageContent {
  return {
    text: [titleOf(connections.length), ...namesIn(connections)].join(': '),
    blocks: [
      sectionBlock(`*${titleOf(connections.length)}*`),
      // Each takes two of a message's 50 blocks.
      ...connections.slice(0, 20).flatMap((one) => connectionBlocks(one, cardOf, circuitOf, mayShare)),
      ...(connections.length > 20
        ? [
            contextBlock(
              `and ${connections.length - 20} more. To see one of them, type \`/mcp tools name\` in our direct messages.`,
            ),
          ]
        : []),
      actionsBlock([createCommandButton('Connect another', 'connect')], 'connections more'),
    ],
  }
}

export function connectionBlocks(
  one: Connection,
  cardOf: CardOf,
  circuitOf = ALWAYS_CLOSED,
  mayShare = false,
): KnownBlock[] {
  const card = cardOf(one)
  const used = one.lastUsed === undefined ? 'not used yet' : `last used ${formatDate(one.lastUsed)}`
  const reason =
    one.status === 'connected' || !one.statusReason ? '' : `\n${escapeMrkdwn(truncate(one.statusReason, 300))}`
  const rest = circuitText(circuitOf(one.id))
  const waiting = waitingChangesText(one)
  const facts = `${STATUS[one.status]} · ${pluralize(one.tools.length, 'tool')} · ${used}`
  return [
    sectionBlock(
      `${card?.icon ?? ':electric_plug:'} *${escapeMrkdwn(one.name)}* (${escapeMrkdwn(card?.title ?? one.card)})\n${facts}${reason}${rest === '' ? '' : `\n${rest}`}${waiting === '' ? '' : `\n${waiting}`}`,
    ),
    actionsBlock(
      [
        ...(one.status === 'connected' ? [] : [repairButton(one)]),
        ...(waiting === '' ? [] : [createChangesButton(one.name)]),
        createCommandButton('Tools', `tools ${one.name}`),
        ...offerButtons(one),
        createCommandButton('Test', `test ${one.name}`),
        ...(canBeSaved(one) ? [createCommandButton('Save as a run card', `save-card ${one.name}`)] : []),
        ...shareButtons(one, mayShare),
        createCommandButton('Disconnect', `disconnect ${one.name}`),
      ],
      `connection ${one.id}`,
    ),
  ]
}

const namesIn = (connections: Connection[]): string[] =>
  connections.length === 0
    ? []
    : [connections.map((one) => `${one.name} (${pluralize(one.tools.length, 'tool')})`).join(', ')]

function titleOf(count: number): string {
  if (count === 0) return 'You have connected nothing of your own'
  return `Your ${count === 1 ? 'connection' : pluralize(count, 'connection')}`
}

const shareButtons = ({ name, status }: Connection, mayShare: boolean) =>
  mayShare && status === 'connected' ? [createCommandButton('Share', `share ${name}`)] : []

const offerButtons = ({ name, offers }: Connection) => [
  ...(offers?.resources ? [createCommandButton('Resources', `resources ${name}`)] : []),
  ...(offers?.prompts ? [createCommandButton('Prompts', `prompts ${name}`)] : []),
  ...(offers?.skills ? [createCommandButton('Skills', `skills ${name}`)] : []),
]

/** A card is made of what a person found themselves, by its address or in a configuration, and what works. */
export const canBeSaved = ({ status, card, entry }: Pick<Connection, 'status' | 'card' | 'entry'>): boolean =>
  status === 'connected' && (card === 'custom' || (entry !== undefined && isOwnCardName(entry.name)))

/** An OAuth connection needs a sign-in, any other its inputs again. */
const repairButton = ({ name, status, signsIn }: Connection) =>
  status === 'needs_sign_in' && signsIn
    ? createCommandButton('Sign in', `sign-in ${name}`, 'primary')
    : createCommandButton('Reconnect', `reconnect ${name}`, 'primary')

/** Asks for confirmation and says what will be deleted. */
export function disconnectConfirmMessage(
  one: Connection,
  card: CardInfo | undefined,
  keepsFiles: boolean,
): MessageContent {
  const isShared = one.user === WORKSPACE_USER
  const lost = [
    `its ${pluralize(one.tools.length, 'tool')}`,
    ...(one.credential === undefined ? [] : ['the saved secret']),
    ...(one.signsIn ? [isShared ? 'its sign-in' : 'your sign-in'] : []),
    ...(isShared ? [] : ['your always-allow rules for it']),
  ]
  const files = keepsFiles ? ' Files it made for you stay.' : ''
  const whose = isShared ? 'It is a workspace connection. Everybody who uses it loses' : 'You lose'
  const text = `Disconnect ${one.name}?`
  return {
    text,
    blocks: [
      sectionBlock(
        `*Disconnect ${escapeMrkdwn(one.name)}* (${escapeMrkdwn(card?.title ?? one.card)})? ${whose} ${joinWords(lost)}. This cannot be undone.${files}`,
      ),
      actionsBlock([
        createButton({ text: 'Disconnect', action: 'disconnect_yes', value: one.id, style: 'danger' }),
        createButton({ text: 'Keep it', action: 'disconnect_no', value: one.name }),
      ]),
    ],
  }
}

type Disconnected = Pick<DisconnectedConnection, 'name' | 'revoked' | 'credential'>

export function disconnectedMessage({ name, revoked, credential }: Disconnected, keepsFiles: boolean): MessageContent {
  const files = keepsFiles ? '; files it made for you stay' : ''
  const revokedText = revoked === undefined ? '' : ` ${REVOKED[revoked]}`
  // A sign-in is a secret as well.
  const gone = credential === undefined && revoked === undefined ? 'Its tools' : 'Its secret and its tools'
  const text = `Disconnected ${name}. ${gone} are gone${files}.${revokedText}`
  return {
    text,
    blocks: [sectionBlock(escapeMrkdwn(text)), actionsBlock([createCommandButton('My connections', 'list')])],
  }
}

/** Whether the tokens were revoked at the authorization server. */
const REVOKED: Record<NonNullable<DisconnectedConnection['revoked']>, string> = {
  revoked: 'Your sign-in at the service has ended, too.',
  unsupported:
    'I cannot end your sign-in at this service from here. To end it now, remove Patchbay in your account there.',
  failed: 'But I could not end your sign-in at the service. To end it now, remove Patchbay in your account there.',
}

/** Asks which connection is meant, with a button for each. */
export function chooseConnectionMessage(question: string, command: string, connections: Connection[]): MessageContent {
  const names = connections.slice(0, 20)
  return {
    text: question,
    blocks: [
      sectionBlock(question),
      actionsBlock(names.map((one) => createCommandButton(one.name, `${command} ${one.name}`))),
    ],
  }
}

export type CircuitOf = Connect['circuit']

/** The state of a connection's circuit breaker in words; empty when it is closed. */
export function circuitText(circuit: ReturnType<CircuitOf>): string {
  switch (circuit.kind) {
    case 'closed':
      return ''
    case 'open':
      return `:zzz: left alone until ${formatDate(circuit.until)}, after ${pluralize(circuit.failures, 'failed try', 'failed tries')} in a row. _Test_ tries at once.`
    case 'half_open':
      return ':zzz: was left alone; the next request tries it again.'
    default:
      return circuit satisfies never
  }
}
