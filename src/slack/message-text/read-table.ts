import { isPayloadFields, type PayloadFields } from './payload-fields.ts'

/** A table as Markdown, which the model reads as people read the table; a cell takes one line. */
export function tableTextOf({ rows }: PayloadFields, cellText: (cell: PayloadFields) => string): string {
  const [head, ...others] = (Array.isArray(rows) ? rows : [])
    .filter((row): row is unknown[] => Array.isArray(row))
    .map((row) => row.map((cell) => (isPayloadFields(cell) ? oneLine(cellText(cell)) : '')))
  if (head === undefined) return ''
  return [head, head.map(() => '---'), ...others].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

const oneLine = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
    .join(' ')
    .replaceAll('|', '\\|')
