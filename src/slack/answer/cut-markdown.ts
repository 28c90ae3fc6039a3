import { headOf } from '../../text.ts'
import {
  closesFence,
  isDelimiterRow,
  isTableRow,
  MARKDOWN_START,
  type MarkdownPart,
  type MarkdownPlace,
  numberInItem,
  readContainers,
  readMarkdownLine,
  signsOf,
} from './scan-markdown.ts'

/** A cut is moved back to a good place at most this far. */
const LOOK_BACK = 4_000
/** What is written again on the next page takes at most this share of it. */
const MOST_REPEATED = 1 / 4

type CutText = { page: string; rest: string }

/**
 * The first `room` characters or fewer, cut at the end of a block, line or word, and what remains. A fence open at the cut is closed
 * and opened again, a table has its head again, and what was inside an item stands without its indentation. A page
 * that was cut depends only on the first `room` characters, so it stays as it is while the text grows.
 */
export function cutMarkdownPage(text: string, room: number): CutText {
  if (text.length <= room) return { page: text, rest: '' }
  const { at, place, isInLine } = cutIn(text.slice(0, room), Math.max(room - LOOK_BACK, Math.floor(room / 2)))
  const page = text.slice(0, at)
  const after = place.fence || isInLine ? text.slice(at) : text.slice(at).replace(/^(?:[^\S\n]*\n)+/, '')
  const rest = leaveItems(place.containers, after, isInLine)
  return place.fence ? cutFence(place, page, rest, room) : { page, rest: `${tableHead(place, rest, room)}${rest}` }
}

function cutFence({ containers, fence }: MarkdownPlace, page: string, rest: string, room: number): CutText {
  const { open = '', close = '' } = fence ?? {}
  const closed = `${page}${page.endsWith('\n') ? '' : '\n'}${signsOf(containers)}${close}`
  if (closed.length - page.length > room * MOST_REPEATED) return { page, rest }
  const quotes = containers.filter(({ kind }) => kind === 'quote')
  const end = rest.indexOf('\n')
  const [line, others] = end < 0 ? [rest, ''] : [rest.slice(0, end), rest.slice(end + 1)]
  // A fence that ends right after the cut would be an empty one on the next page.
  if (closesFence({ close }, readContainers(quotes, line).content)) return { page: closed, rest: others }
  return { page: closed, rest: `${quoteSigns(containers)}${open}\n${rest}` }
}

/** The head that the rest of a table needs; nothing where the table is over. */
function tableHead({ containers, table }: MarkdownPlace, rest: string, room: number): string {
  const quotes = containers.filter(({ kind }) => kind === 'quote')
  const { entered, content } = readContainers(quotes, rest.split('\n', 1)[0] ?? '')
  if (table === undefined || entered < quotes.length || !isTableRow(content)) return ''
  const lines = [table.head, table.delimiter].map((line) => `${quoteSigns(containers)}${line}\n`).join('')
  return lines.length > room * MOST_REPEATED ? '' : lines
}

const quoteSigns = (containers: MarkdownPart[]): string =>
  containers.map(({ kind }) => (kind === 'quote' ? '> ' : '')).join('')

/** What stood in items that began before it, without their indentation; the first item after them keeps its number. */
function leaveItems(containers: MarkdownPart[], text: string, isInLine: boolean): string {
  const lines = text.split('\n')
  const done = isInLine ? [`${quoteSigns(containers)}${lines[0]}`] : []
  for (let open = containers; open.some(({ kind }) => kind === 'item') && done.length < lines.length; ) {
    const { entered, content, quotes } = readContainers(open, lines[done.length] ?? '')
    const left = open[entered]
    done.push(`${quotes}${left?.kind === 'item' ? numberInItem(content, left) : content}`)
    open = open.slice(0, entered)
  }
  return [...done, ...lines.slice(done.length)].join('\n')
}

type Cut = { at: number; place: MarkdownPlace; isInLine: boolean }

function cutIn(window: string, least: number): Cut {
  const lines = window.split('\n')
  const best: (Cut | undefined)[] = [undefined, undefined, undefined, undefined]
  let place = MARKDOWN_START
  let at = 0
  lines.forEach((line, index) => {
    const isLast = index === lines.length - 1
    const rank = index > 0 && at > least ? rankOf(place, lines[index - 1] ?? '', line, isLast) : undefined
    if (rank !== undefined) best[rank] = { at, place, isInLine: false }
    if (isLast) return
    place = readMarkdownLine(place, line)
    at += line.length + 1
  })
  return best.find((one) => one !== undefined) ?? cutInLine(window, least)
}

/** How good a cut between two lines is, from 0; undefined where there may be none. */
function rankOf(place: MarkdownPlace, before: string, line: string, isLast: boolean): number | undefined {
  const { entered, content } = readContainers(place.containers, line)
  const isWithin = entered === place.containers.length
  const block = place.fence ?? (isWithin ? tableAround(place, content) : undefined)
  if (block) return block.isEmpty ? undefined : 3
  if (mayPartTable(place, content, isLast)) return undefined
  // What follows an empty line, if anything, is not known yet at the end.
  if (line.trim() === '') return isLast ? 2 : undefined
  return rankOfBlock(before, entered, isWithin)
}

const tableAround = ({ table }: MarkdownPlace, content: string) => (isTableRow(content) ? table : undefined)

const mayPartTable = ({ head }: MarkdownPlace, content: string, isLast: boolean): boolean =>
  head !== undefined && (isLast || isDelimiterRow(content))

function rankOfBlock(before: string, entered: number, isWithin: boolean): number {
  if (before.trim() !== '') return isWithin ? 2 : 1
  return entered === 0 ? 0 : 1
}

function cutInLine(window: string, least: number): Cut {
  const space = window.lastIndexOf(' ') + 1
  const at = space > least ? space : headOf(window, window.length - 1).length
  const lines = window.slice(0, at).split('\n')
  const place = lines.reduce(readMarkdownLine, MARKDOWN_START)
  return { at, place, isInLine: true }
}
