import { permissionCardOf } from '../../connect/catalog/connectable-cards.ts'
import type { CardInfo } from '../../connect/connect-types.ts'
import type { Connection } from '../../registry/connection.ts'
import { isOwnCardName } from '../../registry/own-cards.ts'
import { truncate } from '../../text.ts'
import { actionsBlock, createCommandButton, type MessageContent, sectionBlock } from '../blocks/build-blocks.ts'
import { escapeMrkdwn, joinWords } from '../blocks/text.ts'
import type { ConnectionDeps, PolicyDeps, WebApiDeps } from '../deps.ts'
import { findNamedConnection, findNearestWord } from '../interactions/find-by-name.ts'
import type { Command, Responder } from '../interactions/interaction.ts'
import { alreadyConnectedMessage } from '../onboarding/welcome-message.ts'
import { DEMO_CARD } from '../onboarding/welcome-stage.ts'
import { connectRefusalFor } from '../rules/roles.ts'
import { createAllowButton, pickableCardsFor } from './allowed-cards.ts'
import { type ConnectMetadata, connectModal, connectPickerModal } from './connect-form.ts'
import { proposedNameFor, secretEntryFor } from './form-card.ts'

export const connectCommand: Command = {
  name: 'connect',
  usage: '[service]',
  description: 'connects a tool',
  async run(deps, { words, responder }) {
    const metadata: ConnectMetadata = responder.channel === undefined ? {} : { channel: responder.channel }
    const wanted = words.join(' ')
    if (wanted === '') return openPicker(deps, responder, metadata)
    const card = (await deps.connect.offer(responder.by, wanted)) ?? findCard(deps, wanted)
    const demo = card?.name === DEMO_CARD ? await findDemo(deps, responder) : undefined
    if (demo) await responder.reply(alreadyConnectedMessage(demo.name, deps.connect.startersOf(demo)), 'Connect a tool')
    else if (card) await openForm(deps, responder, card, metadata)
    else if (isOwnCardName(wanted)) await responder.replyError(CARD_GONE, createCardGoneButtons())
    else await responder.reply(noSuchCardMessage(wanted, nearestCardNames(deps, wanted)), 'Connect a tool')
  },
}

async function openPicker(
  deps: ConnectionDeps & PolicyDeps,
  responder: Responder,
  metadata: ConnectMetadata,
): Promise<void> {
  const cards = await pickableCardsFor(deps, responder.by)
  if (cards.length > 0) return void (await responder.openModal(connectPickerModal(cards, metadata)))
  const words = 'Nothing may be connected in this workspace yet. An owner can allow services in my Home tab.'
  await responder.replyError(words)
}

/** One that works: two of them hold the same rows. */
const findDemo = async ({ registry }: ConnectionDeps, { by }: Responder): Promise<Connection | undefined> =>
  (await registry.connectionsOf(by)).find(({ card, status }) => card === DEMO_CARD && status === 'connected')

/** The button of a list that is older than what it lists. */
const CARD_GONE = 'This card is not there any more, or is not shared with you. Search for it, or import it again.'

const createCardGoneButtons = () => [
  createCommandButton('Find a tool', 'search'),
  createCommandButton('Import tools', 'import'),
]

async function openForm(
  deps: WebApiDeps & ConnectionDeps & PolicyDeps,
  responder: Responder,
  card: CardInfo,
  metadata: ConnectMetadata,
): Promise<void> {
  const [cards, name, secrets] = await Promise.all([
    pickableCardsFor(deps, responder.by),
    proposedNameFor(deps, responder.by, card),
    secretEntryFor(deps, responder.by),
  ])
  const refusal = await connectRefusalFor(deps, responder.by, { name: permissionCardOf(card.name), title: card.title })
  if (refusal === undefined)
    await responder.openModal(connectModal({ cards, card, name, values: {}, metadata, ...secrets }))
  else await responder.reply(await notAllowedMessage(deps, responder, { card, refusal }), 'Connect a tool')
}

/** Owners get the button that allows the card. */
async function notAllowedMessage(
  { connect, people, settings }: WebApiDeps & ConnectionDeps & PolicyDeps,
  { by }: Responder,
  { card: { name, title }, refusal }: { card: CardInfo; refusal: string },
): Promise<MessageContent> {
  const wanted = permissionCardOf(name)
  const [{ mayManage }, { cards: allowed }] = await Promise.all([people.of(by.user), settings.of(by.workspace)])
  const allowable = mayManage && allowed?.includes(wanted) === false ? connect.card(wanted) : undefined
  const text = allowable ? `${title} may not be connected in this workspace.` : refusal
  const buttons = [
    ...(allowable ? [createAllowButton(allowable, name)] : []),
    createCommandButton('Show all services', 'connect'),
  ]
  return { text, blocks: [sectionBlock(escapeMrkdwn(text)), actionsBlock(buttons)] }
}

/** The card of that name or title, ignoring case, spaces and dashes. */
function findCard({ connect }: ConnectionDeps, wanted: string): CardInfo | undefined {
  const word = normalizeWord(wanted)
  return connect.cards().find((card) => normalizeWord(card.name) === word || normalizeWord(card.title) === word)
}

const normalizeWord = (text: string): string => text.toLowerCase().replace(/[\s_-]+/g, '-')

function nearestCardNames({ connect }: ConnectionDeps, wanted: string): string[] {
  const names = connect.cards().map((card) => card.name)
  const near = findNearestWord(wanted, names)
  const found = connect.cards(wanted).map((card) => card.name)
  return [...new Set([...(near ? [near] : []), ...found])].slice(0, 3)
}

function noSuchCardMessage(wanted: string, near: string[]): MessageContent {
  const text = `There is no service called "${truncate(wanted, 60)}".`
  const hint = near.length === 0 ? '' : ` Did you mean ${joinWords(near, 'or')}?`
  return {
    text: `${text}${hint}`,
    blocks: [
      sectionBlock(escapeMrkdwn(`${text}${hint}`)),
      actionsBlock([
        ...near.map((name) => createCommandButton(`Connect ${name}`, `connect ${name}`)),
        createCommandButton('Show all services', 'connect'),
        createCommandButton('Search for it', `search ${truncate(wanted, 100)}`),
      ]),
    ],
  }
}

/** Runs from the Reconnect buttons. */
export const reconnectCommand: Command = {
  name: 'reconnect',
  usage: '[connection]',
  description: 'repairs a connection',
  hidden: true,
  async run(deps, { words, responder }) {
    const connection = await findNamedConnection(deps, responder, words[0] ?? '', 'reconnect')
    if (connection) await openReconnect(deps, responder, connection)
  },
}

async function openReconnect(deps: ConnectionDeps, responder: Responder, connection: Connection): Promise<void> {
  const card = deps.connect.cardOf(connection)
  if (card === undefined) {
    await responder.replyError(
      `${escapeMrkdwn(connection.name)} cannot be reconnected: its service is not offered here any more. Disconnect it, or ask whoever runs Patchbay here.`,
    )
    return
  }
  const metadata = { connection: connection.id, ...(responder.channel && { channel: responder.channel }) }
  const secrets = await secretEntryFor(deps, responder.by)
  const { name, inputs: values } = connection
  await responder.openModal(connectModal({ cards: [card], card, name, values, metadata, ...secrets }))
}
