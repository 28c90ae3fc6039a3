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
        `${others.length === 0 ? '' : `Also ${joinWords(others)}. `}In a thread I answered in, just reply; say _stop_ to stop me. All of this is in my Home tab, too.`,
      ),
    ],
  }
}

/** The corrected command: the words to run, and the same with names for people to read. */
export type CorrectedCommand = { words: string; shown: string }

/** From so many words on, what is no command is a question or request. */
const SENTENCE_MIN_WORDS = 3

/** What to do with words that are no command: run the nearest one, or ask them as a question where they are a sentence. */
export function noSuchCommandMessage(typed: string, corrected: CorrectedCommand | undefined): MessageContent {
  const isSentence = typed.trim().split(/\s+/).length >= SENTENCE_MIN_WORDS || /\?\s*$/.test(typed)
  const [first = ''] = typed.trim().split(/\s+/)
  const text = `There is no command "/mcp ${truncate(isSentence ? typed : first, 60)}".`
  const near = corrected === undefined ? undefined : truncate(corrected.shown, 80)
  const guess = near === undefined ? '' : ` Did you mean \`/mcp ${escapeMrkdwn(near)}\`?`
  const offer = isSentence ? ' I can take it as a question and answer in our direct messages.' : ''
  return {
    text: `${text}${near === undefined ? '' : ` Did you mean /mcp ${near}?`}${offer}`,
    blocks: [
      sectionBlock(`${escapeMrkdwn(text)}${guess}${offer}`),
      actionsBlock([
        ...(corrected === undefined ? [] : [createCommandButton(`Yes, ${near}`, corrected.words, 'primary')]),
        ...(isSentence ? [askButtonFor(typed, corrected === undefined)] : []),
        ...(corrected?.words === 'help' ? [] : [createCommandButton('Help', 'help')]),
      ]),
    ],
  }
}

const askButtonFor = (question: string, primary: boolean) =>
  createButton({
    text: 'Ask it',
    action: 'starter_ask:typed',
    value: question,
    ...(primary && { style: 'primary' as const }),
  })
