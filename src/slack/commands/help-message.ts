import type { Button } from '@slack/types'
import { actionsBlock, contextBlock, createCommandButton, type MessageContent, sectionBlock } from '../blocks/blocks.ts'
import { escapeMrkdwn, truncate } from '../blocks/text.ts'

type Line = { name: string; usage: string; what: string }

export const helpButtonsFor = (...more: Button[]) =>
  actionsBlock([
    createCommandButton('Connect a tool', 'connect', 'primary'),
    createCommandButton('Find a tool', 'search'),
    createCommandButton('My connections', 'list'),
    createCommandButton('Tools', 'tools'),
    createCommandButton('Test', 'test'),
    createCommandButton('Rules', 'rules'),
    ...more,
  ])

export function helpMessage(lines: Line[]): MessageContent {
  const rows = lines.map(({ name, usage, what }) => `\`/mcp ${[name, usage].filter(Boolean).join(' ')}\` ${what}`)
  return {
    text: 'Patchbay: connect your tools and ask me to use them.',
    blocks: [
      sectionBlock(
        '*Connect your tools, then ask me to use them* in a direct message, or by mentioning me in a channel. I only use your own connections, and anything that could do harm waits for approval.',
      ),
      sectionBlock(rows.join('\n')),
      helpButtonsFor(
        createCommandButton('Resources', 'resources'),
        createCommandButton('Prompts', 'prompts'),
        createCommandButton('Skills', 'skills'),
      ),
      contextBlock(
        'In a thread I answered in, just reply. Say _stop_ to stop me. All of this is also in my Home tab, with your requests and what they cost.',
      ),
    ],
  }
}

/** To somebody who only said hello. */
export const helloMessage: MessageContent = {
  text: 'Hi! Tell me what to do, or connect a tool first.',
  blocks: [
    sectionBlock('Hi! Tell me what you need, for example _list my files_. Or connect a tool first.'),
    helpButtonsFor(),
  ],
}

/** What was most likely meant: the words to run, and the same as people read them. */
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
