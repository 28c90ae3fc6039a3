import type { KnownBlock } from '@slack/types'
import type { CardInfo } from '../../connect/connect-types.ts'
import { contextBlock, sectionBlock } from '../blocks/build-blocks.ts'
import { escapeInlineMrkdwn, escapeMrkdwn } from '../blocks/text.ts'

/** What a form says of the card it is for. */
export const cardAboutBlocks = (card: CardInfo): KnownBlock[] =>
  card.entry === undefined ? [cardBlock(card)] : entryBlocks(card, card.entry)

const cardBlock = (card: CardInfo): KnownBlock =>
  sectionBlock(
    `${card.icon} *${escapeMrkdwn(card.title)}*: ${escapeMrkdwn(toSentence(card.description))} <${card.docs}|Learn more>`,
  )

/** What stands before a link ends with a full stop. */
const toSentence = (words: string): string => (/[.!?…]\s*$/.test(words) ? words : `${words}.`)

/** A registry entry's description is untrusted, so its name and host are shown, too. */
const entryBlocks = (card: CardInfo, { name, host, own }: NonNullable<CardInfo['entry']>): KnownBlock[] =>
  own === true ? ownCardBlocks(card, host) : publishedBlocks(card, name, host)

/** Where it leads is what a person can judge it by. */
const ownCardBlocks = (card: CardInfo, host: string): KnownBlock[] => [
  sectionBlock(
    [`${card.icon} *${escapeInlineMrkdwn(card.title)}*`, escapeInlineMrkdwn(card.description)]
      .filter(Boolean)
      .join(': '),
  ),
  contextBlock(
    `What you fill in and ask goes to *${escapeInlineMrkdwn(host)}*. Patchbay has not checked it: each of its tools asks before it runs, unless an owner here says that it only reads.`,
  ),
]

const publishedBlocks = (card: CardInfo, name: string, host: string): KnownBlock[] => [
  sectionBlock(
    `${card.icon} *${escapeInlineMrkdwn(card.title)}*: ${escapeInlineMrkdwn(toSentence(card.description))} <${card.docs}|Learn more>`,
  ),
  contextBlock(
    `From the public MCP registry (${escapeInlineMrkdwn(name)}), not checked by us. What you fill in and ask goes to *${escapeInlineMrkdwn(host)}*. Each of its tools asks before it runs.`,
  ),
]
