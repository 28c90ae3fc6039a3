export type Item = { text: string; below: string; checked: boolean | undefined }

/** Markdown cut into what stands on lines of its own. */
export type Chunk =
  | { kind: 'code'; text: string }
  | { kind: 'heading'; level: number; text: string }
  | { kind: 'rule' }
  | { kind: 'quote'; text: string }
  | { kind: 'list'; ordered: boolean; start: number; items: Item[] }
  | { kind: 'table'; head: string[]; rows: string[][] }
  | { kind: 'words'; text: string }

/** Reads one chunk from the front of the lines; undefined where the lines begin with something else. */
type Reader = (lines: string[]) => { chunk: Chunk; used: number } | undefined

const FENCE = /^ {0,3}(`{3,}|~{3,})/
const BULLET = /^( {0,3})([-*+•])\s+(.*)$/
const NUMBER = /^( {0,3})(\d{1,9})[.)]\s+(.*)$/
const RULE = /^ {0,3}([-*_])(?:\s*\1){2,}\s*$/
const TABLE_LINE = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/

const READERS: Reader[] = [readCode, readHeading, readRule, readQuote, readTable, readList]

export function chunksOf(text: string): Chunk[] {
  const chunks: Chunk[] = []
  let lines = text.replaceAll('\r', '').split('\n')
  while (lines.length > 0) {
    const [line = ''] = lines
    const read = line.trim() === '' ? undefined : (firstOf(lines) ?? readWords(lines))
    if (read !== undefined) chunks.push(read.chunk)
    lines = lines.slice(read?.used ?? 1)
  }
  return chunks
}

function firstOf(lines: string[]) {
  for (const reader of READERS) {
    const read = reader(lines)
    if (read !== undefined) return read
  }
  return undefined
}

/** A fence that is not closed yet runs to the end: more of it is on its way. */
function readCode(lines: string[]): ReturnType<Reader> {
  const fence = FENCE.exec(lines[0] ?? '')?.[1]
  if (fence === undefined) return undefined
  const end = lines.findIndex(
    (line, index) => index > 0 && line.trim().startsWith(fence) && line.trim() === line.trim().replace(/[^`~]/g, ''),
  )
  const inside = lines.slice(1, end === -1 ? undefined : end)
  return { chunk: { kind: 'code', text: inside.join('\n') }, used: end === -1 ? lines.length : end + 1 }
}

function readHeading(lines: string[]): ReturnType<Reader> {
  const [, marks, text] = /^ {0,3}(#{1,6})\s+(.*?)\s*#*$/.exec(lines[0] ?? '') ?? []
  if (marks === undefined || text === undefined) return undefined
  return { chunk: { kind: 'heading', level: marks.length, text }, used: 1 }
}

function readRule(lines: string[]): ReturnType<Reader> {
  return RULE.test(lines[0] ?? '') ? { chunk: { kind: 'rule' }, used: 1 } : undefined
}

function readQuote(lines: string[]): ReturnType<Reader> {
  const used = countWhile(lines, (line) => /^ {0,3}>/.test(line))
  if (used === 0) return undefined
  const text = lines.slice(0, used).map((line) => line.replace(/^ {0,3}> ?/, ''))
  return { chunk: { kind: 'quote', text: text.join('\n') }, used }
}

function readTable(lines: string[]): ReturnType<Reader> {
  const [head = '', dashes = ''] = lines
  if (!head.includes('|') || !dashes.includes('-') || !TABLE_LINE.test(dashes)) return undefined
  const body = lines.slice(2)
  const rows = body.slice(
    0,
    countWhile(body, (line) => line.includes('|')),
  )
  return { chunk: { kind: 'table', head: cellsOf(head), rows: rows.map(cellsOf) }, used: rows.length + 2 }
}

const cellsOf = (line: string): string[] =>
  line
    .trim()
    .replace(/^\||(?<!\\)\|$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim())

function readList(lines: string[]): ReturnType<Reader> {
  const [first = ''] = lines
  const ordered = NUMBER.test(first)
  const mark = ordered ? NUMBER : BULLET
  if (!mark.test(first)) return undefined
  const used = countWhile(
    lines,
    (line, index) => mark.test(line) || /^\s{2,}\S/.test(line) || bridges(lines, index, mark),
  )
  const items: { text: string; below: string[] }[] = []
  for (const line of lines.slice(0, used)) {
    const text = mark.exec(line)?.[3]
    if (text === undefined) items.at(-1)?.below.push(line.replace(/^ {2,4}/, ''))
    else items.push({ text, below: [] })
  }
  const start = Number(NUMBER.exec(first)?.[2] ?? 1)
  return { chunk: { kind: 'list', ordered, start, items: items.map(itemOf) }, used }
}

/** An empty line between two items does not end the list. */
const bridges = (lines: string[], index: number, mark: RegExp): boolean =>
  lines[index]?.trim() === '' && mark.test(lines[index + 1] ?? '')

function itemOf({ text, below }: { text: string; below: string[] }): Item {
  const box = /^\[([ xX])\]\s+(.*)$/.exec(text)
  const checked = box === null ? undefined : box[1] !== ' '
  return { text: box?.[2] ?? text, below: below.join('\n').trimEnd(), checked }
}

function readWords(lines: string[]): { chunk: Chunk; used: number } {
  const more = countWhile(
    lines.slice(1),
    (line, index) => line.trim() !== '' && firstOf(lines.slice(index + 1)) === undefined,
  )
  return { chunk: { kind: 'words', text: lines.slice(0, more + 1).join('\n') }, used: more + 1 }
}

function countWhile(lines: string[], fits: (line: string, index: number) => boolean): number {
  const end = lines.findIndex((line, index) => !fits(line, index))
  return end === -1 ? lines.length : end
}
