import { expect, test } from 'vitest'
import { shapeResult } from '../../../src/run/calls/shape-result.ts'
import { png } from '../../support/pictures.ts'

test('a short text is what the model reads', () => {
  expect(shapeResult('read', [{ type: 'text', text: 'hello\nworld' }], undefined)).toEqual({
    text: 'hello\nworld',
    images: [],
    files: [],
    summary: 'hello',
  })
})

test('a long text becomes a file; the model gets its beginning and is told', () => {
  const whole = 'line of text\n'.repeat(5_000)
  const shaped = shapeResult('read.file', [{ type: 'text', text: whole }], undefined)
  expect(shaped.text.length).toBeLessThan(5_000)
  expect(shaped.text).toContain('only the beginning')
  expect(shaped.files).toMatchObject([{ name: 'read-file.txt', mimeType: 'text/plain' }])
  expect(Buffer.from(shaped.files[0]?.data ?? '', 'base64').toString()).toBe(whole)
})

test('images and binary resources are files, never text', () => {
  const data = png().toString('base64')
  const shaped = shapeResult(
    'draw',
    [
      { type: 'image', mimeType: 'image/png', data },
      { type: 'resource', uri: 'file:///a/report.pdf', mimeType: 'application/pdf', data },
    ],
    undefined,
  )
  expect(shaped.files.map((file) => file.name)).toEqual(['image.png', 'report.pdf'])
  expect(shaped.images).toEqual([{ mimeType: 'image/png', data }])
  expect(shaped.text).not.toContain(data)
})

test('what is too large to keep is said, not dropped in silence', () => {
  const data = 'A'.repeat(9_000_000)
  const shaped = shapeResult('draw', [{ type: 'image', mimeType: 'image/png', data }], undefined)
  expect(shaped.files).toEqual([])
  expect(shaped.text).toContain('too large')
})

test('structured content alone is still a result, and none at all is said', () => {
  expect(shapeResult('count', [], { n: 3 }).text).toBe('{"n":3}')
  expect(shapeResult('count', [], undefined)).toMatchObject({ text: '(no output)', summary: 'done' })
})

test.each([
  ['{"success":true,"data":{"rows":[1,2,3],"count":3}}', '3 rows'],
  ['[{"a":1}]', '1 entry'],
  ['{"ok":true}', 'done'],
  ['[FILE] hello.txt', '[FILE] hello.txt'],
])('people do not get JSON in a task line: %s is "%s"', (text, summary) => {
  expect(shapeResult('t', [{ type: 'text', text }], undefined).summary).toBe(summary)
})

const rowsOf = (count: number) => Array.from({ length: count }, (_, at) => ({ id: at, name: `n${at}`, gone: null }))

test('rows are a table for people, and the model is told that they see it', () => {
  const shaped = shapeResult('list', [{ type: 'text', text: '{"items":[]}' }], { items: rowsOf(3), total: 3 })
  expect(shaped.shown?.table).toEqual({
    columns: ['id', 'name', 'gone'],
    rows: [0, 1, 2].map((at) => [String(at), `n${at}`, '']),
  })
  expect(shaped.text).toContain('as a table of 3 rows')
  expect(shaped.files).toEqual([])
})

test.each([
  ['one row', [{ a: 1 }]],
  ['nested rows', [{ a: { b: 1 } }, { a: 2 }]],
  ['plain values', [1, 2, 3]],
  ['two lists', { a: [{ x: 1 }, { x: 2 }], b: [{ y: 1 }, { y: 2 }] }],
])('%s are no table', (_what, structured) => {
  const shaped = shapeResult('list', [], structured)
  expect(shaped).not.toHaveProperty('shown')
  expect(shaped.files).toEqual([])
})

test('more rows than Slack shows are a CSV file, in which nothing is a formula', () => {
  const rows = [...rowsOf(150), { id: -1, name: '=HYPERLINK("x")', gone: null }]
  const shaped = shapeResult('list all', [], rows)
  expect(shaped).not.toHaveProperty('shown')
  const csv = shaped.files.find((file) => file.name === 'list-all.csv')
  const text = Buffer.from(csv?.data ?? '', 'base64').toString()
  expect(text.split('\r\n')).toHaveLength(153)
  expect(text).toMatch(/^id,name,gone\r\n0,n0,\r\n/)
  expect(text).toContain(`-1,"'=HYPERLINK(""x"")",\r\n`)
})

test('links are shown, resources are files, and two pictures have two names', () => {
  const picture = { type: 'image' as const, mimeType: 'image/png', data: 'AAAA' }
  const shaped = shapeResult(
    'get',
    [
      picture,
      picture,
      { type: 'audio', mimeType: 'audio/mpeg', data: 'AAAA' },
      { type: 'link', uri: 'https://example.com/a', name: 'a' },
      { type: 'resource', uri: 'file:///plan.md', mimeType: 'text/markdown', text: '# Plan' },
    ],
    undefined,
  )
  expect(shaped.files.map(({ name }) => name)).toEqual(['image.png', 'image-2.png', 'audio.mp3', 'plan.md'])
  expect(shaped.shown).toEqual({ links: [{ uri: 'https://example.com/a', name: 'a' }] })
})

test('a file in disguise does not reach the model as text', () => {
  const encoded = Buffer.from(Array.from({ length: 4_000 }, (_, at) => (at * 37) % 251)).toString('base64')
  const shaped = shapeResult('shot', [{ type: 'text', text: `picture: ${encoded} end` }], undefined)
  expect(shaped.text).toBe('picture: [4 KB of encoded data left out] end')
})

const shot = png().toString('base64')
const poem = 'Roses are red.'

test.each<[string, Parameters<typeof shapeResult>[1], unknown, string]>([
  [
    'a picture as JSON text',
    [{ type: 'image', mimeType: 'image/png', data: shot }],
    { content: [{ type: 'image', data: shot, mimeType: 'image/png' }] },
    '[Posted in the thread as the file "image.png".]',
  ],
  [
    'the same text twice',
    [
      { type: 'text', text: poem },
      { type: 'text', text: poem },
    ],
    undefined,
    poem,
  ],
  [
    'a resource that is also a text',
    [
      { type: 'text', text: poem },
      { type: 'resource', uri: 'a://b/poem.txt', text: poem },
    ],
    undefined,
    `a://b/poem.txt:\n${poem}\n[Posted in the thread as the file "poem.txt".]`,
  ],
  [
    'other words beside it stay',
    [
      { type: 'text', text: JSON.stringify({ note: 'Mine', text: poem }) },
      { type: 'resource', uri: 'a://b/poem.txt', text: poem },
    ],
    undefined,
    `{"note":"Mine","text":"${poem}"}\na://b/poem.txt:\n${poem}\n[Posted in the thread as the file "poem.txt".]`,
  ],
])('what only repeats a part of the result is dropped: %s', (_what, parts, structured, text) => {
  expect(shapeResult('read', parts, structured).text).toBe(text)
})

test.each([
  ['a text in Latin-1', Buffer.from('Gr\xfcezi', 'latin1'), 'application/octet-stream', 'a://b/c.csv:\nGrüezi'],
  ['a text in UTF-16', Buffer.from('\ufeffGrüezi', 'utf16le'), 'application/octet-stream', 'a://b/c.csv:\nGrüezi'],
  ['nothing', Buffer.alloc(0), 'text/csv', 'a://b/c.csv is empty.'],
  ['a PDF that is called text', Buffer.from('%PDF-1.7'), 'text/plain', '[Posted in the thread as the file "c.csv".]'],
])('bytes decide what a blob is: %s', (_what, bytes, mimeType, begins) => {
  const part = { type: 'resource' as const, uri: 'a://b/c.csv', mimeType, data: bytes.toString('base64') }
  expect(shapeResult('read', [part], undefined).text.startsWith(begins)).toBe(true)
})
