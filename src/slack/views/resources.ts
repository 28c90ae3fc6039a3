import type { KnownBlock, ModalView } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import type { Resource, ResourceList, ResourceTemplate } from '../../connect/features/features.ts'
import { actions, button, context, input, modal, plain, type Saying, section } from './blocks.ts'
import { type Look, listPages, lookBlocks } from './look.ts'
import { clip, inline, literal, mention, plural } from './text.ts'

/** Where what is read goes: the thread or channel the command was given in, else direct messages. */
export type Spot = { channel?: string | undefined; thread?: string | undefined }

type Item = { kind: 'resource'; it: Resource } | { kind: 'template'; it: ResourceTemplate }

/** One page of what a connection lets be read. */
export function resourcesModal(list: ResourceList, look: Look & { name: string }, names: Named[]): ModalView {
  const items: Item[] = [
    ...list.resources.map((it) => ({ kind: 'resource' as const, it })),
    ...list.templates.map((it) => ({ kind: 'template' as const, it })),
  ]
  const page = listPages(items, look, ({ kind, it }) => [
    it.name,
    it.description,
    kind === 'resource' ? it.uri : it.uriTemplate,
  ])
  const more = list.more ? [context('There are more than I can list here.')] : []
  const title = `*${plural(page.hits, 'resource')} of ${inline(look.name)}*`
  return modal({
    id: 'resources',
    title: 'Resources',
    submit: 'Search',
    keep: keepOf(look),
    blocks: [
      ...lookBlocks('resources', look, names, { title, page }),
      ...page.shown.map(itemBlock),
      ...more,
      ...page.turn,
    ],
  })
}

export type Named = { id: string; name: string }

/** What travels in the modal; the name is looked up again. */
export const keepOf = ({ connection, words, page, channel, thread }: Look): Look => ({
  connection,
  words: clip(words, 200),
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
    `*${inline(it.name)}* · ${literal(facts.join(', '))}`,
    literal(clip(address, 200)),
    literal(clip(line, 200)),
  ]
  const press =
    item.kind === 'resource'
      ? button({ text: 'Open', action: 'resource_open', value: JSON.stringify(pickOf(item.it)) })
      : button({ text: 'Fill in', action: 'resource_fill', value: address })
  return section(words.filter(Boolean).join('\n'), press)
}

/** A resource as a button and a modal carry it. */
export type Picked = { uri: string; name: string; kind: string }

const pickOf = ({ uri, name, mimeType, size }: Resource): Picked => ({
  uri,
  name: clip(unquoted(name), 100),
  kind: clip(unquoted([mimeType, bytes(size)].filter(Boolean).join(', ')), 80),
})

/** Without what takes several characters in JSON. */
const unquoted = (text: string): string => text.replace(/["\\\p{Cc}]/gu, ' ')

const bytes = (size: number | undefined): string | undefined => (size === undefined ? undefined : sizeWords(size))

export function sizeWords(size: number): string {
  if (size < 1_000) return plural(size, 'byte')
  return size < 1_000_000 ? `${Math.round(size / 1_000)} KB` : `${(size / 1_000_000).toFixed(1)} MB`
}

/** One resource, with what can be done with it. `tells`: its server says when it changes. */
export function resourceModal(
  picked: Picked,
  o: { of: string; tells: boolean; where: string; keep: unknown },
): ModalView {
  const about = [`*${inline(picked.name)}* of ${inline(o.of)}`, literal(clip(picked.uri, 1_500)), literal(picked.kind)]
  const question = input({
    id: 'question',
    label: 'Or ask about it',
    hint: `I read it and answer ${o.where}.`,
    optional: true,
    element: {
      type: 'plain_text_input',
      action_id: 'question',
      multiline: true,
      max_length: LIMITS.plainTextInput,
      placeholder: plain('Sum it up, compare it with…', LIMITS.placeholder),
    },
  })
  return modal({
    id: 'resource',
    title: 'Resource',
    submit: 'Ask about it',
    keep: o.keep,
    blocks: [
      section(about.filter(Boolean).join('\n')),
      actions([
        button({ text: 'Read here', action: 'resource_read', value: 'read', style: 'primary' }),
        ...(o.tells ? [button({ text: 'Tell me when it changes', action: 'resource_watch', value: 'watch' })] : []),
      ]),
      context(`_Read here_ shows it ${o.where}. What it says comes from the server, not from me.`),
      question,
    ],
  })
}

/** Above what was read. */
export function sayRead(user: string, { name, uri }: Picked, of: string): Saying {
  const text = `${mention(user)} read ${literal(name)} of ${literal(of)}`
  return {
    text: clip(text, LIMITS.message.text),
    blocks: [
      section(`:page_facing_up: ${mention(user)} read *${inline(name)}* of ${inline(of)}`),
      ...(name === uri ? [] : [context(literal(clip(uri, 300)))]),
    ],
  }
}

/** Above the answer to a question about a resource. */
export function sayAskedOf(user: string, question: string, { name, uri }: Picked, of: string): Saying {
  const text = `${mention(user)} asks about ${literal(name)} of ${literal(of)}: ${literal(question)}`
  return {
    text: clip(text, LIMITS.message.text),
    blocks: [
      section(`:page_facing_up: ${mention(user)} asks about *${inline(name)}* of ${inline(of)}: ${literal(question)}`),
      context(literal(clip(uri, 300))),
    ],
  }
}

/** A short text, as it stands: what could end the block is broken. */
export const sayContent = (text: string): Saying => ({
  text: clip(literal(text), LIMITS.message.text),
  blocks: [section(`\`\`\`\n${literal(text).replaceAll('```', '`\u2060``')}\n\`\`\``)],
})

export function sayWatching(user: string, { name, of, id }: { name: string; of: string; id: string }): Saying {
  const text = `I will say so here when ${name} of ${of} changes`
  return {
    text: clip(literal(text), LIMITS.message.text),
    blocks: [
      section(
        `:bell: ${mention(user)} wants to know about changes: I will say so here when *${inline(name)}* of ${inline(of)} changes.`,
      ),
      actions([button({ text: 'Stop telling me', action: 'watch_stop', value: id })], 'watching'),
    ],
  }
}

export function sayChanged({ name, of, id }: { name: string; of: string; id: string }): Saying {
  return {
    text: clip(literal(`${name} of ${of} changed`), LIMITS.message.text),
    blocks: [
      section(`:bell: *${inline(name)}* of ${inline(of)} changed.`),
      actions(
        [
          button({ text: 'Read it', action: 'watch_read', value: id }),
          button({ text: 'Stop telling me', action: 'watch_stop', value: id }),
        ],
        'watched',
      ),
    ],
  }
}
