import { permissionCardOf } from '../../connect/catalog/card-from-entry.ts'
import type { CardInfo } from '../../connect/connect.ts'
import { actionsBlock, createCommandButton, type MessageContent, sectionBlock } from '../blocks/blocks.ts'
import { escapeMrkdwn, joinWords, truncate } from '../blocks/text.ts'
import type { SlackDeps } from '../deps.ts'
import { createAllowButton } from '../home/home-settings.ts'
import { allowedCardsFor } from '../home/settings-actions.ts'
import type { Command } from '../interactions/command.ts'
import { nearestWordTo } from '../interactions/nearest-word.ts'
import type { Responder } from '../interactions/responder.ts'
import { type ConnectMetadata, connectModal, connectPickerModal } from './connect-form.ts'

export const connectCommand: Command = {
  name: 'connect',
  usage: '[service]',
  what: 'connects a tool',
  async run(deps, { words, scene }) {
    const keep: ConnectMetadata = scene.channel === undefined ? {} : { channel: scene.channel }
    const wanted = words.join(' ')
    if (wanted === '') {
      const cards = await allowedCardsFor(deps, scene.by.workspace)
      if (cards.length > 0) await scene.openModal(connectPickerModal(cards, keep))
      else
        await scene.replyError(
          'Nothing may be connected in this workspace yet. An owner or admin can allow services in my Home tab.',
        )
      return
    }
    const card = (await deps.connect.offer(wanted)) ?? cardNamed(deps, wanted)
    if (card) await openForm(deps, scene, card, keep)
    else await scene.reply(sayNoSuchCard(wanted, nearCards(deps, wanted)), 'Connect a tool')
  },
}

async function openForm(deps: SlackDeps, scene: Responder, card: CardInfo, keep: ConnectMetadata): Promise<void> {
  const [cards, name] = await Promise.all([
    allowedCardsFor(deps, scene.by.workspace),
    deps.connect.defaultName(scene.by, card.name),
  ])
  const mayUse = cards.some((one) => one.name === permissionCardOf(card.name))
  if (mayUse) await scene.openModal(connectModal({ cards, card, name, values: {}, keep }))
  else await scene.reply(await sayNotAllowed(deps, scene, card), 'Connect a tool')
}

/** Who may change that gets the button that does. */
async function sayNotAllowed(
  { connect, people }: SlackDeps,
  { by }: Responder,
  { name, title }: CardInfo,
): Promise<MessageContent> {
  const { mayManage } = await people.of(by.user)
  const ruled = mayManage ? connect.card(permissionCardOf(name)) : undefined
  const text = `${title} may not be connected in this workspace.${ruled ? '' : ' Ask an owner or admin to allow it.'}`
  const buttons = [
    ...(ruled ? [createAllowButton(ruled, name)] : []),
    createCommandButton('Show all services', 'connect'),
  ]
  return { text, blocks: [sectionBlock(escapeMrkdwn(text)), actionsBlock(buttons)] }
}

/** By name or title, with spaces or dashes, in small letters or not. */
function cardNamed({ connect }: SlackDeps, wanted: string): CardInfo | undefined {
  const word = plainWord(wanted)
  return connect.cards().find((card) => plainWord(card.name) === word || plainWord(card.title) === word)
}

const plainWord = (text: string): string => text.toLowerCase().replace(/[\s_-]+/g, '-')

function nearCards({ connect }: SlackDeps, wanted: string): string[] {
  const names = connect.cards().map((card) => card.name)
  const near = nearestWordTo(wanted, names)
  const found = connect.cards(wanted).map((card) => card.name)
  return [...new Set([...(near ? [near] : []), ...found])].slice(0, 3)
}

function sayNoSuchCard(wanted: string, near: string[]): MessageContent {
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
