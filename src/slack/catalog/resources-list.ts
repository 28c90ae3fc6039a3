import type { KnownBlock, ModalView } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import type { Resource, ResourceList, ResourceTemplate } from '../../connect/features/features.ts'
import {
  actionsBlock,
  contextBlock,
  createButton,
  createModal,
  inputBlock,
  type MessageContent,
  plainTextObject,
  sectionBlock,
} from '../blocks/blocks.ts'
import { type ListQuery, listQueryBlocks, pagesOfList } from '../blocks/paged-list.ts'
import { escapeInlineMrkdwn, escapeMrkdwn, mentionOf, pluralize, truncate } from '../blocks/text.ts'

/** Where what is read goes: the thread or channel the command was given in, else direct messages. */
export type ReplyPlace = { channel?: string | undefined; thread?: string | undefined }

type Item = { kind: 'resource'; it: Resource } | { kind: 'template'; it: ResourceTemplate }

/** One page of what a connection lets be read. */
export function resourcesModal(
  list: ResourceList,
  look: ListQuery & { name: string },
  names: NamedConnection[],
): ModalView {
  const items: Item[] = [
    ...list.resources.map((it) => ({ kind: 'resource' as const, it })),
    ...list.templates.map((it) => ({ kind: 'template' as const, it })),
  ]
  const page = pagesOfList(items, look, ({ kind, it }) => [
    it.name,
    it.description,
    kind === 'resource' ? it.uri : it.uriTemplate,
  ])
  const more = list.more ? [contextBlock('There are more than I can list here.')] : []
  const title = `*${pluralize(page.hits, 'resource')} of ${escapeInlineMrkdwn(look.name)}*`
  return createModal({
    id: 'resources',
    title: 'Resources',
    submit: 'Search',
    keep: listMetadataOf(look),
    blocks: [
      ...listQueryBlocks('resources', look, names, { title, page }),
      ...page.shown.map(itemBlock),
      ...more,
      ...page.turn,
    ],
  })
}

export type NamedConnection = { id: string; name: string }

/** What travels in the modal; the name is looked up again. */
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
  const facts = [it.mimeType, item.kind === 'resource' ? bytes(item.it.size) : 'fill in to read'].filter(Boolean)
  const [line = ''] = it.description.trim().split('\n')
  const words = [
    `*${escapeInlineMrkdwn(it.name)}* · ${escapeMrkdwn(facts.join(', '))}`,
    escapeMrkdwn(truncate(address, 200)),
    escapeMrkdwn(truncate(line, 200)),
  ]
  const press =
    item.kind === 'resource'
      ? createButton({ text: 'Open', action: 'resource_open', value: JSON.stringify(pickOf(item.it)) })
      : createButton({ text: 'Fill in', action: 'resource_fill', value: address })
  return sectionBlock(words.filter(Boolean).join('\n'), press)
}

/** A resource as a button and a modal carry it. */
export type PickedResource = { uri: string; name: string; kind: string }

const pickOf = ({ uri, name, mimeType, size }: Resource): PickedResource => ({
  uri,
  name: truncate(unquoted(name), 100),
  kind: truncate(unquoted([mimeType, bytes(size)].filter(Boolean).join(', ')), 80),
})

/** Without what takes several characters in JSON. */
const unquoted = (text: string): string => text.replace(/["\\\p{Cc}]/gu, ' ')

const bytes = (size: number | undefined): string | undefined => (size === undefined ? undefined : formatSize(size))

export function formatSize(size: number): string {
  if (size < 1_000) return pluralize(size, 'byte')
  return size < 1_000_000 ? `${Math.round(size / 1_000)} KB` : `${(size / 1_000_000).toFixed(1)} MB`
}

/** One resource, with what can be done with it. `tells`: its server says when it changes. */
export function resourceModal(
  picked: PickedResource,
  o: { of: string; tells: boolean; where: string; keep: unknown },
): ModalView {
  const about = [
    `*${escapeInlineMrkdwn(picked.name)}* of ${escapeInlineMrkdwn(o.of)}`,
    escapeMrkdwn(truncate(picked.uri, 1_500)),
    escapeMrkdwn(picked.kind),
  ]
  const question = inputBlock({
    id: 'question',
    label: 'Or ask about it',
    hint: `I read it and answer ${o.where}.`,
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
    keep: o.keep,
    blocks: [
      sectionBlock(about.filter(Boolean).join('\n')),
      actionsBlock([
        createButton({ text: 'Read here', action: 'resource_read', value: 'read', style: 'primary' }),
        ...(o.tells
          ? [createButton({ text: 'Tell me when it changes', action: 'resource_watch', value: 'watch' })]
          : []),
      ]),
      contextBlock(`_Read here_ shows it ${o.where}. What it says comes from the server, not from me.`),
      question,
    ],
  })
}

/** Above what was read. */
export function readResourceMessage(user: string, { name, uri }: PickedResource, of: string): MessageContent {
  const text = `${mentionOf(user)} read ${escapeMrkdwn(name)} of ${escapeMrkdwn(of)}`
  return {
    text: truncate(text, LIMITS.message.text),
    blocks: [
      sectionBlock(
        `:page_facing_up: ${mentionOf(user)} read *${escapeInlineMrkdwn(name)}* of ${escapeInlineMrkdwn(of)}`,
      ),
      ...(name === uri ? [] : [contextBlock(escapeMrkdwn(truncate(uri, 300)))]),
    ],
  }
}

/** Above the answer to a question about a resource. */
export function askedOfResourceMessage(
  user: string,
  question: string,
  { name, uri }: PickedResource,
  of: string,
): MessageContent {
  const text = `${mentionOf(user)} asks about ${escapeMrkdwn(name)} of ${escapeMrkdwn(of)}: ${escapeMrkdwn(question)}`
  return {
    text: truncate(text, LIMITS.message.text),
    blocks: [
      sectionBlock(
        `:page_facing_up: ${mentionOf(user)} asks about *${escapeInlineMrkdwn(name)}* of ${escapeInlineMrkdwn(of)}: ${escapeMrkdwn(question)}`,
      ),
      contextBlock(escapeMrkdwn(truncate(uri, 300))),
    ],
  }
}

/** A short text, as it stands: what could end the block is broken. */
export const contentMessage = (text: string): MessageContent => ({
  text: truncate(escapeMrkdwn(text), LIMITS.message.text),
  blocks: [sectionBlock(`\`\`\`\n${escapeMrkdwn(text).replaceAll('```', '`\u2060``')}\n\`\`\``)],
})

export function watchingMessage(
  user: string,
  { name, of, id }: { name: string; of: string; id: string },
): MessageContent {
  const text = `I will say so here when ${name} of ${of} changes`
  return {
    text: truncate(escapeMrkdwn(text), LIMITS.message.text),
    blocks: [
      sectionBlock(
        `:bell: ${mentionOf(user)} wants to know about changes: I will say so here when *${escapeInlineMrkdwn(name)}* of ${escapeInlineMrkdwn(of)} changes.`,
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
