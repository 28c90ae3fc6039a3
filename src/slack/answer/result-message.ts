import type { DataTableBlock, KnownBlock } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import type { ShownResult } from '../../run/state/shown-result.ts'
import type { CallState } from '../../run/state/state.ts'
import { revealInvisible, truncate } from '../../text.ts'
import { type MessageContent, sectionBlock } from '../blocks/build-blocks.ts'
import { escapeInlineMrkdwn, escapeMrkdwn, joinWords, pluralize, withoutMentions } from '../blocks/text.ts'
import { describeAction } from './describe-calls.ts'

const ROWS_PER_PAGE = 10

type Table = NonNullable<ShownResult['table']>

/** The messages that show a call's rows as tables, one for each result set, and with the first its links with their hosts. */
export function resultMessages(call: CallState, { table, moreTables = [], links = [] }: ShownResult): MessageContent[] {
  return [resultMessage(call, table, links), ...moreTables.map((more) => resultMessage(call, more, []))]
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
    text: truncate(lines.join('\n'), LIMITS.message.text),
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
  if (name === undefined) return ''
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
