import type { KnownBlock, RichTextBlock } from '@slack/types'
import type { ResultTable } from '../../run/calls/result-table.ts'
import type { CallState } from '../../run/state/state.ts'
import { revealInvisible } from '../../text.ts'
import { argumentsExcerptOf, resultExcerptOf } from '../answer/call-content.ts'
import { actionsBlock, createDetailsButton } from '../blocks/build-blocks.ts'
import { padText } from '../blocks/figures.ts'
import { pluralize, withoutMentions } from '../blocks/text.ts'

const ARGUMENTS_CHARS = 1_000
const RESULT = { lines: 6, chars: 600 }
/** As wide as a modal shows without breaking a line. */
const ROWS = { count: 5, cellChars: 20, lineChars: 46 }

/** What a step was called with, and for those who may see all of the run the first lines of what it gave back. Pure. */
export function stepContentBlocks(call: CallState, whole: boolean): KnownBlock[] {
  const hasArguments = Object.keys(call.arguments).length > 0
  const given = hasArguments ? argumentsExcerptOf(call, ARGUMENTS_CHARS) : ''
  const result = whole ? resultTextOf(call) : ''
  const elements = [
    ...(given === '' ? [] : [codeOf(given)]),
    ...(result === '' ? [] : [wordsOf('Result:'), codeOf(result)]),
  ]
  const content: KnownBlock[] = elements.length === 0 ? [] : [{ type: 'rich_text', elements }]
  // What an agent that was asked did is a run of its own.
  return whole && call.child ? [...content, actionsBlock([createDetailsButton(call.child.run)])] : content
}

/** The step's own line says the summary already. */
function resultTextOf(call: CallState): string {
  const { shown, summary } = call.result ?? {}
  const text = shown?.table ? rowsExcerptOf(shown.table) : resultExcerptOf(call, RESULT)
  return text === summary ? '' : text
}

/** The first rows in columns, as many of these as fit on a line. */
function rowsExcerptOf({ columns, rows, of }: ResultTable): string {
  const lines = [columns, ...rows.slice(0, ROWS.count)].map((row) => row.map(revealInvisible))
  const widths = columns.map((_, at) => Math.min(ROWS.cellChars, Math.max(...lines.map((row) => row[at]?.length ?? 0))))
  const ends = widths.map((_, at) => widths.slice(0, at + 1).reduce((sum, width) => sum + width + 2, 0))
  const shown = Math.max(1, ends.filter((end) => end <= ROWS.lineChars).length)
  const texts = lines.map((row) => widths.slice(0, shown).map((width, at) => padText(row[at] ?? '', width)))
  const moreRows = (of?.rows ?? rows.length) - Math.min(rows.length, ROWS.count)
  const moreColumns = (of?.columns ?? columns.length) - shown
  const more = [
    ...(moreRows > 0 ? [pluralize(moreRows, 'more row')] : []),
    ...(moreColumns > 0 ? [pluralize(moreColumns, 'more column')] : []),
  ]
  return [...texts.map((cells) => cells.join('  ').trimEnd()), more.join(', ')].join('\n').trimEnd()
}

type Element = RichTextBlock['elements'][number]

const codeOf = (text: string): Element => ({
  type: 'rich_text_preformatted',
  elements: [{ type: 'text', text: withoutMentions(text) }],
})
const wordsOf = (text: string): Element => ({ type: 'rich_text_section', elements: [{ type: 'text', text }] })
