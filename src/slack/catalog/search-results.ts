import type { KnownBlock, ModalView } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import type { SearchHit, SearchResults } from '../../connect/catalog/search.ts'
import {
  actionsBlock,
  contextBlock,
  createButton,
  createCommandButton,
  createModal,
  inputBlock,
  type MessageContent,
  plainTextObject,
  sectionBlock,
} from '../blocks/blocks.ts'
import { escapeInlineMrkdwn, escapeMrkdwn, pluralize, truncate } from '../blocks/text.ts'

/** What is looked for, and which part of it is looked at; travels in the buttons. */
export type SearchQuery = { words: string; page: number }

/** `barred`: how many more there are that may not be connected in this workspace. */
export type SearchContent = SearchResults & { barred: number; mayAddress: boolean }

const HITS_PER_PAGE = 10

const EXAMPLES = ['database', 'issues', 'monitoring', 'documents', 'browser']

/** One page of what could be connected, each with a button for it. Pure. */
export function searchMessage(found: SearchContent, { words, page: wanted }: SearchQuery): MessageContent {
  const { hits } = found
  const pages = Math.max(1, Math.ceil(hits.length / HITS_PER_PAGE))
  const page = Math.min(Math.max(0, wanted), pages - 1)
  const shown = hits.slice(page * HITS_PER_PAGE, (page + 1) * HITS_PER_PAGE)
  const asked = `"${truncate(words, 60)}"`
  const where = pages > 1 ? `, page ${page + 1} of ${pages}` : ''
  const title = hits.length === 0 ? `Nothing fits ${asked}` : `${pluralize(hits.length, 'tool')} for ${asked}${where}`
  const notes = notesOf(found)
  return {
    text: escapeMrkdwn(truncate([title, ...shown.map((hit) => hit.title)].join(', '), 1_000)),
    blocks: [
      sectionBlock(`*${escapeInlineMrkdwn(title)}*`),
      ...shown.map(hitBlock),
      ...(hits.length === 0 ? [nearBlock(found, words)] : []),
      ...notes.map((note) => contextBlock(note)),
      ...turnBlocks({ words, page }, pages, found),
    ],
  }
}

function hitBlock(hit: SearchHit): KnownBlock {
  const { icon, title, description, card } = hit
  const says = `Connect ${title}`
  return sectionBlock(
    [
      `${icon} *${escapeInlineMrkdwn(title)}*${hostWords(hit)}`,
      escapeInlineMrkdwn(description),
      `_${originWords(hit)}_`,
    ]
      .filter(Boolean)
      .join('\n'),
    createButton({ text: 'Connect', action: `command_run:${truncate(card, 200)}`, value: `connect ${card}`, says }),
  )
}

/** An address that is filled in when one connects has no host to show yet. */
const hostWords = ({ host }: SearchHit): string =>
  host === undefined || host === '…' ? '' : ` at ${escapeInlineMrkdwn(host)}`

function originWords({ registry }: SearchHit): string {
  if (registry === undefined) return 'comes with Patchbay'
  const { name, publisher, deprecated } = registry
  const by = publisher === undefined ? escapeInlineMrkdwn(name) : `published by ${escapeInlineMrkdwn(publisher)}`
  return `from the public MCP registry (${by}), not checked by us${deprecated ? '; its publisher advises against it' : ''}`
}

function nearBlock({ near, mayAddress }: SearchContent, words: string): KnownBlock {
  const others = near.length === 0 ? '' : ' Perhaps you meant one of the words below.'
  const address = mayAddress ? ' If you know the address of a server, connect it by that.' : ''
  return sectionBlock(
    `I know no tool for _${escapeInlineMrkdwn(truncate(words, 60))}_.${others}${address || (others === '' ? ' Try a more general word.' : '')}`,
  )
}

function notesOf({ barred, registry }: SearchContent): string[] {
  return [
    ...(barred === 0
      ? []
      : [
          `${barred} more may not be connected in this workspace. An owner or admin can allow services in my Home tab.`,
        ]),
    ...(registry === 'never'
      ? ['The public MCP registry has not been read yet, so this is only what I come with.']
      : []),
  ]
}

/** More words find no more, and a button's value has room for 2,000 characters. */
const KEPT_CHARS = 300

function turnBlocks(look: SearchQuery, pages: number, { hits, near, mayAddress }: SearchContent): KnownBlock[] {
  const to = (name: string, text: string, next: SearchQuery) =>
    createButton({
      text,
      action: `search_page:${name}`,
      value: JSON.stringify({ ...next, words: next.words.slice(0, KEPT_CHARS) }),
    })
  const elements = [
    ...(look.page > 0 ? [to('previous', 'Previous', { ...look, page: look.page - 1 })] : []),
    ...(look.page < pages - 1 ? [to('next', 'Next', { ...look, page: look.page + 1 })] : []),
    ...near.map((word, at) => to(`near${at}`, `Search ${word}`, { words: word, page: 0 })),
    ...(hits.length === 0 && mayAddress ? [createCommandButton('Connect by address', 'connect custom')] : []),
    createCommandButton('Other words', 'search'),
  ]
  return [actionsBlock(elements, 'search turn')]
}

/** The same in a modal, with a field to search by; without words it says what one may search for. */
export function searchModal(found: SearchContent | undefined, look: SearchQuery): ModalView {
  const field = inputBlock({
    id: 'words',
    label: 'What do you want to do?',
    hint: 'A service or what it is for. Press Enter to search.',
    optional: true,
    element: {
      type: 'plain_text_input',
      action_id: 'search_words',
      ...(look.words !== '' && { initial_value: truncate(look.words, 200) }),
      placeholder: plainTextObject('database, issues, weather …', LIMITS.placeholder),
      dispatch_action_config: { trigger_actions_on: ['on_enter_pressed'] },
      max_length: 200,
    },
  })
  const blocks = found === undefined ? exampleBlocks() : searchMessage(found, look).blocks.flatMap(withoutOtherWords)
  return createModal({
    id: 'search',
    title: 'Find a tool',
    submit: 'Search',
    keep: look,
    blocks: [{ ...field, dispatch_action: true }, ...blocks],
  })
}

function exampleBlocks(): KnownBlock[] {
  const examples = EXAMPLES.map((word) =>
    createButton({ text: word, action: `search_page:${word}`, value: JSON.stringify({ words: word, page: 0 }) }),
  )
  return [
    sectionBlock('I look through the services I know and the public MCP registry. For example:'),
    actionsBlock(examples, 'search examples'),
    contextBlock(
      `What comes from the registry nobody here has checked: each of its tools asks before it runs. ${escapeMrkdwn('`/mcp search words`')} does the same.`,
    ),
  ]
}

/** The field above is for that. */
function withoutOtherWords(block: KnownBlock): KnownBlock[] {
  if (block.type !== 'actions') return [block]
  const elements = block.elements.filter((one) => one.type !== 'button' || one.value !== 'search')
  return elements.length === 0 ? [] : [{ ...block, elements }]
}
