import type { ModalView } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import { truncate } from '../../text.ts'
import {
  contextBlock,
  createModal,
  inputBlock,
  type MessageContent,
  plainTextObject,
  sectionBlock,
} from '../blocks/build-blocks.ts'
import { escapeInlineMrkdwn, escapeMrkdwn, joinWords, mentionOf } from '../blocks/text.ts'

/** The message a question is about, as plain text; of a person, or of an app by its name. */
type QuotedMessage = {
  author?: string | undefined
  app?: string | undefined
  text: string
  files: { name: string }[]
}

const QUOTE_CHARS = 1_500

/** The modal of the message shortcut. */
export function askAboutForm(quoted: QuotedMessage, metadata: unknown): ModalView {
  const question = inputBlock({
    id: 'question',
    label: 'What do you want to know or have done?',
    optional: false,
    element: {
      type: 'plain_text_input',
      action_id: 'question',
      multiline: true,
      max_length: LIMITS.plainTextInput,
      focus_on_load: true,
      placeholder: plainTextObject('Sum it up, look into it, answer it…', LIMITS.placeholder),
    },
  })
  const where =
    'If I am in that channel, I answer in this message’s thread, where everyone can read it. Otherwise I answer in our direct messages.'
  return createModal({
    id: 'ask_about',
    title: 'Ask Patchbay',
    submit: 'Ask',
    close: 'Cancel',
    metadata,
    blocks: [sectionBlock(quoteText(quoted)), question, contextBlock(where)],
  })
}

/** The message above the answer: who asked what, and in direct messages about which message. */
export function askedAboutMessage(user: string, question: string, quoted: QuotedMessage | undefined): MessageContent {
  const text =
    quoted === undefined ? `${mentionOf(user)} asks: ${escapeMrkdwn(question)}` : `You asked: ${escapeMrkdwn(question)}`
  const about = quoted === undefined ? [] : [sectionBlock(quoteText(quoted))]
  const asked =
    quoted === undefined
      ? `${mentionOf(user)} asks me about this: ${escapeMrkdwn(question)}`
      : `*You asked:* ${escapeMrkdwn(question)}`
  return { text, blocks: [...about, sectionBlock(asked)] }
}

function quoteText({ author, app, text, files }: QuotedMessage): string {
  const byApp = app === undefined ? '*A message:*' : `*${escapeInlineMrkdwn(app)} posted:*`
  const from = author === undefined ? byApp : `*${mentionOf(author)} wrote:*`
  const lines = escapeMrkdwn(truncate(text.trim(), QUOTE_CHARS))
    .split('\n')
    .map((line) => `> ${line}`)
  const attachments = files.length === 0 ? [] : [`> _with ${escapeMrkdwn(joinWords(files.map(({ name }) => name)))}_`]
  return [from, ...(text.trim() === '' ? [] : lines), ...attachments].join('\n')
}
