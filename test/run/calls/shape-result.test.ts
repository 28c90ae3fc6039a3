import { expect, test } from 'vitest'
import type { JsonObject } from '../../../src/json.ts'
import { toCsv } from '../../../src/run/calls/result-table.ts'
import { shapeResult as shapeCallResult } from '../../../src/run/calls/shape-result.ts'
import { png } from '../../support/pictures.ts'

const shapeResult = (
  tool: string,
  parts: Parameters<typeof shapeCallResult>[1],
  structured?: unknown,
  args: JsonObject = {},
) => shapeCallResult({ tool, arguments: args }, parts, structured)

const pdf = Buffer.from('%PDF-1.7\n').toString('base64')

test('a short text is what the model reads', async () => {
  expect(await shapeResult('read', [{ type: 'text', text: 'hello\nworld' }], undefined)).toEqual({
    text: 'hello\nworld',
    images: [],
    files: [],
    summary: 'hello',
  })
})

test('a long text becomes a file; the model gets its beginning and is told', async () => {
  const whole = 'line of text\n'.repeat(5_000)
  const shaped = await shapeResult('read.file', [{ type: 'text', text: whole }], undefined)
  expect(shaped.text.length).toBeLessThan(5_000)
  expect(shaped.text).toContain('only the beginning')
  expect(shaped.files).toMatchObject([{ name: 'read-file.txt', mimeType: 'text/plain' }])
  expect(Buffer.from(shaped.files[0]?.data ?? '', 'base64').toString()).toBe(whole)
})

test('images and binary resources are files, never text', async () => {
  const data = png().toString('base64')
  const shaped = await shapeResult(
    'draw',
    [
      { type: 'image', mimeType: 'image/png', data },
      { type: 'resource', uri: 'file:///a/report.pdf', mimeType: 'text/plain', data: pdf },
    ],
    undefined,
  )
  expect(shaped.files.map((file) => file.name)).toEqual(['draw.png', 'report.pdf'])
  expect(shaped.images).toEqual([{ mimeType: 'image/png', data }])
  expect(shaped.text).not.toContain(data)
  expect(shaped.text).not.toContain(pdf)
})

test('what is too large to keep is said, not dropped in silence', async () => {
  const data = 'A'.repeat(9_000_000)
  const shaped = await shapeResult('draw', [{ type: 'image', mimeType: 'image/png', data }], undefined)
  expect(shaped.files).toEqual([])
  expect(shaped.text).toContain('too large')
})

test('structured content alone is still a result, and none at all is said', async () => {
  expect((await shapeResult('count', [], { n: 3 })).text).toBe('{"n":3}')
  expect(await shapeResult('count', [], undefined)).toMatchObject({ text: '(no output)', summary: 'done' })
})

test.each([
  ['{"success":true,"data":{"rows":[1,2,3],"count":3}}', '3 rows'],
  ['[{"a":1}]', '1 entry'],
  ['{"ok":true}', 'done'],
  ['[FILE] hello.txt', '[FILE] hello.txt'],
])('people do not get JSON in a task line: %s is "%s"', async (text, summary) => {
  expect((await shapeResult('t', [{ type: 'text', text }], undefined)).summary).toBe(summary)
})

const rowsOf = (count: number) => Array.from({ length: count }, (_, at) => ({ id: at, name: `n${at}`, gone: null }))

test('rows are a table for people, and the model is told that they see it', async () => {
  const shaped = await shapeResult('list', [{ type: 'text', text: '{"items":[]}' }], { items: rowsOf(3), total: 3 })
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
  ['rows that share no columns', Array.from({ length: 20_000 }, (_, at) => ({ [`k${at}`]: 1 }))],
  ['two lists', { a: [{ x: 1 }, { x: 2 }], b: [{ y: 1 }, { y: 2 }] }],
])('%s are no table', async (_what, structured) => {
  const shaped = await shapeResult('list', [{ type: 'text', text: 'Here.' }], structured)
  expect(shaped).not.toHaveProperty('shown')
  expect(shaped.files).toEqual([])
})

test('more rows than Slack shows are shown in part, with all in a CSV file', async () => {
  const rows = [...rowsOf(150), { id: -1, name: '=HYPERLINK("x")', gone: null }]
  const shaped = await shapeResult('list all', [], rows)
  expect(shaped.shown?.table).toMatchObject({ of: { rows: 151, columns: 3 } })
  expect(shaped.shown?.table?.rows).toHaveLength(100)
  expect(shaped.text).toContain('as a table of its first 100 of 151 rows')
  const csv = shaped.files.find((file) => file.name === 'list-all.csv')
  const text = Buffer.from(csv?.data ?? '', 'base64').toString()
  expect(text.split('\r\n')).toHaveLength(153)
  expect(text).toMatch(/^id,name,gone\r\n0,n0,\r\n/)
  expect(text).toContain(`-1,"'=HYPERLINK(""x"")",\r\n`)
})

test('more columns than Slack shows, and longer cells, are in the CSV file', async () => {
  const wide = Object.fromEntries(Array.from({ length: 25 }, (_, at) => [`c${at}`, at]))
  const columns = await shapeResult('wide', [], [wide, wide])
  expect(columns.shown?.table).toMatchObject({ of: { rows: 2, columns: 25 } })
  expect(columns.shown?.table?.columns).toHaveLength(20)
  expect(columns.files.map(({ name }) => name)).toEqual(['wide.csv'])
  const long = await shapeResult('long', [], [{ a: 'x'.repeat(400) }, { a: 'y' }])
  expect(long.shown?.table?.rows[0]?.[0]).toHaveLength(300)
  expect(Buffer.from(long.files[0]?.data ?? '', 'base64').toString()).toContain('x'.repeat(400))
  const huge = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`${at}`.padEnd(600, 'x'), 'x'.repeat(600)]))
  const cut = await shapeResult('huge', [], Array(50).fill(huge))
  expect(cut.shown?.table).toMatchObject({ of: { rows: 50, columns: 40 }, file: 'huge.csv' })
  expect(cut.shown?.table?.rows.length).toBeGreaterThan(10)
})

test.each([
  ['=1+1', "'=1+1"],
  ['+cmd', "'+cmd"],
  ['-2+3', "'-2+3"],
  ['@SUM(A1)', "'@SUM(A1)"],
  [' =1+1', "' =1+1"],
  ['\t=1', `"'\t=1"`],
  ['\r=1', `"'\r=1"`],
  ['\n=1', `"'\n=1"`],
  ['\u200b=1', "'\u200b=1"],
  ['＝1', "'＝1"],
  ['"=1"', `"'""=1"""`],
  ['-5', '-5'],
  ['+4.50', '+4.50'],
  ["-1'000.50", "-1'000.50"],
  ['-3e-5', '-3e-5'],
  ['-12%', '-12%'],
  ['-.5', '-.5'],
  ['a;=1', '"a;=1"'],
  ['a\tb', '"a\tb"'],
  ['say "hi"', '"say ""hi"""'],
  ['two\nlines', '"two\nlines"'],
  [' padded ', '" padded "'],
  ['a@b.c', 'a@b.c'],
])('%j in a CSV file is written %j', (cell, written) => {
  expect(toCsv({ columns: [cell], rows: [] })).toBe(`${written}\r\n`)
})

test('links are shown, resources are files, and two pictures have two names', async () => {
  const picture = { type: 'image' as const, mimeType: 'image/png', data: 'AAAA' }
  const shaped = await shapeResult(
    'get',
    [
      picture,
      { ...picture, data: 'BBBB' },
      picture,
      { type: 'audio', mimeType: 'audio/mpeg', data: 'AAAA' },
      { type: 'link', uri: 'https://example.com/a', name: 'a' },
      { type: 'resource', uri: 'file:///plan.md', mimeType: 'text/markdown', text: '# Plan' },
    ],
    undefined,
  )
  expect(shaped.files.map(({ name }) => name)).toEqual(['get.png', 'get-2.png', 'get.mp3', 'plan.md'])
  expect(shaped.shown).toEqual({ links: [{ uri: 'https://example.com/a', name: 'a' }] })
})

test('a file in disguise does not reach the model as text', async () => {
  const encoded = Buffer.from(Array.from({ length: 4_000 }, (_, at) => (at * 37) % 251)).toString('base64')
  const shaped = await shapeResult('shot', [{ type: 'text', text: `picture: ${encoded} end` }], undefined)
  expect(shaped.text).toBe('picture: [4 KB of encoded data left out] end')
})

const shot = png().toString('base64')
const poem = 'Roses are red.'

test.each<[string, Parameters<typeof shapeResult>[1], unknown, string]>([
  [
    'a picture as JSON text',
    [{ type: 'image', mimeType: 'image/png', data: shot }],
    { content: [{ type: 'image', data: shot, mimeType: 'image/png' }] },
    '[Posted in the thread as the file "read.png".]',
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
])('what only repeats a part of the result is dropped: %s', async (_what, parts, structured, text) => {
  expect((await shapeResult('read', parts, structured)).text).toBe(text)
})

test.each([
  ['a text in Latin-1', Buffer.from('Gr\xfcezi', 'latin1'), 'application/octet-stream', 'a://b/c.csv:\nGrüezi'],
  ['a text in UTF-16', Buffer.from('\ufeffGrüezi', 'utf16le'), 'application/octet-stream', 'a://b/c.csv:\nGrüezi'],
  ['nothing', Buffer.alloc(0), 'text/csv', 'a://b/c.csv is empty.'],
  ['a PDF that is called text', Buffer.from('%PDF-1.7'), 'text/plain', '[Posted in the thread as the file "c.pdf".]'],
])('bytes decide what a blob is: %s', async (_what, bytes, mimeType, begins) => {
  const part = { type: 'resource' as const, uri: 'a://b/c.csv', mimeType, data: bytes.toString('base64') }
  expect((await shapeResult('read', [part], undefined)).text.startsWith(begins)).toBe(true)
})

const DOC = Buffer.concat([
  Buffer.from('PK\u0003\u0004\u0014\0word/document.xml'),
  Buffer.from('ff80fe91'.repeat(400), 'hex'),
])
const base64Of = (bytes: Buffer) => bytes.toString('base64')
const picture = png(20, 20)
const long = Buffer.from('Grüezi mitenand, this is a text of some length that came as base64.')

test.each<[string, Parameters<typeof shapeCallResult>[1], unknown, string, string | RegExp]>([
  ['a file read as Latin-1', [{ type: 'text', text: DOC.toString('latin1') }], undefined, 'a.docx', /^\[Posted/],
  [
    'a picture as a resource that calls itself text',
    [{ type: 'resource', uri: 'a://b/c.txt', mimeType: 'text/plain', data: base64Of(picture) }],
    undefined,
    'c.png',
    /^\[Posted/,
  ],
  [
    'base64 as the text of a resource',
    [{ type: 'resource', uri: 'a://b/c.png', mimeType: 'image/png', text: base64Of(picture) }],
    undefined,
    'c.png',
    /^\[Posted/,
  ],
  [
    'a data URL',
    [{ type: 'text', text: `data:image/png;base64,${base64Of(picture)}` }],
    undefined,
    'a.png',
    /^\[Posted/,
  ],
  ['base64 alone', [{ type: 'text', text: base64Of(picture) }], undefined, 'a.png', /^\[Posted/],
  [
    'JSON that names its encoding',
    [{ type: 'text', text: JSON.stringify({ name: 'x.docx', encoding: 'base64', content: base64Of(DOC) }) }],
    undefined,
    'x.docx',
    '{"name":"x.docx","encoding":"base64","content":"(ZIP, 2 KB)"}',
  ],
  [
    'structured content that names its type',
    [],
    { files: [{ mimeType: 'image/png', data: base64Of(picture) }] },
    'a.png',
    `{"files":[{"mimeType":"image/png","data":"(PNG, ${picture.length} bytes)"}]}`,
  ],
])('a file in disguise is posted as what it is: %s', async (...[_what, parts, structured, name, text]) => {
  const shaped = await shapeResult('read_file', parts, structured, { path: 'a.docx' })
  expect(shaped.files.map((one) => one.name)).toEqual([name])
  if (typeof text === 'string') expect(shaped.text.split('\n')[0]).toBe(text)
  else expect(shaped.text).toMatch(text)
  expect(shaped.images).toHaveLength(name.endsWith('png') ? 1 : 0)
})

test('a text in base64 takes its own place', async () => {
  const text = JSON.stringify({ path: 'a.md', encoding: 'base64', content: base64Of(long) })
  const shaped = await shapeResult('get_file', [{ type: 'text', text }])
  expect(shaped).toMatchObject({ text: expect.stringContaining(`"content":"${long}"`), files: [] })
})

test('a file that came damaged is told, and its letters reach nobody', async () => {
  const shaped = await shapeResult('read_text_file', [{ type: 'text', text: DOC.toString() }], undefined, {
    path: 'a.docx',
  })
  expect(shaped).toMatchObject({ files: [], summary: expect.stringMatching(/^Binary data \(DOCX, 2 KB\) .*destroyed/) })
  expect(JSON.stringify(shaped)).not.toContain('\ufffd')
})

test('letters lost on the way are counted', async () => {
  const shaped = await shapeResult('read', [{ type: 'text', text: 'Gr\ufffdezi, wie geht es dir?' }])
  expect(shaped.text).toMatch(/^Gr\ufffdezi.*\n\[1 letter is missing/)
})

test.each([
  ['read_text_file', { path: 'docs/notes.md' }, 'word '.repeat(3_000), 'notes.md'],
  ['list_directory', { path: 'docs' }, '[FILE] a.txt\n'.repeat(2_000), 'list_directory.txt'],
  ['list_rows', {}, JSON.stringify(Array.from({ length: 5_000 }, (_, at) => at)), 'list_rows.json'],
])('a long text has its own name: %s', async (tool, args, text, name) => {
  const shaped = await shapeResult(tool, [{ type: 'text', text }], undefined, args)
  expect(shaped.files.map((one) => one.name)).toEqual([name])
})

test('a long resource is one file', async () => {
  const part = { type: 'resource' as const, uri: 'a://b/c.md', text: 'word '.repeat(5_000) }
  const shaped = await shapeResult('read', [{ type: 'text', text: 'Here it is.' }, part])
  expect(shaped.files.map((one) => one.name)).toEqual(['c.md'])
})

test.each([
  ['read_text_file', { path: 'docs/empty.txt' }, '', 'empty.txt is empty.'],
  ['readFile', { filePath: 'LICENSE' }, '', 'LICENSE is empty.'],
  ['get_file_contents', { owner: 'a', path: 'b/c.md' }, '', 'c.md is empty.'],
  ['write_file', { path: 'a.txt' }, '', '(no output)'],
  ['delete_file', { path: 'a.txt' }, '', '(no output)'],
  ['run', {}, '', '(no output)'],
  ['read_text_file', { path: 'a.txt' }, '(no output)', '(no output)'],
])('an empty text is what the call makes of it: %s', async (tool, args, text, told) => {
  const shaped = await shapeResult(tool, [{ type: 'text', text }], undefined, args)
  expect([shaped.text, shaped.files]).toEqual([told, []])
})

test('nothing at all is no empty file', async () => {
  expect((await shapeResult('read_file', [], undefined, { path: 'a.txt' })).text).toBe('(no output)')
})

test.each([
  ['an id beside a type', { type: 'application/octet-stream', id: '0123456789abcdef'.repeat(5) }],
  ['a hash beside contents', { encoding: 'base64', sha256: 'ab'.repeat(32), content: '' }],
  ['a token', { token_type: 'Bearer', access: 'eyJhbGciOiJIUzI1NiJ9'.repeat(10) }],
])('what only looks like base64 is no file: %s', async (_what, value) => {
  const text = JSON.stringify(value)
  expect(await shapeResult('get', [{ type: 'text', text }])).toMatchObject({ text, files: [] })
})

test.each([
  ['a path', '/workspace/acme/projects/website/packages/frontend/source/components'],
  ['a path with a dash', `/9j/${'some-folder/with_files/'.repeat(6)}`],
  ['an id that begins as music does', `//uQ${'5f3a9c1e'.repeat(9)}`],
  ['an id that begins as a bitmap does', `Qk1${'5f3a9c1e'.repeat(9)}`],
])('a text that only begins as a file does stays: %s', async (_what, text) => {
  expect(await shapeResult('get', [{ type: 'text', text }])).toMatchObject({ text, files: [] })
})

test.each([
  ['numbers', `{"id":12345678901234567890,"cost":1.0,"content_base64":"FILE"}`],
  [
    'spaces and repeated names',
    `{ "a" : 1,\n  "a" : 2,\n  "2" : "\\u00e9 \\"", "1" : "\\\\",\n  "content_base64" : "FILE"\n}`,
  ],
  ['a list', `[1e2, {"data_b64":"FILE"}, 1E400]`],
])('around a file in JSON nothing changes: %s', async (_what, json) => {
  for (const encoded of [base64Of(picture), base64Of(picture).replaceAll('/', '\\/')]) {
    const shaped = await shapeResult('get', [{ type: 'text', text: json.replace('FILE', encoded) }])
    expect(shaped.text.startsWith(json.replace('FILE', `(PNG, ${picture.length} bytes)`))).toBe(true)
    expect(shaped.files).toHaveLength(1)
  }
})

const manyWords = Object.fromEntries(Array.from({ length: 40_000 }, (_, at) => [`k${at}`, 'a'.repeat(64)]))
const deep = (inner: string) => `${'['.repeat(4_000)}${inner}${']'.repeat(4_000)}`

test.each<[string, Parameters<typeof shapeCallResult>[1]]>([
  ['depth', [{ type: 'text', text: deep(`"${'a'.repeat(64)}"`) }]],
  [
    'depth beside a picture',
    [
      { type: 'text', text: deep('1') },
      { type: 'image', mimeType: 'image/png', data: shot },
    ],
  ],
  ['width', [{ type: 'text', text: `{${Array.from({ length: 150_000 }, (_, at) => `"k${at}":0`).join()}}` }]],
  ['a data URL without data', [{ type: 'text', text: `data:${'a'.repeat(500_000)}` }]],
  ['many long words', [{ type: 'text', text: JSON.stringify(manyWords) }]],
])('no answer is too odd to be shaped: %s', async (_what, parts) => {
  expect((await shapeResult('get', parts)).text).toBeTruthy()
})

test('a file far inside is posted', async () => {
  const text = deep(`{"content_base64":"${base64Of(picture)}"}`)
  expect((await shapeResult('get', [{ type: 'text', text }])).files).toHaveLength(1)
})

test('what Postgres cannot keep, and JSON spells with an escape, is marked in a table', async () => {
  const rows = Array.from({ length: 11 }, (_, at) => ({ 'a\0b': `${at}\0`, 'c\ud800': `\udfff${at}` }))
  const shaped = await shapeResult('execute_sql', [{ type: 'text', text: JSON.stringify({ rows }) }])
  expect(shaped.shown?.table?.columns).toEqual(['a\ufffdb', 'c\ufffd'])
  expect(shaped.shown?.table?.rows[0]).toEqual(['0\ufffd', '\ufffd0'])
})
