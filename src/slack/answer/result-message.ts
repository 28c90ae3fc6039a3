import type { DataTableBlock, KnownBlock } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import type { ShownResult } from '../../run/state/shown-result.ts'
import type { CallState, RunState } from '../../run/state/state.ts'
import { revealInvisible, truncate } from '../../text.ts'
import { type MessageContent, sectionBlock } from '../blocks/build-blocks.ts'
import { escapeInlineMrkdwn, escapeMrkdwn, joinWords, pluralize, withoutMentions } from '../blocks/text.ts'
import { describeAction } from './describe-calls.ts'
import { hasCard } from './paginate-answer.ts'

const ROWS_PER_PAGE = 10

type Table = NonNullable<ShownResult['table']>

/**
 * The messages that show what calls gave: rows as tables, one for each result set, and links with their hosts. Of the rows only those that
 * the answer rests on, which are the last; Details has the others.
 */
export function resultMessages({ calls }: Pick<RunState, 'calls'>): { key: string; content: MessageContent }[] {
  return calls.flatMap((call) => {
    const { table, moreTables = [], links = [] } = call.result?.shown ?? {}
    const tables = table === undefined || isSuperseded(call, calls) ? [] : [table, ...moreTables]
    const [first, ...others] = tables
    if (first === undefined && links.length === 0) return []
    const contents = [resultMessage(call, first, links), ...others.map((more) => resultMessage(call, more, []))]
    return contents.map((content, at) => ({ key: at === 0 ? `shown:${call.id}` : `shown:${call.id}:${at}`, content }))
  })
}

type ThreadFile = { key: string; name: string; data: string }

/** The files that calls gave, without those of rows that no message shows. */
export function resultFiles({ calls }: Pick<RunState, 'calls'>): ThreadFile[] {
  return calls.flatMap((call) => {
    const { files = [], shown } = call.result ?? {}
    const tables = isSuperseded(call, calls) ? [shown?.table, ...(shown?.moreTables ?? [])] : []
    return files
      .map(({ name, data }, at) => ({ key: `file:${call.id}:${at}`, name, data }))
      .filter(({ name }) => tables.every((table) => table?.file !== name))
  })
}

/** Whether rows of a later turn took the place of a call's rows, before a card let people see these. */
function isSuperseded({ turn }: CallState, calls: CallState[]): boolean {
  const later = calls.filter((call) => call.turn > turn && call.result?.shown?.table !== undefined)
  const next = Math.min(...later.map((call) => call.turn))
  return later.length > 0 && !calls.some((call) => hasCard(call) && call.turn >= turn && call.turn <= next)
}

function resultMessage(
  call: CallState,
  table: Table | undefined,
  links: NonNullable<ShownResult['links']>,
): MessageContent {
  const parts = [
    ...(table === undefined ? [] : [tableSizeText(table)]),
    ...(links.length === 0 ? [] : [pluralize(links.length, 'link')]),
  ]
  const name = table?.name ?? describeAction(call, 'done')
  const title = `${withoutMentions(name)}: ${joinWords(parts)}${table === undefined ? '' : fileText(call, table)}`
  const lines = [title, ...links.map(({ name: label, uri }) => withoutMentions(`${label}: ${uri}`))]
  return {
    text: truncate(escapeMrkdwn(lines.join('\n')), LIMITS.message.text),
    blocks: [...(table === undefined ? [] : [tableBlock(table, title)]), ...linkBlocks(links)],
  }
}

function tableSizeText({ rows, columns, of }: Table): string {
  const parts = [
    of && of.rows > rows.length
      ? `the first ${rows.length} of ${countText(of.rows)} rows`
      : pluralize(rows.length, 'row'),
    ...(of && of.columns > columns.length ? [`${columns.length} of ${of.columns} columns`] : []),
  ]
  return joinWords(parts)
}

const countText = (count: number): string => count.toLocaleString('en')

/** Results from before tables named their file have one file of rows. */
function fileText({ result }: CallState, { of, file }: Table): string {
  const name = file ?? (of && result?.files.find(({ mimeType }) => mimeType === 'text/csv')?.name)
  if (name === undefined) return of === undefined ? '' : '; the whole is too large for a file'
  return of === undefined ? `; long cells are whole in ${name}` : `; the whole table is in ${name}`
}

function tableBlock({ columns, rows }: Table, title: string): DataTableBlock {
  const numbers = columns.map((_, at) => rows.every((row) => isNumberLike(row[at] ?? '')))
  return {
    type: 'data_table',
    caption: truncate(title, LIMITS.text),
    page_size: ROWS_PER_PAGE,
    rows: [
      columns.map(textCell),
      ...rows.map((row) => row.map((cell, at) => (numbers[at] ? numberCell(cell) : textCell(cell)))),
    ],
  }
}

/** Slack takes no empty text. */
const textCell = (text: string) => ({ type: 'raw_text' as const, text: revealInvisible(text) || ' ' })

/** Slack sorts numbers by their value. */
const numberCell = (text: string) =>
  PLAIN_NUMBER.test(text) ? { type: 'raw_number' as const, value: Number(text), text } : textCell(text)

/** A number as it is counted with; more digits than a program holds, or zeros before them, are an id. */
const PLAIN_NUMBER = /^-?(?:0|[1-9]\d{0,14})(?:\.\d{1,10})?$/
const isNumberLike = (text: string): boolean => PLAIN_NUMBER.test(text) || text === '' || text === 'NULL'

/** One block per link, as a section cut at its limit would cut a link in two. */
const linkBlocks = (links: NonNullable<ShownResult['links']>): KnownBlock[] =>
  links.map((link) => sectionBlock(`:link: ${linkWords(link)}`))

/** The host is shown beside the name, which can promise anything; only web addresses are clickable. */
function linkWords({ uri, name }: { uri: string; name: string }): string {
  const url = URL.canParse(uri) ? new URL(uri) : undefined
  const shown = escapeInlineMrkdwn(truncate(name, 100)) || 'a link'
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.href.length > 200)
    return `${shown} (\`${escapeMrkdwn(truncate(uri.replaceAll('`', "'"), 150))}\`)`
  return `<${escapeMrkdwn(url.href).replaceAll('|', '%7C')}|${shown.replaceAll('|', '/')}> (${escapeMrkdwn(url.host)})`
}
