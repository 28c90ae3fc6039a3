import type { Button, ModalView } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import type { CardInfo } from '../../connect/connect-types.ts'
import type { Connection } from '../../registry/connection.ts'
import { truncate } from '../../text.ts'
import {
  actionsBlock,
  contextBlock,
  createButton,
  createCommandButton,
  createModal,
  type MessageContent,
  sectionBlock,
} from '../blocks/build-blocks.ts'
import { escapeInlineMrkdwn, escapeMrkdwn, pluralize } from '../blocks/text.ts'
import { markedBlocks, toolChangesMessage } from '../tool-changes/tool-changes-message.ts'
import { canBeSaved } from './connections-message.ts'
import { lacksSqlFunction, projectToolsText, sqlFunctionBlocks } from './sql-function-command.ts'

type Connected = {
  connection: Connection
  card: CardInfo | undefined
  starters: string[]
  /** The host where the person had signed in with their organization already. */
  through?: string | undefined
  /** The person's other connections, by name. */
  others?: string[]
}

/** Confirms a connection and offers starter questions. */
export function connectedMessage({ connection, card, starters, through, others }: Connected): MessageContent {
  const count = connection.tools.length
  const service = serviceWordOf(connection, card)
  const first = `✅ Connected! ${projectToolsText(connection) ?? pluralize(count, `${service} tool`)} now available`
  const questions = starters.slice(0, 3)
  return {
    text: first,
    blocks: [
      sectionBlock(`*${first}*`),
      ...(lacksSqlFunction(connection) ? sqlFunctionBlocks(connection) : unusableBlocks(connection)),
      ...markedBlocks(connection, others),
      ...(connection.changes === undefined ? [] : toolChangesMessage(connection, others).blocks),
      sectionBlock(
        `${card?.icon ?? ':electric_plug:'} *${escapeMrkdwn(connection.name)}* is yours alone. Ask me in a message, or mention me in a channel. What changes something waits for an OK: yours, or an approver’s where it can destroy something.`,
      ),
      ...(through === undefined
        ? []
        : [sectionBlock(`:key: You are signed in through *${escapeMrkdwn(through)}*; no further sign-in needed.`)]),
      ...(questions.length === 0 ? [] : starterBlocks(questions)),
      actionsBlock([
        createCommandButton('Show its tools', `tools ${connection.name}`),
        createCommandButton('My connections', 'list'),
        ...(canBeSaved(connection) ? [createCommandButton('Save as a run card', `save-card ${connection.name}`)] : []),
      ]),
    ],
  }
}

/** A custom server is what the person calls it. */
function serviceWordOf({ name, card, entry }: Connection, info: CardInfo | undefined): string {
  if (entry !== undefined) return escapeInlineMrkdwn(entry.title)
  return info?.named === 'by_address' ? escapeInlineMrkdwn(name) : card
}

const MAX_REASONS = 3

/** How many of its tools cannot be used, and why, the most frequent reasons first. */
function unusableBlocks({ unusableTools = [] }: Connection) {
  if (unusableTools.length === 0) return []
  // The listing counts what it does not name as "(12 more)".
  const counts = new Map<string, number>()
  for (const { tool, why } of unusableTools)
    counts.set(why, (counts.get(why) ?? 0) + Number(/^\((\d+) more\)$/.exec(tool)?.[1] ?? 1))
  const count = [...counts.values()].reduce((sum, one) => sum + one, 0)
  const reasons = [...counts].toSorted(([, a], [, b]) => b - a).map(([why]) => truncate(why, 150))
  const rest = reasons.length > MAX_REASONS ? ['…'] : []
  const words = [...reasons.slice(0, MAX_REASONS), ...rest].join('; ')
  return [contextBlock(`:warning: ${pluralize(count, 'more tool')} cannot be used: ${escapeMrkdwn(words)}.`)]
}

/** Questions that are longer than a button's text are listed in full above. */
function starterBlocks(questions: string[]) {
  const whole = questions.every((question) => question.length <= LIMITS.button.text)
  const list = whole ? '' : `\n${questions.map((question) => `• ${escapeMrkdwn(question)}`).join('\n')}`
  return [
    sectionBlock(`Try one of these:${list}`),
    actionsBlock(
      questions.map((question, index) =>
        createButton({ text: question, action: `starter_ask:${index}`, value: question }),
      ),
      'starters',
    ),
    contextBlock('Press one, and I will answer in our direct messages.'),
  ]
}

export const connectedModal = (connected: Connected): ModalView =>
  createModal({ id: 'connected', title: 'Connected', close: 'Done', blocks: connectedMessage(connected).blocks })

/** Says that connecting failed, once the modal is closed. */
export function notConnectedMessage(name: string, message: string, again: Button): MessageContent {
  return {
    text: escapeMrkdwn(`${name} is not connected: ${message}`),
    blocks: [
      sectionBlock(`:warning: *${escapeMrkdwn(name)}* is not connected. ${escapeMrkdwn(message)}`),
      actionsBlock([again]),
    ],
  }
}
