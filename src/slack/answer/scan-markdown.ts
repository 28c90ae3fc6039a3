import { headOf } from '../../text.ts'

/** A quote, or a list item, whose content begins after `indent` columns; `number` is what a reader sees before it. */
export type MarkdownPart = { kind: 'quote' } | { kind: 'item'; indent: number; sign: string; number: number }

/** What is open where a line begins. */
export type MarkdownPlace = {
  containers: MarkdownPart[]
  /** The line that opened it and the one that closes it, without the signs of the containers. */
  fence: { open: string; close: string; isEmpty: boolean } | undefined
  table: { head: string; delimiter: string; isEmpty: boolean } | undefined
  /** The line before, where it could be the head of a table. */
  head: string | undefined
}

export const MARKDOWN_START: MarkdownPlace = { containers: [], fence: undefined, table: undefined, head: undefined }

const FENCE = /^\s*(?:(`{3,})([^`]*)|(~{3,})(.*))$/
const QUOTE = /^\s*> ?/
const ITEM = /^(\s*)([-*+]|(\d{1,9})([.)]))( {1,4}(?! )| (?= {4})|\t|$)/
const RULE = /^(?:-{3,}|\*{3,}|_{3,})$/
/** What is nested deeper is read as text. */
const MOST_CONTAINERS = 40

/** Reads one line as CommonMark and GFM do, but takes fences and items at any indentation, as models write them. */
export function readMarkdownLine(place: MarkdownPlace, line: string): MarkdownPlace {
  const inside = readContainers(place.containers, line)
  const isWithin = inside.entered === place.containers.length
  if (place.fence && isWithin) {
    const fence = closesFence(place.fence, inside.content) ? undefined : { ...place.fence, isEmpty: false }
    return { ...place, fence, table: undefined, head: undefined }
  }
  const { containers, content } = openContainers(place.containers, inside)
  const fence = fenceIn(content)
  const isNew = !isWithin || containers.length !== place.containers.length
  const table = fence || isNew ? undefined : tableIn(place, content)
  const head = fence === undefined && table === undefined && content.includes('|') ? content.trim() : undefined
  return { containers, fence, table, head }
}

function tableIn({ table, head }: MarkdownPlace, content: string): MarkdownPlace['table'] {
  if (table && isTableRow(content)) return { ...table, isEmpty: false }
  const isTable =
    head !== undefined && isDelimiterRow(content) && cellEndsOf(head).length === cellEndsOf(content).length
  return isTable ? { head, delimiter: content.trim(), isEmpty: true } : undefined
}

function fenceIn(content: string): MarkdownPlace['fence'] {
  const [, ticks, , tildes] = FENCE.exec(content) ?? []
  const mark = ticks ?? tildes
  return mark === undefined ? undefined : fenceOf(content, mark)
}

/** What closes it stands where it was opened, as not every reader takes it elsewhere. */
function fenceOf(content: string, mark: string) {
  const indent = content.slice(0, content.indexOf(mark))
  return { open: `${indent}${headOf(content.trim(), MOST_FENCE_CHARS)}`, close: `${indent}${mark}`, isEmpty: true }
}

/** Longer words after a fence name no language. */
const MOST_FENCE_CHARS = 80

/** A row goes on a table until an empty line or another block (GFM, section 4.10). */
export const isTableRow = (content: string): boolean =>
  content.trim() !== '' &&
  !/^\s*#{1,6}\s/.test(content) &&
  ![FENCE, QUOTE, ITEM].some((one) => one.test(content)) &&
  !isRule(content)

const isRule = (content: string): boolean => RULE.test(content.replace(/\s+/g, ''))

export function isDelimiterRow(content: string): boolean {
  const row = content.trim()
  if (!row.includes('|')) return false
  const cells = row.slice(row.startsWith('|') ? 1 : 0, row.endsWith('|') ? -1 : undefined).split('|')
  return cells.every((cell) => /^:?-+:?$/.test(cell.trim()))
}

/** Where the cells of a row end; an escaped sign ends none. */
export function cellEndsOf(row: string): number[] {
  const from = /^\s*\|?/.exec(row)?.[0].length ?? 0
  const ends = [...row.matchAll(/(?<!\\)\|/g)].map(({ index }) => index + 1).filter((end) => end > from)
  return row.slice(ends.at(-1) ?? from).trim() === '' ? ends : [...ends, row.length]
}

export function closesFence({ close }: { close: string }, content: string): boolean {
  const [mark, line] = [close.trim(), content.trim()]
  return line.startsWith(mark) && line.replaceAll(mark.charAt(0), '') === ''
}

/** What a line inside of the containers begins with. */
export const signsOf = (containers: MarkdownPart[]): string =>
  containers.map((one) => (one.kind === 'quote' ? '> ' : ' '.repeat(one.indent))).join('')

type Entered = {
  entered: number
  content: string /** What of the line stays when the items are left. */
  quotes: string
}

/** How many of the containers a line is in, and what stands in the last of them. */
export function readContainers(containers: MarkdownPart[], line: string): Entered {
  let content = line
  let quotes = ''
  let entered = 0
  for (const container of containers) {
    const inner = container.kind === 'quote' ? QUOTE.exec(content)?.[0].length : indentIn(content, container.indent)
    if (inner === undefined) break
    if (container.kind === 'quote') quotes += content.slice(0, inner)
    content = content.slice(inner)
    entered += 1
  }
  return { entered, content, quotes }
}

/** The characters that make up that many columns; an empty line is in every item. */
function indentIn(content: string, columns: number): number | undefined {
  if (content.trim() === '') return 0
  let column = 0
  let at = 0
  while (column < columns && /[ \t]/.test(content.charAt(at))) {
    column += content.charAt(at) === '\t' ? 4 - (column % 4) : 1
    at += 1
  }
  return column >= columns ? at : undefined
}

/** Adds the quotes and items that the line begins. */
function openContainers(
  before: MarkdownPart[],
  { entered, content }: Entered,
): { containers: MarkdownPart[]; content: string } {
  const containers = before.slice(0, entered)
  let rest = content
  while (containers.length < MOST_CONTAINERS) {
    const isQuote = QUOTE.test(rest)
    const sibling = containers.length === entered ? before[entered] : undefined
    const item = itemIn(rest, sibling)
    if (!isQuote && item === undefined) break
    containers.push(item ?? { kind: 'quote' })
    rest = rest.slice((item ? ITEM : QUOTE).exec(rest)?.[0].length)
  }
  return { containers, content: rest }
}

/** An item of the same list with the number that comes next, where the text begins the count anew with each item. */
export function numberInItem(content: string, before: MarkdownPart): string {
  const item = itemIn(content, before)
  const written = Number(/\d+/.exec(content)?.[0])
  const isAnew = item !== undefined && before.kind === 'item' && item.number > before.number && written <= before.number
  return isAnew && item.sign === before.sign ? content.replace(/\d+/, String(item.number)) : content
}

/** The item that begins there; one after another of its list has the next number, whatever is written. */
function itemIn(
  content: string,
  before: MarkdownPart | undefined,
): Extract<MarkdownPart, { kind: 'item' }> | undefined {
  const [whole, , sign = '', digits, end] = ITEM.exec(content) ?? []
  if (whole === undefined || isRule(content)) return undefined
  const isNext = before?.kind === 'item' && before.sign === (end ?? sign)
  const indent = whole.endsWith('\t') ? Math.ceil(whole.length / 4) * 4 : whole.length
  return { kind: 'item', indent, sign: end ?? sign, number: isNext ? before.number + 1 : Number(digits ?? 1) }
}
