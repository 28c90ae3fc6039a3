import type { KnownBlock } from '@slack/types'
import { changesOf, type ListedChange } from '../../connect/pins/listed-changes.ts'
import { marksOf, type TextMark, toolMarksOf } from '../../connect/pins/tool-marks.ts'
import type { Connection } from '../../registry/connection.ts'
import { revealInvisible, truncate } from '../../text.ts'
import {
  actionsBlock,
  contextBlock,
  createButton,
  createCommandButton,
  type MessageContent,
  sectionBlock,
} from '../blocks/build-blocks.ts'
import { escapeInlineMrkdwn, escapeMrkdwn, pluralize } from '../blocks/text.ts'
import { beforeAndNowText, newTextOf } from './before-and-now.ts'
import { changedDefinitionLines } from './changed-definition.ts'

type Changed = Pick<Connection, 'id' | 'name' | 'tools' | 'changes' | 'instructions'>

/** What one message holds of changes; nothing is accepted that was not shown. */
const MAX_CHARS = 7_000
const MAX_CHANGES = 15
const CHANGE_CHARS = 2_900

/** What a server changed, old and new side by side, with a button that accepts just this. `others`: the person's other connections. */
export function toolChangesMessage(connection: Changed, others: string[] = []): MessageContent {
  const { id, name, changes } = connection
  const listed = changesOf(connection, others)
  if (changes === undefined) return nothingWaitsMessage(name)
  const what = changesText(changes.tools.length, changes.instructions !== undefined)
  const shown = firstOf(listed)
  const rest = listed.length - shown.length
  const until = `I do not use ${listed.length === 1 ? 'it' : 'them'} until you have looked.`
  return {
    text: escapeMrkdwn(`${name} changed ${what}. ${until}`),
    blocks: [
      sectionBlock(`:mag: *${escapeInlineMrkdwn(name)}* changed ${what}. ${until}`),
      ...shown.map((words) => sectionBlock(words)),
      ...(rest > 0 ? [contextBlock(`and ${rest} more, shown once you have accepted these.`)] : []),
      actionsBlock(
        [
          createButton({
            text: rest > 0 ? `Accept these ${shown.length}` : 'Accept',
            action: 'tool_changes_accept',
            value: JSON.stringify({ id, hash: changes.hash, count: shown.length }),
          }),
          createCommandButton('Disconnect', `disconnect ${name}`),
        ],
        `tool changes ${id}`,
      ),
    ],
  }
}

function nothingWaitsMessage(name: string): MessageContent {
  const text = `Nothing of *${escapeInlineMrkdwn(name)}* waits for your look: I use it as you accepted it.`
  return { text, blocks: [sectionBlock(`:white_check_mark: ${text}`)] }
}

/** "2 tools and its instructions", "a tool". */
function changesText(tools: number, hasInstructions: boolean): string {
  const instructions = hasInstructions ? ['its instructions'] : []
  return [...(tools > 0 ? [pluralize(tools, 'tool')] : []), ...instructions].join(' and ')
}

function firstOf(listed: ListedChange[]): string[] {
  let chars = 0
  const texts = listed.slice(0, MAX_CHANGES).map(changeText)
  const end = texts.findIndex((text, at) => {
    chars += text.length
    return at > 0 && chars > MAX_CHARS
  })
  return end < 0 ? texts : texts.slice(0, end)
}

function changeText(change: ListedChange): string {
  const lines =
    change.kind === 'instructions'
      ? ['*What the server says of its use*', ...instructionLines(change)]
      : [toolHead(change.name, change.before === undefined), ...toolLines(change)]
  return truncate([...change.marks.map(markText), ...lines].join('\n'), CHANGE_CHARS)
}

const toolHead = (name: string, isNew: boolean): string =>
  `*${escapeInlineMrkdwn(truncate(name, 130))}*${isNew ? ' is new' : ''}`

const instructionLines = ({ before, now }: Extract<ListedChange, { kind: 'instructions' }>): string[] =>
  before === undefined ? [newTextOf(now)] : beforeAndNowText(before, now)

const toolLines = ({ before, now }: Extract<ListedChange, { kind: 'tool' }>): string[] =>
  before === undefined ? [newTextOf(now.description)] : changedDefinitionLines(before, now)

const MARK_WORDS: Record<TextMark['kind'], string> = {
  hidden: 'It hides characters',
  orders: 'It gives orders',
  others: 'It speaks of another of your connections',
}

const markText = ({ kind, words }: TextMark): string =>
  `:warning: ${MARK_WORDS[kind]}: “${escapeInlineMrkdwn(truncate(words, 160))}”`

const MAX_MARKED = 5

/** What a person should look at of a server they have just connected. */
export function markedBlocks(
  connection: Pick<Connection, 'tools' | 'instructions'>,
  others: string[] = [],
): KnownBlock[] {
  const { tools, instructions } = connection
  const marked = [
    ...(instructions === undefined ? [] : [{ of: 'its instructions', marks: marksOf(instructions, others) }]),
    ...tools.map((tool) => ({
      of: `\`${escapeMrkdwn(truncate(revealInvisible(tool.name).replaceAll('`', "'"), 60))}\``,
      marks: toolMarksOf(tool, others),
    })),
  ].filter(({ marks }) => marks.length > 0)
  if (marked.length === 0) return []
  const lines = marked.slice(0, MAX_MARKED).flatMap(({ of, marks }) => marks.map((mark) => `${markText(mark)} (${of})`))
  const more = marked.length > MAX_MARKED ? [`and ${marked.length - MAX_MARKED} more tools`] : []
  return [sectionBlock(['Look at what this server says to me:', ...lines, ...more].join('\n'))]
}

/** That something waits, for lists. */
export const waitingChangesText = (connection: Changed): string => {
  const { changes } = connection
  if (changes === undefined) return ''
  const what = changesText(changes.tools.length, changes.instructions !== undefined)
  return `:mag: Its server changed ${what}: not used until you have looked.`
}

export const createChangesButton = (name: string) =>
  createCommandButton('See what changed', `changes ${name}`, 'primary')
