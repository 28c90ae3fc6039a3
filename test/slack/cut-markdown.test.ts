import { lexer, type Token, type Tokens } from 'marked'
import { expect, test } from 'vitest'
import { cutMarkdownPage } from '../../src/slack/answer/cut-markdown.ts'
import { createRandom } from '../support/seeded-random.ts'

const ROOM = 1_000

function pagesOf(text: string, room = ROOM): string[] {
  const pages: string[] = []
  for (let rest = text; rest !== ''; ) {
    const cut = cutMarkdownPage(rest, room)
    expect(cut.rest.length).toBeLessThan(rest.length)
    pages.push(cut.page)
    rest = cut.rest
  }
  return pages
}

const lines = (count: number, line: (at: number) => string) =>
  Array.from({ length: count }, (_, at) => line(at)).join('\n')

/** The code and the words of a text, as a reader of Markdown finds them. */
const codeIn = (text: string) =>
  leavesOf(lexer(text)).flatMap((one) => (one.type === 'code' ? one.text.split('\n') : []))
const leavesOf = (tokens: Token[]): Token[] =>
  tokens.flatMap((one) => {
    if (one.type === 'list') return leavesOf(one.items)
    return /^(?:list_item|blockquote)$/.test(one.type) && 'tokens' in one ? leavesOf(one.tokens ?? []) : [one]
  })
const tablesIn = (text: string) => leavesOf(lexer(text)).filter((one): one is Tokens.Table => one.type === 'table')

const code = (prefix: string) => lines(120, (at) => `${prefix}const line${at} = ${at}`)

test.each([
  ['at the start of a line', `\`\`\`ts\n${code('')}\n\`\`\`\n\nEnd.`],
  ['in an item', `1. Save:\n\n    \`\`\`sh\n${code('    ')}\n    \`\`\`\n\n2. Run it.`],
  ['in an item, right under its words', `1. Save:\n   \`\`\`sh\n${code('   ')}\n   \`\`\`\n2. Run it.`],
  ['in an item of an item', `- One\n  - Two:\n\n    ~~~python title="a"\n${code('    ')}\n    ~~~\n- Three`],
  ['in an item with a tab', `-\tOne:\n\n\t\`\`\`\n${code('\t')}\n\t\`\`\`\n\nEnd.`],
  ['at the start of an item', `* \`\`\`js\n${code('  ')}\n  \`\`\`\n* Two`],
  ['in a quote', `> As they wrote:\n>\n> \`\`\`sql\n${code('> ')}\n> \`\`\`\n\nEnd.`],
  ['in a quote of a quote', `> > \`\`\`sql\n${code('> > ')}\n> > \`\`\`\n> End.`],
  ['in a quote in an item', `1. So:\n   > \`\`\`\n${code('   > ')}\n   > \`\`\`\n2. End.`],
  ['of tildes', `~~~~\n${code('')}\n~~~~\n\nEnd.`],
  ['around another', `\`\`\`\`md\nBefore\n\`\`\`ts\n${code('')}\n\`\`\`\n\`\`\`\`\n\nEnd.`],
  ['with a mark of another kind in it', `~~~\n\`\`\`\n${code('')}\n~~~\n\nEnd.`],
])('a fence %s goes on over a cut, and nothing of it is lost', (_where, text) => {
  const pages = pagesOf(text)
  expect(pages.length).toBeGreaterThan(2)
  expect(pages.flatMap(codeIn)).toEqual(codeIn(text))
  for (const page of pages.slice(1, -1)) expect(codeIn(page).length).toBeGreaterThan(5)
  expect(pages.at(-1)).toMatch(/End\.|Run it\.|Three|Two/)
  expect(leavesOf(lexer(pages.at(-1) ?? '')).at(-1)?.type).not.toBe('code')
})

test.each([
  ['plain', '', ['| Name | Age |', '| --- | ---: |'], '| row%d | 1 |'],
  ['without signs at its sides', '', ['Name | Age', ':--|--:'], 'row%d | a longer cell of this table'],
  ['in a quote', '> ', ['| Name | Age |', '| --- | ---: |'], '| row%d | 1 |'],
  ['in an item', '   ', ['| Name | Age |', '| --- | ---: |'], '| row%d | a \\| b |'],
])('a table %s has its head on each page', (_what, prefix, head, row) => {
  const rows = lines(100, (at) => `${prefix}${row.replace('%d', String(at))}`)
  const first = prefix === '   ' ? '1. Ages:\n\n' : `${prefix}Ages:\n${prefix}\n`
  const text = `${first}${head.map((line) => `${prefix}${line}\n`).join('')}${rows}\n\nEnd | of it.`
  const pages = pagesOf(text, 500)
  expect(pages.length).toBeGreaterThan(2)
  const tables = pages.flatMap(tablesIn)
  expect(tables.flatMap((table) => table.rows.map(([cell]) => cell?.text))).toEqual(
    Array.from({ length: 100 }, (_, at) => `row${at}`),
  )
  expect(tables).toHaveLength(pages.length)
  for (const table of tables) expect(table.header.map(({ text }) => text)).toEqual(['Name', 'Age'])
  expect(pages.at(-1)).toContain('End | of it.')
})

test('a numbered list goes on counting, a quote goes on, and an item that is cut is no code', () => {
  const numbers = (text: string) => [...text.matchAll(/^(\d+)\. item/gm)].map(([, number]) => Number(number))
  const pages = pagesOf(lines(60, (at) => `1. item ${at} with some words of its own`))
  expect(pages.slice(1).map((page) => numbers(page)[0])).toEqual([
    numbers(pages[0] ?? '').length + 1,
    ...pages.slice(1, -1).map((_, at) => pages.slice(0, at + 2).flatMap(numbers).length + 1),
  ])
  const counted = lines(60, (at) => `${at + 1}. item ${at} with some words of its own`)
  expect(pagesOf(counted).join('')).toBe(counted)
  const quote = pagesOf(`> ${'word '.repeat(700)}`)
  for (const page of quote) expect(lexer(page).map(({ type }) => type)).toEqual(['blockquote'])
  const deep = pagesOf(`1. One\n   1. Two\n\n${lines(50, (at) => `      paragraph ${at} of this item\n`)}\n2. End`)
  for (const page of deep) expect(codeIn(page)).toEqual([])
  expect(deep.at(-1)).toMatch(/^2\. End/m)
})

test('a fence that ends at the cut is not opened again, and a head is not parted from its table', () => {
  for (let words = 880; words < 1_000; words += 1) {
    const fence = pagesOf(`${'w'.repeat(words)}\n\`\`\`\na\nb\n\`\`\`\nEnd ${'and so on '.repeat(40)}`)
    for (const page of fence) expect(page).not.toMatch(/```\n```/)
    const table = pagesOf(`${'w'.repeat(words)}\n\n| a | b |\n| - | - |\n| 1 | 2 |\n\nEnd ${'and so on '.repeat(40)}`)
    expect(table.flatMap(tablesIn).flatMap(({ rows }) => rows)).toHaveLength(1)
    expect(table.join('').match(/\| a \| b \|/g)).toHaveLength(1)
  }
})

test('anything is cut into pages that give it back, and pages stay as they are while it grows', () => {
  const random = createRandom(11)
  const PARTS = [
    'word ',
    'a longer few words ',
    '\n',
    '\n\n',
    '# Head\n',
    '| a | b |\n',
    '|---|---|\n',
    '| 1 | x\\|y |\n',
    '> ',
    '> ```\n',
    '```',
    '```ts\n',
    '    ```sh\n',
    '~~~~\n',
    '- item\n',
    '  - sub\n',
    '1. one\n',
    '2) two\n',
    '    ',
    '\t',
    '😀',
    '---\n',
    '`x`',
  ] as const
  for (let round = 0; round < 150; round += 1) {
    const text = Array.from({ length: 900 }, () => random.pick(PARTS)).join('')
    const pages = pagesOf(text, 600)
    for (const page of pages) expect(page.length).toBeLessThan(800)
    const whole = wordsOf(pages.join('\n'))
    for (const [word, count] of wordsOf(text)) expect(whole.get(word) ?? 0, word).toBeGreaterThanOrEqual(count)
    for (const end of [1_000, 1_700, 2_900])
      expect(pagesOf(text.slice(0, end), 600).slice(0, -1)).toEqual(
        pages.slice(0, pagesOf(text.slice(0, end), 600).length - 1),
      )
  }
})

/** How often each word stands in a text; signs of Markdown and numbers of items may change. */
function wordsOf(text: string): Map<string, number> {
  const words = new Map<string, number>()
  for (const [word] of text.matchAll(/[a-z]{2,}|😀|\\\|/gi)) words.set(word, (words.get(word) ?? 0) + 1)
  return words
}
