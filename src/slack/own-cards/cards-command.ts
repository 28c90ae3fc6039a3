import type { App } from '@slack/bolt'
import type { Button, ConfirmationDialog, KnownBlock } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import type { Principal } from '../../ids.ts'
import type { OwnCard } from '../../registry/own-cards.ts'
import {
  actionsBlock,
  contextBlock,
  createButton,
  createCommandButton,
  type MessageContent,
  plainTextObject,
  sectionBlock,
} from '../blocks/build-blocks.ts'
import { escapeInlineMrkdwn, mentionOf, pluralize } from '../blocks/text.ts'
import type { ConnectionDeps, WebApiDeps } from '../deps.ts'
import { type Command, onDurablePress } from '../interactions/interaction.ts'
import { cardHostOf, createClassesButton, createConnectButton } from './card-sharing-message.ts'

export const cardsCommand: Command = {
  name: 'cards',
  usage: '',
  description: 'shows the run cards saved here, and what you imported',
  async run(deps, { responder }) {
    await responder.reply(await cardsContentFor(deps, responder.by), 'Saved run cards')
  },
}

async function cardsContentFor({ connect, people }: WebApiDeps & ConnectionDeps, by: Principal) {
  const [cards, imported, { mayManage }] = await Promise.all([
    connect.own.of(by),
    connect.own.imported(by),
    people.of(by.user),
  ])
  return cardsMessage(cards, imported, { user: by.user, mayManage })
}

type Viewer = { user: string; mayManage: boolean }

/** Each takes two of a message's 50 blocks. */
const MOST_SHOWN = 15
/** Each takes one. */
const MOST_IMPORTED = 12

/** The saved cards that a person may connect, with what they may do with each, and what they imported. Pure. */
function cardsMessage(cards: OwnCard[], imported: OwnCard[], viewer: Viewer): MessageContent {
  const title = cards.length === 0 ? 'No run cards are saved here yet' : pluralize(cards.length, 'saved run card')
  const hint =
    'To save one, connect a server by its address, then press *Save as a run card* below it in your connections.'
  return {
    text: title,
    blocks: [
      sectionBlock(`*${title}*${cards.length === 0 ? `\n${hint}` : ''}`),
      ...cards.slice(0, MOST_SHOWN).flatMap((card) => cardBlocks(card, viewer)),
      ...(cards.length > MOST_SHOWN
        ? [contextBlock(`${cards.length - MOST_SHOWN} more are found with _Find a tool_.`)]
        : []),
      ...importedBlocks(imported),
      actionsBlock(
        [
          createCommandButton('My connections', 'list'),
          createCommandButton('Find a tool', 'search'),
          createCommandButton('Import tools', 'import'),
        ],
        'cards more',
      ),
    ],
  }
}

/** A configuration's servers until they are connected: the list they came in closes with its modal. */
function importedBlocks(imported: OwnCard[]): KnownBlock[] {
  if (imported.length === 0) return []
  const rest = imported.length - MOST_IMPORTED
  const more = rest > 0 ? ` ${rest} more are listed once some of these are connected.` : ''
  return [
    sectionBlock('*Imported, not connected yet*'),
    ...imported
      .slice(0, MOST_IMPORTED)
      .map(({ entry }) =>
        sectionBlock(
          `*${escapeInlineMrkdwn(entry.title)}* at ${escapeInlineMrkdwn(cardHostOf({ entry }))}`,
          createConnectButton(entry.name, entry.title),
        ),
      ),
    contextBlock(`Kept for 7 days after the import.${more}`),
  ]
}

function cardBlocks(card: OwnCard, viewer: Viewer): KnownBlock[] {
  const { entry, tools, by } = card
  const about = [escapeInlineMrkdwn(entry.description), `_${sharingText(card, viewer)}_`].filter(Boolean).join('\n')
  const checked = tools.filter((tool) => tool.class).length
  const facts = `${pluralize(tools.length, 'tool')}, ${checked === 0 ? 'none' : checked} checked`
  const manages = viewer.mayManage && card.shared
  return [
    sectionBlock(
      `${entry.icon ?? ':electric_plug:'} *${escapeInlineMrkdwn(entry.title)}* at ${escapeInlineMrkdwn(cardHostOf(card))} · ${facts}\n${about}`,
    ),
    actionsBlock(
      [
        createConnectButton(entry.name, entry.title),
        ...(by === viewer.user ? sharingButtons(card) : []),
        ...(manages ? [createClassesButton(card)] : []),
        ...(by === viewer.user || manages ? [removeButton(card)] : []),
      ],
      `card ${entry.name}`,
    ),
  ]
}

function sharingText({ by, sharing }: OwnCard, { user }: Viewer): string {
  if (by !== user) return `shared by ${mentionOf(by)}`
  switch (sharing) {
    case 'own':
      return 'yours alone'
    case 'asked':
      return 'yours alone; the owners are asked whether to share it'
    case 'refused':
      return 'yours alone; an owner did not want to share it'
    case 'shared':
      return 'shared by you with everyone here'
    default:
      return sharing satisfies never
  }
}

/** The owners are asked once; again only where nobody could be reached. */
const sharingButtons = ({ entry, sharing, asked }: OwnCard): Button[] =>
  sharing === 'own' || (sharing === 'asked' && asked.length === 0)
    ? [createButton({ text: 'Share with everyone here', action: 'card_share', value: entry.name })]
    : []

const removeButton = ({ entry }: OwnCard): Button => ({
  ...createButton({ text: 'Remove', action: 'card_remove', value: entry.name }),
  confirm: confirmRemoval(entry.title),
})

const confirmRemoval = (title: string): ConfirmationDialog => ({
  title: plainTextObject('Remove this card?', LIMITS.confirm.title),
  text: plainTextObject(
    `Nobody can connect ${title} by its card any more. What is connected stays; its tools then ask again.`,
    LIMITS.confirm.text,
  ),
  confirm: plainTextObject('Remove', LIMITS.confirm.button),
  deny: plainTextObject('Cancel', LIMITS.confirm.button),
})

export function registerCards(app: App, deps: WebApiDeps & ConnectionDeps): void {
  onDurablePress(app, deps, 'card_remove', async ({ by, value, responder, ack }) => {
    const removed = await deps.connect.own.remove(by, value, await deps.people.mayManageNow(by.user))
    await ack()
    if (removed === undefined) await responder.replyError('This card is gone, or is not yours to remove.')
    else await responder.replace(await cardsContentFor(deps, by), 'Saved run cards')
  })
}
