import type { KnownBlock } from '@slack/types'
import type { CardInfo, DisconnectedConnection } from '../../connect/connect.ts'
import type { Connection } from '../../registry/connection.ts'
import { actions, button, commandButton, context, type Saying, section } from './blocks.ts'
import { type CircuitOf, sayCircuit } from './circuit.ts'
import { clip, literal, moment, plural } from './text.ts'

/** The card behind a connection. */
export type CardOf = (connection: Connection) => CardInfo | undefined

const CLOSED: CircuitOf = () => ({ kind: 'closed' })

const STATUS = {
  connected: ':large_green_circle: connected',
  failing: ':red_circle: failing',
  needs_sign_in: ':large_yellow_circle: needs sign-in',
}

export const sayNothingConnected: Saying = {
  text: 'You have no connections yet. Connect one with /mcp connect.',
  blocks: [
    section('You have no connections yet. Connect a tool and I can use it for you.'),
    actions([
      commandButton('Connect a tool', 'connect', 'primary'),
      commandButton('Try the demo database', 'connect demo-database'),
    ]),
  ],
}

/** A person's connections with what can be done to each. */
export function sayConnections(connections: Connection[], cardOf: CardOf, circuitOf = CLOSED): Saying {
  if (connections.length === 0) return sayNothingConnected
  return {
    text: `Your connections: ${connections.map((one) => `${one.name} (${plural(one.tools.length, 'tool')})`).join(', ')}`,
    blocks: [
      section(`*Your ${plural(connections.length, 'connection')}*`),
      // Each takes two blocks of a message's fifty.
      ...connections.slice(0, 20).flatMap((one) => connectionBlocks(one, cardOf, circuitOf)),
      ...(connections.length > 20
        ? [context(`and ${connections.length - 20} more. To see one of them, add its name: \`/mcp tools name\``)]
        : []),
      actions([commandButton('Connect another', 'connect')], 'connections more'),
    ],
  }
}

export function connectionBlocks(one: Connection, cardOf: CardOf, circuitOf = CLOSED): KnownBlock[] {
  const card = cardOf(one)
  const used = one.lastUsed === undefined ? 'not used yet' : `last used ${moment(one.lastUsed)}`
  const reason = one.status === 'connected' || !one.statusReason ? '' : `\n${literal(clip(one.statusReason, 300))}`
  const rest = sayCircuit(circuitOf(one.id))
  const facts = `${STATUS[one.status]} · ${plural(one.tools.length, 'tool')} · ${used}`
  return [
    section(
      `${card?.icon ?? ':electric_plug:'} *${literal(one.name)}* (${literal(card?.title ?? one.card)})\n${facts}${reason}${rest === '' ? '' : `\n${rest}`}`,
    ),
    actions(
      [
        ...(one.status === 'connected' ? [] : [mendButton(one)]),
        commandButton('Tools', `tools ${one.name}`),
        ...(one.offers?.resources ? [commandButton('Resources', `resources ${one.name}`)] : []),
        ...(one.offers?.prompts ? [commandButton('Prompts', `prompts ${one.name}`)] : []),
        ...(one.offers?.skills ? [commandButton('Skills', `skills ${one.name}`)] : []),
        commandButton('Test', `test ${one.name}`),
        commandButton('Disconnect', `disconnect ${one.name}`),
      ],
      `connection ${one.id}`,
    ),
  ]
}

/** A sign-in is made with the browser, anything else is filled in. */
const mendButton = ({ name, status, signsIn }: Connection) =>
  status === 'needs_sign_in' && signsIn
    ? commandButton('Sign in', `sign-in ${name}`, 'primary')
    : commandButton('Reconnect', `reconnect ${name}`, 'primary')

/** What is lost, before it is. */
export function askDisconnect(one: Connection, card: CardInfo | undefined, keepsFiles: boolean): Saying {
  const lost = [
    `its ${plural(one.tools.length, 'tool')}`,
    ...(one.credential === undefined ? [] : ['the saved secret']),
    ...(one.signsIn ? ['your sign-in'] : []),
    'your always-allow rules for it',
  ]
  const files = keepsFiles ? ' Files it made for you stay.' : ''
  const text = `Disconnect ${one.name}?`
  return {
    text,
    blocks: [
      section(
        `*Disconnect ${literal(one.name)}* (${literal(card?.title ?? one.card)})? You lose ${lost.slice(0, -1).join(', ')} and ${lost.at(-1)}. This cannot be undone.${files}`,
      ),
      actions([
        button({ text: 'Disconnect', action: 'disconnect_yes', value: one.id, style: 'danger' }),
        button({ text: 'Keep it', action: 'disconnect_no', value: one.name }),
      ]),
    ],
  }
}

type Gone = Pick<DisconnectedConnection, 'name' | 'revoked'>

export function sayDisconnected({ name, revoked }: Gone, keepsFiles: boolean): Saying {
  const files = keepsFiles ? '; files it made for you stay' : ''
  const ended = revoked === undefined ? '' : ` ${REVOKED[revoked]}`
  const text = `Disconnected ${name}. Its secret and its tools are gone${files}.${ended}`
  return { text, blocks: [section(literal(text)), actions([commandButton('My connections', 'list')])] }
}

/** What became of the sign-in at the service itself. */
const REVOKED: Record<NonNullable<DisconnectedConnection['revoked']>, string> = {
  revoked: 'Your sign-in at the service has ended, too.',
  unsupported:
    'I cannot end your sign-in at this service from here. To end it now, remove Patchbay in your account there.',
  failed: 'But I could not end your sign-in at the service. To end it now, remove Patchbay in your account there.',
}

/** Which one is meant: a button for each. */
export function chooseConnection(question: string, command: string, connections: Connection[]): Saying {
  const names = connections.slice(0, 20)
  return {
    text: question,
    blocks: [section(question), actions(names.map((one) => commandButton(one.name, `${command} ${one.name}`)))],
  }
}

export function sayNoSuchConnection(name: string, command: string, near: string | undefined): Saying {
  const hint = near === undefined ? '' : ` Did you mean *${literal(near)}*?`
  const text = `You have no connection called "${clip(name, 60)}".`
  return {
    text: `${text}${near === undefined ? '' : ` Did you mean ${near}?`}`,
    blocks: [
      section(`${literal(text)}${hint}`),
      actions([
        ...(near === undefined ? [] : [commandButton(`Yes, ${command} ${near}`, `${command} ${near}`, 'primary')]),
        commandButton('My connections', 'list'),
      ]),
    ],
  }
}
