import type { Button } from '@slack/types'
import { actions, commandButton, context, type Saying, section } from './blocks.ts'
import { clip, literal } from './text.ts'

type Line = { name: string; usage: string; what: string }

export const helpButtons = (...more: Button[]) =>
  actions([
    commandButton('Connect a tool', 'connect', 'primary'),
    commandButton('Find a tool', 'search'),
    commandButton('My connections', 'list'),
    commandButton('Tools', 'tools'),
    commandButton('Test', 'test'),
    commandButton('Rules', 'rules'),
    ...more,
  ])

export function sayHelp(lines: Line[]): Saying {
  const rows = lines.map(({ name, usage, what }) => `\`/mcp ${[name, usage].filter(Boolean).join(' ')}\` ${what}`)
  return {
    text: 'Patchbay: connect your tools and ask me to use them.',
    blocks: [
      section(
        '*Connect your tools, then ask me to use them* in a direct message, or by mentioning me in a channel. I only use your own connections, and anything that could do harm waits for approval.',
      ),
      section(rows.join('\n')),
      helpButtons(
        commandButton('Resources', 'resources'),
        commandButton('Prompts', 'prompts'),
        commandButton('Skills', 'skills'),
      ),
      context(
        'In a thread I answered in, just reply. Say _stop_ to stop me. All of this is also in my Home tab, with your requests and what they cost.',
      ),
    ],
  }
}

/** To somebody who only said hello. */
export const sayHello: Saying = {
  text: 'Hi! Tell me what to do, or connect a tool first.',
  blocks: [section('Hi! Tell me what you need, for example _list my files_. Or connect a tool first.'), helpButtons()],
}

/** What was most likely meant: the words to run, and the same as people read them. */
export type Corrected = { words: string; shown: string }

export function sayNoSuchCommand(typed: string, corrected: Corrected | undefined): Saying {
  const text = `There is no "/mcp ${clip(typed, 60)}".`
  if (corrected === undefined) {
    return { text, blocks: [section(literal(text)), actions([commandButton('Help', 'help')])] }
  }
  const { words, shown } = corrected
  const near = clip(shown, 80)
  return {
    text: `${text} Did you mean /mcp ${near}?`,
    blocks: [
      section(`${literal(text)} Did you mean \`/mcp ${literal(near)}\`?`),
      actions([
        commandButton(`Yes, ${shown}`, words, 'primary'),
        ...(words === 'help' ? [] : [commandButton('Help', 'help')]),
      ]),
    ],
  }
}
