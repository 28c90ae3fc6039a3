import type { KnownBlock, ModalView } from '@slack/types'
import type { Agent } from '../../agents/agent-rows.ts'
import { LIMITS } from '../../block-kit/limits.ts'
import type { SearchHit, SearchResults } from '../../connect/catalog/search-catalog.ts'
import { headOf, truncate } from '../../text.ts'
import type { UsableWorkflow } from '../../workflows/create-workflows.ts'
import { agentLabel } from '../agents/agent-texts.ts'
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
} from '../blocks/build-blocks.ts'
import { escapeInlineMrkdwn, escapeMrkdwn, mentionOf, pluralize } from '../blocks/text.ts'
import { workflowLabel } from '../workflows/workflow-texts.ts'

/** The words and page of a search, as the value of its buttons. */
export type SearchQuery = { words: string; page: number }

/** `notAllowed`: how many more hits may not be connected in this workspace. */
export type SearchContent = SearchResults & {
  notAllowed: number
  mayConnectByAddress: boolean
  agents?: Agent[]
  workflows?: UsableWorkflow[]
}

const HITS_PER_PAGE = 10

const EXAMPLES = ['Query a database', 'Track issues', 'Watch servers', 'Search documents', 'Use a browser']

/** One page of search hits, each with a button to connect it. Pure. */
export function searchMessage(found: SearchContent, { words, page: wanted }: SearchQuery): MessageContent {
  const { hits } = found
  const pages = Math.max(1, Math.ceil(hits.length / HITS_PER_PAGE))
  const page = Math.min(Math.max(0, wanted), pages - 1)
  const shown = hits.slice(page * HITS_PER_PAGE, (page + 1) * HITS_PER_PAGE)
  const asked = `"${truncate(words, 60)}"`
  const where = pages > 1 ? `, page ${page + 1} of ${pages}` : ''
  const title = titleOf(found, asked) + where
  const notes = notesOf(found)
  return {
    text: escapeMrkdwn(truncate([title, ...shown.map((hit) => hit.title)].join(', '), 1_000)),
    blocks: [
      ...(page === 0 ? [...agentBlocks(found.agents ?? []), ...workflowBlocks(found.workflows ?? [])] : []),
      sectionBlock(`*${escapeInlineMrkdwn(title)}*`),
      ...shown.map(hitBlock),
      ...(hits.length === 0 ? [noHitsBlock(found)] : []),
      ...notes.map((note) => contextBlock(note)),
      ...pageBlocks({ words, page }, pages, found),
    ],
  }
}

const MOST_AGENTS = 5

/** Agents of the workspace and of the person, above the tools. */
const agentBlocks = (agents: Agent[]): KnownBlock[] =>
  agents
    .slice(0, MOST_AGENTS)
    .map((agent) =>
      sectionBlock(
        `${agentLabel(agent)}: ${escapeMrkdwn(agent.purpose)}\n_an agent: ask it by its name_`,
        createCommandButton('Show', `agents ${agent.name}`),
      ),
    )

const workflowBlocks = (workflows: UsableWorkflow[]): KnownBlock[] =>
  workflows
    .slice(0, MOST_AGENTS)
    .map(({ body }) =>
      sectionBlock(
        `${workflowLabel(body)}${body.description === undefined ? '' : `: ${escapeMrkdwn(body.description)}`}\n_a workflow: steps that are done the same way each time_`,
        createCommandButton('Show', `workflows ${body.title}`),
      ),
    )

function titleOf({ hits, whole }: SearchContent, asked: string): string {
  if (hits.length === 0) return `I found no tool for ${asked}`
  const services = pluralize(hits.length, 'service')
  return `${services} ${whole ? 'for' : 'that may fit'} ${asked}`
}

function hitBlock(hit: SearchHit): KnownBlock {
  const { icon, title, description, card } = hit
  const accessibilityLabel = `Connect ${title}`
  return sectionBlock(
    [`${icon} *${escapeInlineMrkdwn(title)}*${hostText(hit)}`, escapeInlineMrkdwn(description), `_${originText(hit)}_`]
      .filter(Boolean)
      .join('\n'),
    createButton({
      text: 'Connect',
      action: `command_run:${truncate(card, 200)}`,
      value: `connect ${card}`,
      accessibilityLabel,
    }),
  )
}

/** A server URL with placeholders has no host yet, or only its end. */
const hostText = ({ host }: SearchHit): string =>
  host === undefined || host === '…' ? '' : ` at ${escapeInlineMrkdwn(host.replace(/^.*…\./, ''))}`

function originText({ registry, saved }: SearchHit): string {
  if (saved !== undefined)
    return saved.shared ? `saved for this workspace by ${mentionOf(saved.by)}` : 'saved by you, for yourself'
  if (registry === undefined) return 'comes with Patchbay'
  const { name, publisher, deprecated } = registry
  const by = publisher === undefined ? escapeInlineMrkdwn(name) : `published by ${escapeInlineMrkdwn(publisher)}`
  return `from the public MCP registry (${by}), not checked by us${deprecated ? '; its publisher advises against it' : ''}`
}

function noHitsBlock({ near, mayConnectByAddress }: SearchContent): KnownBlock {
  const others = near.length === 0 ? 'Try a more general word.' : 'Perhaps you meant one of the words below.'
  const address = mayConnectByAddress ? ' If you know the address of a server, connect it by that.' : ''
  return sectionBlock(`${others}${address}`)
}

function notesOf({ notAllowed, registry }: SearchContent): string[] {
  return [
    ...(notAllowed === 0
      ? []
      : [`${notAllowed} more may not be connected in this workspace. An owner can allow services in my Home tab.`]),
    ...(registry === 'never'
      ? ['I could not read the public MCP registry so far, so I looked only at the services that come with Patchbay.']
      : []),
  ]
}

/** A button's value holds 2,000 characters, and more words find no more. */
const MAX_WORDS_CHARS = 300

function pageBlocks(
  query: SearchQuery,
  pages: number,
  { hits, near, mayConnectByAddress }: SearchContent,
): KnownBlock[] {
  const to = (name: string, text: string, next: SearchQuery) =>
    createButton({
      text,
      action: `search_page:${name}`,
      value: JSON.stringify({ ...next, words: headOf(next.words, MAX_WORDS_CHARS) }),
    })
  const elements = [
    ...(query.page > 0 ? [to('previous', 'Previous', { ...query, page: query.page - 1 })] : []),
    ...(query.page < pages - 1 ? [to('next', 'Next', { ...query, page: query.page + 1 })] : []),
    ...near.map((word, at) => to(`near${at}`, `Search ${word}`, { words: word, page: 0 })),
    ...(hits.length === 0 && mayConnectByAddress ? [createCommandButton('Connect by address', 'connect custom')] : []),
    createCommandButton('Search again', 'search'),
  ]
  return [actionsBlock(elements, 'search turn')]
}

/** The same in a modal with a search field; without words it shows examples. */
export function searchModal(found: SearchContent | undefined, query: SearchQuery): ModalView {
  const field = inputBlock({
    id: 'words',
    label: 'What do you want to do?',
    hint: 'A service or what it is for. Press Enter to search.',
    optional: true,
    element: {
      type: 'plain_text_input',
      action_id: 'search_words',
      ...(query.words !== '' && { initial_value: truncate(query.words, 200) }),
      placeholder: plainTextObject('send an e-mail to a customer', LIMITS.placeholder),
      dispatch_action_config: { trigger_actions_on: ['on_enter_pressed'] },
      max_length: 200,
    },
  })
  const blocks = found === undefined ? exampleBlocks() : searchMessage(found, query).blocks.flatMap(withoutSearchAgain)
  return createModal({
    id: 'search',
    title: 'Find a tool',
    submit: 'Search',
    metadata: query,
    blocks: [{ ...field, dispatch_action: true }, ...blocks],
  })
}

function exampleBlocks(): KnownBlock[] {
  const examples = EXAMPLES.map((word) =>
    createButton({ text: word, action: `search_page:${word}`, value: JSON.stringify({ words: word, page: 0 }) }),
  )
  return [
    sectionBlock('I look through the services that come with Patchbay and the public MCP registry. For example:'),
    actionsBlock(examples, 'search examples'),
    contextBlock('Nobody here has checked what comes from the registry, so each of its tools asks before it runs.'),
  ]
}

/** The modal has a search field for that. */
function withoutSearchAgain(block: KnownBlock): KnownBlock[] {
  if (block.type !== 'actions') return [block]
  const elements = block.elements.filter((one) => one.type !== 'button' || one.value !== 'search')
  return elements.length === 0 ? [] : [{ ...block, elements }]
}
