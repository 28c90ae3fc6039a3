import type { KnownBlock, ModalView } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import type { Resource, ResourceList, ResourceTemplate } from '../../connect/features/features.ts'
import { truncate } from '../../text.ts'
import {
  actionsBlock,
  contextBlock,
  createButton,
  createModal,
  inputBlock,
  type MessageContent,
  plainTextObject,
  sectionBlock,
} from '../blocks/build-blocks.ts'
import { type ListQuery, listQueryBlocks, paginateList } from '../blocks/paged-list.ts'
import { escapeInlineMrkdwn, escapeMrkdwn, pluralize } from '../blocks/text.ts'

type Item = { kind: 'resource'; it: Resource } | { kind: 'template'; it: ResourceTemplate }

/** One page of a connection's resources and templates. */
export function resourcesModal(
  list: ResourceList,
  query: ListQuery & { name: string },
  names: NamedConnection[],
): ModalView {
  const items: Item[] = [
    ...list.resources.map((it) => ({ kind: 'resource' as const, it })),
    ...list.templates.map((it) => ({ kind: 'template' as const, it })),
  ]
  const page = paginateList(items, query, ({ kind, it }) => [
    it.name,
    it.description,
    kind === 'resource' ? it.uri : it.uriTemplate,
  ])
  const more = list.more ? [contextBlock('There are more than I can list here.')] : []
  const title = `*${pluralize(page.hits, 'resource')} of ${escapeInlineMrkdwn(query.name)}*`
  return createModal({
    id: 'resources',
    title: 'Resources',
    submit: 'Search',
    metadata: listMetadataOf(query),
    blocks: [
      ...listQueryBlocks('resources', query, names, { title, page }),
      ...page.shown.map(itemBlock),
      ...more,
      ...page.pageButtons,
    ],
  })
}

export type NamedConnection = { id: string; name: string }

/** The metadata of a list's modal. */
export const listMetadataOf = ({ connection, words, page, channel, thread }: ListQuery): ListQuery => ({
  connection,
  words: truncate(words, 200),
  page,
  channel,
  thread,
})

function itemBlock(item: Item): KnownBlock {
  const { it } = item
  const address = item.kind === 'resource' ? item.it.uri : item.it.uriTemplate
  const facts = [it.mimeType, item.kind === 'resource' ? sizeText(item.it.size) : 'fill in to read'].filter(Boolean)
  const [line = ''] = it.description.trim().split('\n')
  const words = [
    `*${escapeInlineMrkdwn(it.name)}* · ${escapeMrkdwn(facts.join(', '))}`,
    escapeMrkdwn(truncate(address, 200)),
    escapeMrkdwn(truncate(line, 200)),
  ]
  const button =
    item.kind === 'resource'
      ? createButton({ text: 'Open', action: 'resource_open', value: JSON.stringify(pickedResourceOf(item.it)) })
      : createButton({ text: 'Fill in', action: 'resource_fill', value: address })
  return sectionBlock(words.filter(Boolean).join('\n'), button)
}

/** A resource as the value of a button. */
export type PickedResource = { uri: string; name: string; kind: string }

const pickedResourceOf = ({ uri, name, mimeType, size }: Resource): PickedResource => ({
  uri,
  name: truncate(unquoted(name), 100),
  kind: truncate(unquoted([mimeType, sizeText(size)].filter(Boolean).join(', ')), 80),
})

/** Without characters that JSON escapes: a button's value is short. */
const unquoted = (text: string): string => text.replace(/["\\\p{Cc}]/gu, ' ')

const sizeText = (size: number | undefined): string | undefined => (size === undefined ? undefined : formatSize(size))

export function formatSize(size: number): string {
  if (size < 1_000) return pluralize(size, 'byte')
  return size < 1_000_000 ? `${Math.round(size / 1_000)} KB` : `${(size / 1_000_000).toFixed(1)} MB`
}

/** A resource with buttons to read it, to subscribe to it if `canSubscribe`, and a field to ask about it. */
export function resourceModal(
  picked: PickedResource,
  options: { of: string; canSubscribe: boolean; where: string; metadata: unknown },
): ModalView {
  const about = [
    `*${escapeInlineMrkdwn(picked.name)}* of ${escapeInlineMrkdwn(options.of)}`,
    escapeMrkdwn(truncate(picked.uri, 1_500)),
    escapeMrkdwn(picked.kind),
  ]
  const question = inputBlock({
    id: 'question',
    label: 'Or ask about it',
    hint: `I read it and answer ${options.where}.`,
    optional: true,
    element: {
      type: 'plain_text_input',
      action_id: 'question',
      multiline: true,
      max_length: LIMITS.plainTextInput,
      placeholder: plainTextObject('Sum it up, compare it with…', LIMITS.placeholder),
    },
  })
  return createModal({
    id: 'resource',
    title: 'Resource',
    submit: 'Ask about it',
    metadata: options.metadata,
    blocks: [
      sectionBlock(about.filter(Boolean).join('\n')),
      actionsBlock([
        createButton({ text: 'Read here', action: 'resource_read', value: 'read', style: 'primary' }),
        ...(options.canSubscribe
          ? [createButton({ text: 'Tell me when it changes', action: 'resource_watch', value: 'watch' })]
          : []),
      ]),
      contextBlock(`_Read here_ shows it ${options.where}. What it says comes from the server, not from me.`),
      question,
    ],
  })
}

/** The message above the contents: `who` read what. */
export function readResourceMessage(who: string, { name, uri }: PickedResource, of: string): MessageContent {
  const text = `${who} read ${escapeMrkdwn(name)} of ${escapeMrkdwn(of)}`
  return {
    text: truncate(text, LIMITS.message.text),
    blocks: [
      sectionBlock(`:page_facing_up: ${who} read *${escapeInlineMrkdwn(name)}* of ${escapeInlineMrkdwn(of)}`),
      ...(name === uri ? [] : [contextBlock(escapeMrkdwn(truncate(uri, 300)))]),
    ],
  }
}

/** The message above the answer: `who` asked what about which resource. */
export function askedOfResourceMessage(
  who: string,
  question: string,
  { name, uri }: PickedResource,
  of: string,
): MessageContent {
  const text = `${who} asked about ${escapeMrkdwn(name)} of ${escapeMrkdwn(of)}: ${escapeMrkdwn(question)}`
  return {
    text: truncate(text, LIMITS.message.text),
    blocks: [
      sectionBlock(
        `:page_facing_up: ${who} asked about *${escapeInlineMrkdwn(name)}* of ${escapeInlineMrkdwn(of)}: ${escapeMrkdwn(question)}`,
      ),
      contextBlock(escapeMrkdwn(truncate(uri, 300))),
    ],
  }
}

/** A short text as a code block; a fence inside it is broken, so that it cannot end the block. */
export const contentMessage = (text: string): MessageContent => ({
  text: truncate(escapeMrkdwn(text), LIMITS.message.text),
  blocks: [sectionBlock(`\`\`\`\n${escapeMrkdwn(text).replaceAll('```', '`\u2060``')}\n\`\`\``)],
})

export function watchingMessage(
  who: string,
  { name, of, id }: { name: string; of: string; id: string },
): MessageContent {
  const text = `I will say so here when ${name} of ${of} changes`
  return {
    text: truncate(escapeMrkdwn(text), LIMITS.message.text),
    blocks: [
      sectionBlock(
        `:bell: ${who} asked to hear of changes: I will say so here when *${escapeInlineMrkdwn(name)}* of ${escapeInlineMrkdwn(of)} changes.`,
      ),
      actionsBlock([createButton({ text: 'Stop telling me', action: 'watch_stop', value: id })], 'watching'),
    ],
  }
}

export function resourceChangedMessage({ name, of, id }: { name: string; of: string; id: string }): MessageContent {
  return {
    text: truncate(escapeMrkdwn(`${name} of ${of} changed`), LIMITS.message.text),
    blocks: [
      sectionBlock(`:bell: *${escapeInlineMrkdwn(name)}* of ${escapeInlineMrkdwn(of)} changed.`),
      actionsBlock(
        [
          createButton({ text: 'Read it', action: 'watch_read', value: id }),
          createButton({ text: 'Stop telling me', action: 'watch_stop', value: id }),
        ],
        'watched',
      ),
    ],
  }
}
