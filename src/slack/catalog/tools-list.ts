import type { KnownBlock, ModalView } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import { truncate } from '../../text.ts'
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
import { escapeMrkdwn, pluralize } from '../blocks/text.ts'
import { createChangesButton } from '../tool-changes/tool-changes-message.ts'

/** A tool that cannot be used, and why. */
export type UnusableToolLine = { connection: string; tool: string; why: string; isNew?: boolean }

export type ToolLine = {
  connection: string
  name: string
  description: string
  kind: 'read' | 'write' | 'destructive' | undefined
  /** It runs without approval, as far as is known without its arguments. */
  free: boolean
  /** What is known of a tool that nobody has checked, in place of `kind`. */
  unchecked?: string
  /** It takes SQL, whose statements decide whether it needs approval. */
  sql?: boolean
  /** Its server changed it. */
  changed?: boolean
}

/** The search and page of a tool list, as the value of its buttons. */
export type ToolListQuery = { connection: string | undefined; words: string; page: number }

const TOOLS_PER_PAGE = 10

const KINDS = { read: 'reads', write: 'writes', destructive: ':warning: can destroy something' }

export function findTools(tools: ToolLine[], words: string): ToolLine[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean)
  return tools.filter((tool) => {
    const text = `${tool.connection} ${tool.name} ${tool.name.replace(/[_-]/g, ' ')} ${tool.description}`.toLowerCase()
    return wanted.every((word) => text.includes(word))
  })
}

/** One page of tools with page buttons. */
export function toolsMessage(
  tools: ToolLine[],
  query: ToolListQuery,
  leftOut: UnusableToolLine[] = [],
): MessageContent {
  const hits = findTools(tools, query.words)
  const pages = Math.max(1, Math.ceil(hits.length / TOOLS_PER_PAGE))
  const page = Math.min(Math.max(0, query.page), pages - 1)
  const shown = hits.slice(page * TOOLS_PER_PAGE, (page + 1) * TOOLS_PER_PAGE)
  const of = query.connection === undefined ? 'your connections' : query.connection
  const match = query.words === '' ? '' : ` matching "${truncate(query.words, 60)}"`
  const title = `${hits.length === 0 ? 'No tools' : pluralize(hits.length, 'tool')} of ${of}${match}`
  const changed = [...tools.filter((tool) => tool.changed), ...leftOut.filter((tool) => tool.isNew)][0]?.connection
  const where = pages > 1 ? `, page ${page + 1} of ${pages}` : ''
  return {
    text: truncate([`${title}${where}`, ...shown.map((tool) => tool.name)].join(', '), LIMITS.message.text),
    blocks: [
      sectionBlock(`*${escapeMrkdwn(title)}*${where}`),
      ...shown.map((tool) => sectionBlock(toolText(tool, query.connection === undefined))),
      ...unusableToolsBlocks(leftOut, query.connection === undefined),
      pageButtonsBlock({ ...query, page }, pages, changed),
    ],
  }
}

/** The first few, each with its connection where the list is of several; /mcp test names them all. */
function unusableToolsBlocks(leftOut: UnusableToolLine[], withConnection: boolean): KnownBlock[] {
  if (leftOut.length === 0) return []
  const named = leftOut.slice(0, 5).map(({ connection, tool, why }) => {
    const owner = withConnection ? ` of ${escapeMrkdwn(truncate(connection, 40))}` : ''
    return `\`${escapeMrkdwn(truncate(tool, 60))}\`${owner} (${escapeMrkdwn(truncate(why, 120))})`
  })
  const more = leftOut.length > 5 ? [`and ${leftOut.length - 5} more`] : []
  return [
    contextBlock(
      `I cannot use ${pluralize(leftOut.length, 'more tool', 'more tools')}: ${[...named, ...more].join(', ')}.`,
    ),
  ]
}

function toolText(tool: ToolLine, withConnection: boolean): string {
  const owner = withConnection ? ` (${escapeMrkdwn(truncate(tool.connection, 40))})` : ''
  const [line = ''] = tool.description.trim().split('\n')
  return `*${escapeMrkdwn(truncate(tool.name, 130))}*${owner} · ${permissionText(tool)}\n${escapeMrkdwn(truncate(line, 200))}`
}

function permissionText({ kind, free, sql, unchecked, changed }: ToolLine): string {
  if (changed) return ':mag: changed by its server, not used until you have looked at it'
  if (sql && !free) return 'reads without asking, asks before SQL that changes something'
  const asks = free ? 'runs without asking' : 'asks first'
  if (unchecked !== undefined) return `${asks}. ${unchecked}.`
  return kind === undefined ? asks : `${KINDS[kind]}, ${asks}`
}

/** Says that the words match no connection and no tool. */
export function noSuchToolsMessage(words: string, connections: string[], near: string | undefined): MessageContent {
  const names = connections.slice(0, 20)
  const hint = near === undefined ? 'These are your connections:' : `Did you mean ${near}?`
  const text = `You have no connection and no tool called "${truncate(words, 60)}". ${hint}`
  return {
    text,
    blocks: [
      sectionBlock(escapeMrkdwn(text)),
      actionsBlock(
        names.map((name) => createCommandButton(name, `tools ${name}`, name === near ? 'primary' : undefined)),
      ),
    ],
  }
}

function pageButtonsBlock(query: ToolListQuery, pages: number, changed: string | undefined): KnownBlock {
  const to = (page: number) => JSON.stringify({ ...query, page })
  return actionsBlock([
    ...(query.page > 0
      ? [createButton({ text: 'Previous', action: 'tools_page:previous', value: to(query.page - 1) })]
      : []),
    ...(query.page < pages - 1
      ? [createButton({ text: 'Next', action: 'tools_page:next', value: to(query.page + 1) })]
      : []),
    createButton({ text: 'Search', action: 'tools_search', value: to(0) }),
    ...(query.connection === undefined ? [] : [createCommandButton('Test', `test ${query.connection}`)]),
    ...(changed === undefined ? [] : [createChangesButton(changed)]),
  ])
}

/** The same in a modal with a search field. */
export function toolsModal(tools: ToolLine[], query: ToolListQuery, leftOut: UnusableToolLine[] = []): ModalView {
  const content = toolsMessage(tools, query, leftOut)
  const field = inputBlock({
    id: 'words',
    label: 'Search',
    hint: 'Press Enter to search names and descriptions.',
    optional: true,
    element: {
      type: 'plain_text_input',
      action_id: 'tools_words',
      ...(query.words !== '' && { initial_value: query.words }),
      placeholder: plainTextObject('table, file, issue …', LIMITS.placeholder),
      dispatch_action_config: { trigger_actions_on: ['on_enter_pressed'] },
    },
  })
  const blocks = content.blocks.filter((block) => block.type !== 'actions')
  const pageButtons = content.blocks.filter((block) => block.type === 'actions').map(pageButtonsOf)
  return createModal({
    id: 'tools',
    title: 'Tools',
    submit: 'Search',
    metadata: query,
    blocks: [{ ...field, dispatch_action: true }, ...blocks, ...pageButtons.flat()],
  })
}

function pageButtonsOf(block: KnownBlock): KnownBlock[] {
  if (block.type !== 'actions') return [block]
  const elements = block.elements.filter((element) => element.action_id?.startsWith('tools_page') === true)
  return elements.length === 0 ? [] : [{ ...block, elements }]
}
