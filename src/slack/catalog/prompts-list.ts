import type { KnownBlock, ModalView } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import type { Prompt } from '../../connect/features/features.ts'
import { contextBlock, createButton, createModal, type MessageContent, sectionBlock } from '../blocks/blocks.ts'
import { type ListQuery, listQueryBlocks, pagesOfList } from '../blocks/paged-list.ts'
import { escapeInlineMrkdwn, escapeMrkdwn, mentionOf, pluralize, truncate } from '../blocks/text.ts'
import { listMetadataOf, type NamedConnection } from './resources-list.ts'

/** One page of the requests a connection's server has ready. */
export function promptsModal(
  prompts: Prompt[],
  look: ListQuery & { name: string },
  names: NamedConnection[],
): ModalView {
  const page = pagesOfList(prompts, look, ({ name, title, description }) => [name, title, description])
  const title = `*${pluralize(page.hits, 'prompt')} of ${escapeInlineMrkdwn(look.name)}*`
  return createModal({
    id: 'prompts',
    title: 'Prompts',
    submit: 'Search',
    keep: listMetadataOf(look),
    blocks: [...listQueryBlocks('prompts', look, names, { title, page }), ...page.shown.map(promptBlock), ...page.turn],
  })
}

function promptBlock({ name, title, description, arguments: args }: Prompt): KnownBlock {
  const [line = ''] = description.trim().split('\n')
  const asks = args.length === 0 ? '' : `asks for ${args.map((one) => one.title).join(', ')}`
  const words = [`*${escapeInlineMrkdwn(title)}*`, escapeMrkdwn(truncate(line, 300)), escapeMrkdwn(truncate(asks, 300))]
  return sectionBlock(
    words.filter(Boolean).join('\n'),
    createButton({ text: 'Use it', action: 'prompt_open', value: name }),
  )
}

export type UsedPrompt = { title: string; of: string; values: Record<string, string> }

const valuesOf = ({ values }: UsedPrompt): string => {
  const given = Object.entries(values).filter(([, value]) => value !== '')
  return given.length === 0 ? '' : ` (${given.map(([name, value]) => `${name}: ${value}`).join(', ')})`
}

/** The request as people read it. */
export const promptRequestText = (used: UsedPrompt): string =>
  truncate(`Prompt "${used.title}" of ${used.of}${valuesOf(used)}`, 1_000)

/** Above the answer to a prompt: who chose which, and the beginning of what its server says. */
export function usedPromptMessage(user: string, used: UsedPrompt, says: string): MessageContent {
  const words = truncate(valuesOf(used), 1_000)
  const lines = truncate(says.trim(), 600).split('\n')
  return {
    text: truncate(
      `${mentionOf(user)} uses the prompt ${escapeMrkdwn(used.title)} of ${escapeMrkdwn(used.of)}`,
      LIMITS.message.text,
    ),
    blocks: [
      sectionBlock(
        `:speech_balloon: ${mentionOf(user)} uses the prompt *${escapeInlineMrkdwn(used.title)}* of ${escapeInlineMrkdwn(used.of)}${escapeMrkdwn(words)}`,
      ),
      ...(says.trim() === '' ? [] : [sectionBlock(lines.map((line) => `> ${escapeMrkdwn(line)}`).join('\n'))]),
      contextBlock(`The quoted words come from the server of ${escapeInlineMrkdwn(used.of)}.`),
    ],
  }
}
