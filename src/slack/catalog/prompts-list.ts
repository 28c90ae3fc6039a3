import type { KnownBlock, ModalView } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import type { Prompt } from '../../connect/features/features.ts'
import { truncate } from '../../text.ts'
import { contextBlock, createButton, createModal, type MessageContent, sectionBlock } from '../blocks/build-blocks.ts'
import { type ListQuery, listQueryBlocks, paginateList } from '../blocks/paged-list.ts'
import { escapeInlineMrkdwn, escapeMrkdwn, pluralize } from '../blocks/text.ts'
import { listMetadataOf, type NamedConnection } from './resources-list.ts'

/** One page of a connection's prompts. */
export function promptsModal(
  prompts: Prompt[],
  query: ListQuery & { name: string },
  names: NamedConnection[],
): ModalView {
  const page = paginateList(prompts, query, ({ name, title, description }) => [name, title, description])
  const title = `*${pluralize(page.hits, 'prompt')} of ${escapeInlineMrkdwn(query.name)}*`
  return createModal({
    id: 'prompts',
    title: 'Prompts',
    submit: 'Search',
    metadata: listMetadataOf(query),
    blocks: [
      ...listQueryBlocks('prompts', query, names, { title, page }),
      ...page.shown.map(promptBlock),
      ...page.pageButtons,
    ],
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

/** The request's text, as the thread shows it. */
export const promptRequestText = (used: UsedPrompt): string =>
  truncate(`Prompt "${used.title}" of ${used.of}${valuesOf(used)}`, 1_000)

/** The message above the answer: `who` used which prompt, and the beginning of its text. */
export function usedPromptMessage(who: string, used: UsedPrompt, firstText: string): MessageContent {
  const words = truncate(valuesOf(used), 1_000)
  const lines = truncate(firstText.trim(), 600).split('\n')
  return {
    text: truncate(
      `${who} used the prompt ${escapeMrkdwn(used.title)} of ${escapeMrkdwn(used.of)}`,
      LIMITS.message.text,
    ),
    blocks: [
      sectionBlock(
        `:speech_balloon: ${who} used the prompt *${escapeInlineMrkdwn(used.title)}* of ${escapeInlineMrkdwn(used.of)}${escapeMrkdwn(words)}`,
      ),
      ...(firstText.trim() === '' ? [] : [sectionBlock(lines.map((line) => `> ${escapeMrkdwn(line)}`).join('\n'))]),
      contextBlock(`The quoted words come from the server of ${escapeInlineMrkdwn(used.of)}.`),
    ],
  }
}
