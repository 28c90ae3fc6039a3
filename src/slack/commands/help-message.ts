import { truncate } from '../../text.ts'
import {
  actionsBlock,
  contextBlock,
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

export function noSuchCommandMessage(typed: string, corrected: CorrectedCommand | undefined): MessageContent {
  const text = `There is no "/mcp ${truncate(typed, 60)}".`
  if (corrected === undefined) {
    return { text, blocks: [sectionBlock(escapeMrkdwn(text)), actionsBlock([createCommandButton('Help', 'help')])] }
  }
  const { words, shown } = corrected
  const near = truncate(shown, 80)
  return {
    text: `${text} Did you mean /mcp ${near}?`,
    blocks: [
      sectionBlock(`${escapeMrkdwn(text)} Did you mean \`/mcp ${escapeMrkdwn(near)}\`?`),
      actionsBlock([
        createCommandButton(`Yes, ${shown}`, words, 'primary'),
        ...(words === 'help' ? [] : [createCommandButton('Help', 'help')]),
      ]),
    ],
  }
}
