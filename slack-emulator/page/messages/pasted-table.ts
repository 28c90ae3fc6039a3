/** The rows of a table that was copied from a spreadsheet: lines of cells with tabs between; undefined for any other text. */
export function tableIn(pasted: string): string[][] | undefined {
  const rows = pasted
    .replace(/\r\n?/g, '\n')
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => line.split('\t'))
  const width = rows[0]?.length ?? 0
  return rows.length > 1 && width > 1 && rows.every((row) => row.length === width) ? rows : undefined
}

/** What Slack's composer makes of a pasted table: a table block in an attachment. */
export const tableAttachmentOf = (rows: string[][]) => ({
  blocks: [{ type: 'table', rows: rows.map((row) => row.map(cellOf)) }],
})

const cellOf = (text: string) => ({
  type: 'rich_text',
  elements: [{ type: 'rich_text_section', elements: text === '' ? [] : [{ type: 'text', text }] }],
})
