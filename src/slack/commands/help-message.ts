import { truncate } from '../../text.ts'
import {
  actionsBlock,
  contextBlock,
  createButton,
  createCommandButton,
  type MessageContent,
  sectionBlock,
} from '../blocks/build-blocks.ts'
import { escapeMrkdwn, joinWords } from '../blocks/text.ts'
import { createHelpButtons } from '../onboarding/welcome-message.ts'

type Line = { name: string; usage: string; description: string; rare?: boolean | undefined }

/** What most people need in a line each, the rest by name. */
export function helpMessage(lines: Line[]): MessageContent {
  const rows = lines
    .filter(({ rare }) => !rare)
    .map(({ name, usage, description }) => `\`/mcp ${[name, usage].filter(Boolean).join(' ')}\` ${description}`)
  const others = lines.filter(({ rare }) => rare).map(({ name }) => `\`${name}\``)
  return {
    text: 'Patchbay: connect your tools and ask me to use them.',
    blocks: [
      sectionBlock(
        '*Connect your tools, then ask me to use them*, here or by mentioning me in a channel. Anything that could do harm waits for approval.',
      ),
      sectionBlock(rows.join('\n')),
      createHelpButtons(),
      contextBlock(
        `${others.length === 0 ? '' : `Also ${joinWords(others)}. `}In a thread I answered in, just reply; say _stop_ to stop me, or _mute_ and I answer only where you mention me. Slack takes no commands in threads: my Home tab has most of them as buttons.`,
      ),
    ],
  }
}

/** The corrected command: the words to run, and the same with names for people to read. */
export type CorrectedCommand = { words: string; shown: string }

/** From so many words on, what is no command is a question or request. */
const SENTENCE_MIN_WORDS = 3

export const isSentence = (typed: string): boolean =>
  typed.trim().split(/\s+/).length >= SENTENCE_MIN_WORDS || /\?\s*$/.test(typed)

/** What to do with words that are no command: ask them as a question where they may be one, or run the nearest one. */
export function noSuchCommandMessage(
  typed: string,
  corrected: CorrectedCommand | undefined,
  asks = isSentence(typed),
): MessageContent {
  const [first = ''] = typed.trim().split(/\s+/)
  const text = `There is no command "/mcp ${truncate(asks ? typed : first, 60)}".`
  const offer = asks ? ' I can answer it as a question, in our direct messages.' : ''
  const near = corrected === undefined ? undefined : truncate(corrected.shown, 80)
  const guessOf = (command: string) => ` ${asks ? 'Or did' : 'Did'} you mean ${command}?`
  const style = asks ? undefined : 'primary'
  return {
    text: `${text}${offer}${near === undefined ? '' : guessOf(`/mcp ${near}`)}`,
    blocks: [
      sectionBlock(
        `${escapeMrkdwn(text)}${offer}${near === undefined ? '' : guessOf(`\`/mcp ${escapeMrkdwn(near)}\``)}`,
      ),
      actionsBlock([
        ...(asks ? [createAskButton(typed)] : []),
        ...(corrected === undefined ? [] : [createCommandButton(`Yes, ${near}`, corrected.words, style)]),
        ...(corrected?.words === 'help' ? [] : [createCommandButton('Help', 'help')]),
      ]),
    ],
  }
}

const createAskButton = (question: string) =>
  createButton({ text: 'Ask it', action: 'starter_ask:typed', value: question, style: 'primary' })
