import type { ModalView } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import type { CardInfo } from '../../connect/connect.ts'
import type { Connection } from '../../registry/connection.ts'
import { actions, button, commandButton, context, modal, type Saying, section } from './blocks.ts'
import { inline, literal, plural } from './text.ts'

type Connected = {
  connection: Connection
  card: CardInfo | undefined
  starters: string[]
  /** The host where the person had signed in with their organization already. */
  through?: string | undefined
}

/** The confirmation, with questions to begin with. */
export function sayConnected({ connection, card, starters, through }: Connected): Saying {
  const count = connection.tools.length
  const service = connection.entry === undefined ? connection.card : inline(connection.entry.title)
  const first = `✅ Connected! ${plural(count, `${service} tool`)} now available`
  const questions = starters.slice(0, 3)
  return {
    text: first,
    blocks: [
      section(`*${first}*`),
      section(
        `${card?.icon ?? ':electric_plug:'} *${literal(connection.name)}* is yours alone. Ask me in a message, or mention me in a channel. Changes wait for your OK.`,
      ),
      ...(through === undefined
        ? []
        : [section(`:key: You are signed in through *${literal(through)}*; no further sign-in needed.`)]),
      ...(questions.length === 0 ? [] : starterBlocks(questions)),
      actions([commandButton('Show its tools', `tools ${connection.name}`), commandButton('My connections', 'list')]),
    ],
  }
}

/** A button cuts what is longer than it may say; then the questions stand above in full. */
function starterBlocks(questions: string[]) {
  const whole = questions.every((question) => question.length <= LIMITS.button.text)
  const list = whole ? '' : `\n${questions.map((question) => `• ${literal(question)}`).join('\n')}`
  return [
    section(`Try one of these:${list}`),
    actions(
      questions.map((question, index) => button({ text: question, action: `starter_ask:${index}`, value: question })),
      'starters',
    ),
    context('Press one, and I will answer in our direct messages.'),
  ]
}

export const connectedModal = (connected: Connected): ModalView =>
  modal({ id: 'connected', title: 'Connected', close: 'Done', blocks: sayConnected(connected).blocks })

/** Told where the person is when the modal is gone. */
export function sayNotConnected(name: string, message: string, again: string): Saying {
  const text = `${name} is not connected: ${message}`
  return {
    text,
    blocks: [
      section(`:warning: *${literal(name)}* is not connected. ${literal(message)}`),
      actions([commandButton('Try again', again, 'primary')]),
    ],
  }
}
