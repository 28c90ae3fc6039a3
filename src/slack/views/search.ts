import type { KnownBlock, ModalView } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import type { SearchHit, SearchResults } from '../../connect/catalog/search.ts'
import { actions, button, commandButton, context, input, modal, plain, type Saying, section } from './blocks.ts'
import { clip, inline, literal, plural } from './text.ts'

/** What is looked for, and which part of it is looked at; travels in the buttons. */
export type SearchLook = { words: string; page: number }

/** `barred`: how many more there are that may not be connected in this workspace. */
export type SearchPicture = SearchResults & { barred: number; mayAddress: boolean }

const HITS_PER_PAGE = 10

const EXAMPLES = ['database', 'issues', 'monitoring', 'documents', 'browser']

/** One page of what could be connected, each with a button for it. Pure. */
export function saySearch(found: SearchPicture, { words, page: wanted }: SearchLook): Saying {
  const { hits } = found
  const pages = Math.max(1, Math.ceil(hits.length / HITS_PER_PAGE))
  const page = Math.min(Math.max(0, wanted), pages - 1)
  const shown = hits.slice(page * HITS_PER_PAGE, (page + 1) * HITS_PER_PAGE)
  const asked = `"${clip(words, 60)}"`
  const where = pages > 1 ? `, page ${page + 1} of ${pages}` : ''
  const title = hits.length === 0 ? `Nothing fits ${asked}` : `${plural(hits.length, 'tool')} for ${asked}${where}`
  const notes = notesOf(found)
  return {
    text: literal(clip([title, ...shown.map((hit) => hit.title)].join(', '), 1_000)),
    blocks: [
      section(`*${inline(title)}*`),
      ...shown.map(hitBlock),
      ...(hits.length === 0 ? [nearBlock(found, words)] : []),
      ...notes.map((note) => context(note)),
      ...turnBlocks({ words, page }, pages, found),
    ],
  }
}

function hitBlock(hit: SearchHit): KnownBlock {
  const { icon, title, description, card } = hit
  const says = `Connect ${title}`
  return section(
    [`${icon} *${inline(title)}*${hostWords(hit)}`, inline(description), `_${originWords(hit)}_`]
      .filter(Boolean)
      .join('\n'),
    button({ text: 'Connect', action: `command_run:${clip(card, 200)}`, value: `connect ${card}`, says }),
  )
}

/** An address that is filled in when one connects has no host to show yet. */
const hostWords = ({ host }: SearchHit): string => (host === undefined || host === '…' ? '' : ` at ${inline(host)}`)

function originWords({ registry }: SearchHit): string {
  if (registry === undefined) return 'comes with Patchbay'
  const { name, publisher, deprecated } = registry
  const by = publisher === undefined ? inline(name) : `published by ${inline(publisher)}`
  return `from the public MCP registry (${by}), not checked by us${deprecated ? '; its publisher advises against it' : ''}`
}

function nearBlock({ near, mayAddress }: SearchPicture, words: string): KnownBlock {
  const others = near.length === 0 ? '' : ' Perhaps you meant one of the words below.'
  const address = mayAddress ? ' If you know the address of a server, connect it by that.' : ''
  return section(
    `I know no tool for _${inline(clip(words, 60))}_.${others}${address || (others === '' ? ' Try a more general word.' : '')}`,
  )
}

function notesOf({ barred, registry }: SearchPicture): string[] {
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

function turnBlocks(look: SearchLook, pages: number, { hits, near, mayAddress }: SearchPicture): KnownBlock[] {
  const to = (name: string, text: string, next: SearchLook) =>
    button({
      text,
      action: `search_page:${name}`,
      value: JSON.stringify({ ...next, words: next.words.slice(0, KEPT_CHARS) }),
    })
  const elements = [
    ...(look.page > 0 ? [to('previous', 'Previous', { ...look, page: look.page - 1 })] : []),
    ...(look.page < pages - 1 ? [to('next', 'Next', { ...look, page: look.page + 1 })] : []),
    ...near.map((word, at) => to(`near${at}`, `Search ${word}`, { words: word, page: 0 })),
    ...(hits.length === 0 && mayAddress ? [commandButton('Connect by address', 'connect custom')] : []),
    commandButton('Other words', 'search'),
  ]
  return [actions(elements, 'search turn')]
}

/** The same in a modal, with a field to search by; without words it says what one may search for. */
export function searchModal(found: SearchPicture | undefined, look: SearchLook): ModalView {
  const field = input({
    id: 'words',
    label: 'What do you want to do?',
    hint: 'A service or what it is for. Press Enter to search.',
    optional: true,
    element: {
      type: 'plain_text_input',
      action_id: 'search_words',
      ...(look.words !== '' && { initial_value: clip(look.words, 200) }),
      placeholder: plain('database, issues, weather …', LIMITS.placeholder),
      dispatch_action_config: { trigger_actions_on: ['on_enter_pressed'] },
      max_length: 200,
    },
  })
  const blocks = found === undefined ? exampleBlocks() : saySearch(found, look).blocks.flatMap(withoutOtherWords)
  return modal({
    id: 'search',
    title: 'Find a tool',
    submit: 'Search',
    keep: look,
    blocks: [{ ...field, dispatch_action: true }, ...blocks],
  })
}

function exampleBlocks(): KnownBlock[] {
  const examples = EXAMPLES.map((word) =>
    button({ text: word, action: `search_page:${word}`, value: JSON.stringify({ words: word, page: 0 }) }),
  )
  return [
    section('I look through the services I know and the public MCP registry. For example:'),
    actions(examples, 'search examples'),
    context(
      `What comes from the registry nobody here has checked: each of its tools asks before it runs. ${literal('`/mcp search words`')} does the same.`,
    ),
  ]
}

/** The field above is for that. */
function withoutOtherWords(block: KnownBlock): KnownBlock[] {
  if (block.type !== 'actions') return [block]
  const elements = block.elements.filter((one) => one.type !== 'button' || one.value !== 'search')
  return elements.length === 0 ? [] : [{ ...block, elements }]
}
