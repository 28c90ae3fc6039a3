import type { ModalView } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import { context, input, modal, plain, type Saying, section } from './blocks.ts'
import { clip, listed, literal, mention } from './text.ts'

/** The message a question is about. `text` is as Slack wrote it, so names in it show as names. */
export type Quoted = { author?: string | undefined; text: string; files: { name: string }[] }

const QUOTE_CHARS = 1_500

/** The modal of the message shortcut. */
export function askAboutForm(quoted: Quoted, keep: unknown): ModalView {
  const question = input({
    id: 'question',
    label: 'What do you want to know or have done?',
    optional: false,
    element: {
      type: 'plain_text_input',
      action_id: 'question',
      multiline: true,
      max_length: LIMITS.plainTextInput,
      focus_on_load: true,
      placeholder: plain('Sum it up, look into it, answer it…', LIMITS.placeholder),
    },
  })
  const where =
    'If I am in that channel, I answer in this message’s thread, where everyone can read it. Otherwise I answer in our direct messages.'
  return modal({
    id: 'ask_about',
    title: 'Ask Patchbay',
    submit: 'Ask',
    close: 'Cancel',
    keep,
    blocks: [section(quote(quoted)), question, context(where)],
  })
}

/** Above the answer: who asked what, and in direct messages about which message. */
export function sayAskedAbout(user: string, question: string, quoted: Quoted | undefined): Saying {
  const text = quoted === undefined ? `${mention(user)} asks: ${literal(question)}` : `You asked: ${literal(question)}`
  const about = quoted === undefined ? [] : [section(quote(quoted))]
  const asked =
    quoted === undefined
      ? `${mention(user)} asks me about this: ${literal(question)}`
      : `*You asked:* ${literal(question)}`
  return { text, blocks: [...about, section(asked)] }
}

function quote({ author, text, files }: Quoted): string {
  const from = author === undefined ? '*A message:*' : `*${mention(author)} wrote:*`
  const lines = clip(text.trim(), QUOTE_CHARS)
    .split('\n')
    .map((line) => `> ${line}`)
  const with_ = files.length === 0 ? [] : [`> _with ${literal(listed(files.map(({ name }) => name)))}_`]
  return [from, ...(text.trim() === '' ? [] : lines), ...with_].join('\n')
}
