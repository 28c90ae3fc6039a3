import type { KnownBlock } from '@slack/types'
import type { OwnCard } from '../../registry/own-cards.ts'
import {
  actionsBlock,
  contextBlock,
  createButton,
  createCommandButton,
  DIVIDER_BLOCK,
  type MessageContent,
  sectionBlock,
} from '../blocks/build-blocks.ts'
import { escapeInlineMrkdwn, escapeMrkdwn, joinWords, mentionOf, pluralize } from '../blocks/text.ts'

export const cardHostOf = ({ entry }: Pick<OwnCard, 'entry'>): string => URL.parse(entry.url)?.host ?? entry.url

const nameOf = ({ entry }: OwnCard): string => `*${escapeInlineMrkdwn(entry.title)}*`

/** Asks an owner whether a card may be shared. `more`: what else there is to say. */
export function sharingRequestMessage(card: OwnCard, by: string, more = ''): MessageContent {
  const { entry, tools } = card
  const asks = entry.inputs.map(({ label }) => escapeMrkdwn(label))
  const inputs = asks.length === 0 ? 'It asks people for nothing.' : `It asks each person for: ${joinWords(asks)}.`
  const words = [
    `${entry.icon ?? ':electric_plug:'} ${mentionOf(by)} made a run card of ${nameOf(card)} and wants to share it with everyone here.`,
    entry.description === '' ? '' : `> ${escapeMrkdwn(entry.description)}`,
    `What people ask of it goes to *${escapeInlineMrkdwn(cardHostOf(card))}*. ${inputs} It has ${pluralize(tools.length, 'tool')} that nobody has checked yet; each asks before it runs.`,
    more,
  ]
  return {
    text: `${mentionOf(by)} made a run card of ${entry.title} and wants to share it with everyone here.`,
    blocks: [
      sectionBlock(words.filter(Boolean).join('\n')),
      actionsBlock([
        createButton({ text: 'Approve', action: 'card_share_yes', value: entry.name, style: 'primary' }),
        createButton({ text: 'Deny', action: 'card_share_no', value: entry.name }),
      ]),
    ],
  }
}

/** The first card that waits for an owner's word, for the Home tab: a message may not have reached the owner. */
export function askedCardBlocks([first, ...others]: OwnCard[]): KnownBlock[] {
  if (first === undefined) return []
  const more = others.length === 0 ? '' : `_${pluralize(others.length, 'more card')} to decide after this._`
  return [...sharingRequestMessage(first, first.by, more).blocks, DIVIDER_BLOCK]
}

/** What an owner decided, for the owners. */
export function decidedMessage(card: OwnCard, by: string): MessageContent {
  const told = decisionMessage(card, by)
  if (!card.shared) return told
  const buttons = [createClassesButton(card), createCommandButton('Connect it', `connect ${card.entry.name}`)]
  return { ...told, blocks: [...told.blocks, actionsBlock(buttons)] }
}

/** The same for who made the card: what its tools do is for owners to say. */
export function decisionMessage(card: OwnCard, by: string): MessageContent {
  const words = card.shared
    ? `✅ ${mentionOf(by)} shared ${nameOf(card)}: everyone here can connect it.`
    : `:no_entry_sign: ${mentionOf(by)} did not share ${nameOf(card)}. It stays with ${mentionOf(card.by)}, who can go on using it.`
  const text = `${card.shared ? 'Shared' : 'Not shared'}: ${card.entry.title}`
  return {
    text,
    blocks: [
      sectionBlock(words),
      ...(card.shared ? [contextBlock('Its tools ask before they run, until an owner says what they do.')] : []),
    ],
  }
}

/** Opens the form of a card; `card` as /mcp connect takes it. */
export const createConnectButton = (card: string, title: string) =>
  createButton({
    text: 'Connect',
    action: `command_run:${card}`,
    value: `connect ${card}`,
    accessibilityLabel: `Connect ${title}`,
  })

/** The button that opens the form for a card's tools; its listener refuses all but owners. */
export const createClassesButton = ({ entry }: OwnCard) =>
  createButton({ text: 'Say what its tools do', action: 'card_classes', value: entry.name })

export function sharedMessage(card: OwnCard, said: string): MessageContent {
  return { text: said, blocks: [sectionBlock(`${nameOf(card)}: ${said}`)] }
}
