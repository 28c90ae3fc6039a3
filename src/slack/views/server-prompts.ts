import type { KnownBlock, ModalView } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import type { Prompt } from '../../connect/features/features.ts'
import { button, context, modal, type Saying, section } from './blocks.ts'
import { type Look, listPages, lookBlocks } from './look.ts'
import { keepOf, type Named } from './resources.ts'
import { clip, inline, literal, mention, plural } from './text.ts'

/** One page of the requests a connection's server has ready. */
export function promptsModal(prompts: Prompt[], look: Look & { name: string }, names: Named[]): ModalView {
  const page = listPages(prompts, look, ({ name, title, description }) => [name, title, description])
  const title = `*${plural(page.hits, 'prompt')} of ${inline(look.name)}*`
  return modal({
    id: 'prompts',
    title: 'Prompts',
    submit: 'Search',
    keep: keepOf(look),
    blocks: [...lookBlocks('prompts', look, names, { title, page }), ...page.shown.map(promptBlock), ...page.turn],
  })
}

function promptBlock({ name, title, description, arguments: args }: Prompt): KnownBlock {
  const [line = ''] = description.trim().split('\n')
  const asks = args.length === 0 ? '' : `asks for ${args.map((one) => one.title).join(', ')}`
  const words = [`*${inline(title)}*`, literal(clip(line, 300)), literal(clip(asks, 300))]
  return section(words.filter(Boolean).join('\n'), button({ text: 'Use it', action: 'prompt_open', value: name }))
}

export type Used = { title: string; of: string; values: Record<string, string> }

const valuesOf = ({ values }: Used): string => {
  const given = Object.entries(values).filter(([, value]) => value !== '')
  return given.length === 0 ? '' : ` (${given.map(([name, value]) => `${name}: ${value}`).join(', ')})`
}

/** The request as people read it. */
export const promptWords = (used: Used): string => clip(`Prompt "${used.title}" of ${used.of}${valuesOf(used)}`, 1_000)

/** Above the answer to a prompt: who chose which, and the beginning of what its server says. */
export function sayUsedPrompt(user: string, used: Used, says: string): Saying {
  const words = clip(valuesOf(used), 1_000)
  const lines = clip(says.trim(), 600).split('\n')
  return {
    text: clip(`${mention(user)} uses the prompt ${literal(used.title)} of ${literal(used.of)}`, LIMITS.message.text),
    blocks: [
      section(
        `:speech_balloon: ${mention(user)} uses the prompt *${inline(used.title)}* of ${inline(used.of)}${literal(words)}`,
      ),
      ...(says.trim() === '' ? [] : [section(lines.map((line) => `> ${literal(line)}`).join('\n'))]),
      context(`The quoted words come from the server of ${inline(used.of)}.`),
    ],
  }
}
