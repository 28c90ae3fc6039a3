import { html } from 'htm/preact'
import { useState } from 'preact/hooks'
import { type JsonRecord, readNumber, readRecord, readRecords, readString } from '../state/read-json.ts'
import { RichText } from './rich-text.ts'

const PAGE_SIZE = 10
const rowsOf = (block: JsonRecord): JsonRecord[][] => (Array.isArray(block.rows) ? block.rows.map(readRecords) : [])

function cell(value: JsonRecord) {
  if (value.type === 'rich_text') return html`<${RichText} block=${value} />`
  if (value.type === 'raw_text' || value.type === 'raw_number') return readString(value.text) || readString(value.value)
  return html`<span class="unknown">Unknown cell: ${readString(value.type)}</span>`
}

const alignOf = (block: JsonRecord, index: number, value: JsonRecord): string => {
  const given = readString(
    readRecord(Array.isArray(block.column_settings) ? block.column_settings[index] : undefined).align,
  )
  return `align-${given || (value.type === 'raw_number' ? 'right' : 'left')}`
}

type Rows = { block: JsonRecord; rows: JsonRecord[][]; label: string }

function Grid({ block, rows, label }: Rows) {
  const [head = [], ...body] = rows
  const rowHead = typeof block.row_header_column_index === 'number' ? block.row_header_column_index : -1
  const line = (row: JsonRecord[]) =>
    row.map((value, index) =>
      index === rowHead
        ? html`<th scope="row" class=${alignOf(block, index, value)}>${cell(value)}</th>`
        : html`<td class=${alignOf(block, index, value)}>${cell(value)}</td>`,
    )
  return html`<div class="table-frame" tabindex="0" role="group" aria-label=${label}><table>
    <thead><tr>${head.map((value, index) => html`<th scope="col" class=${alignOf(block, index, body[0]?.[index] ?? value)}>${cell(value)}</th>`)}</tr></thead>
    <tbody>${body.map((row) => html`<tr>${line(row)}</tr>`)}</tbody>
  </table></div>`
}

export const Table = ({ block }: { block: JsonRecord }) =>
  html`<${Grid} block=${block} rows=${rowsOf(block)} label="Table" />`

/** A paged table with a caption. */
export function DataTable({ block }: { block: JsonRecord }) {
  const [page, setPage] = useState(0)
  const [head = [], ...body] = rowsOf(block)
  const size = readNumber(block.page_size) || PAGE_SIZE
  const pages = Math.max(1, Math.ceil(body.length / size))
  const shown = body.slice(page * size, (page + 1) * size)
  const caption = readString(block.caption)
  return html`<figure class="block-data-table">
    <figcaption>${caption}</figcaption>
    <${Grid} block=${block} rows=${[head, ...shown]} label=${caption} />
    ${
      pages > 1 &&
      html`<div class="pages">
      <button type="button" class="small-button" disabled=${page === 0} onClick=${() => setPage(page - 1)}>Previous</button>
      <span class="quiet" aria-live="polite">Page ${page + 1} of ${pages}</span>
      <button type="button" class="small-button" disabled=${page === pages - 1} onClick=${() => setPage(page + 1)}>Next</button>
    </div>`
    }
  </figure>`
}
