import { expect, test } from 'vitest'
import { largeTablesOf } from '../../src/slack/answer/answer-tables.ts'
import { paginateAnswer } from '../../src/slack/answer/paginate-answer.ts'
import { stateOf } from './states.ts'

const rows = (count: number) => Array.from({ length: count }, (_, at) => `| v${at} | w |\n`).join('')
const tableOf = (...first: string[]) => `| a | b |\n|---|---|\n${first.map((row) => `${row}\n`).join('')}${rows(100)}`

test.each([
  ['an address', '| ann@example.com | www.example.com |', ['ann@example.com', 'www.example.com']],
  [
    'an address in brackets',
    '| <https://example.com/a> | https://example.com/b |',
    ['https://example.com/a', 'https://example.com/b'],
  ],
  ['a link with words', '| [Ann](mailto:ann@example.com) | x |', ['Ann (mailto:ann@example.com)', 'x']],
  ['code with the sign that parts cells', '| `x|y` | last |', ['`x', 'y`', 'last']],
  ['fewer cells', '| x |', ['x', '']],
])('%s in a cell is in the file as it was written', (_what, row, cells) => {
  const [large] = largeTablesOf(stateOf([{ text: tableOf(row) }]))
  const first = large?.table.rows[0] ?? []
  expect(first.slice(0, Math.max(2, cells.length))).toEqual(cells)
  expect(large?.table.rows).toHaveLength(101)
  expect(large?.table.columns.slice(0, 2)).toEqual(['a', 'b'])
})

test('what is shown of a growing table only grows', () => {
  const text = `Here:\n\n${tableOf()}${rows(30)}\nAfter it.`
  const shownAt = (end: number) =>
    paginateAnswer(stateOf([]), text.slice(0, end))
      .flatMap(({ pieces }) => pieces.map((piece) => (piece.kind === 'words' ? piece.text : '')))
      .join('')
  let before = ''
  for (let end = 1; end <= text.length; end += 1) {
    const shown = shownAt(end)
    expect(shown.startsWith(before), shown.slice(-30)).toBe(true)
    before = shown
  }
  expect(before).toContain('the whole table is in table-1.csv._\n\nAfter it.')
})
