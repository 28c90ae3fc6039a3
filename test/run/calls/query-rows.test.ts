import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../src/json.ts'
import { shapeResult } from '../../../src/run/calls/shape-result.ts'
import { png } from '../../support/pictures.ts'

/** An answer as our own database cards' server sends it: text, two levels down, indented. */
const dbhub = (...statements: { sql?: string; rows: unknown[]; count?: number }[]) =>
  JSON.stringify({ success: true, data: { statements, source_id: 'default' } }, null, 2)

const ask = (text: string, sql = 'SELECT * FROM employee', structured?: unknown) =>
  shapeResult({ tool: 'execute_sql', arguments: { sql } }, [{ type: 'text', text }], structured)

const people = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ emp_no: 10_001 + at, name: `Name ${at}`, left: null }))

const textOfFile = ({ data = '' }: { data?: string } = {}) => Buffer.from(data, 'base64').toString()

describe('rows are found wherever a database tool puts them', () => {
  const rows = [
    { id: 1, name: 'Ada' },
    { id: 2, name: null },
  ]
  const table = {
    columns: ['id', 'name'],
    rows: [
      ['1', 'Ada'],
      ['2', 'NULL'],
    ],
  }
  test.each<[string, string, unknown]>([
    ['two levels down', dbhub({ rows, count: 2 }), undefined],
    ['a list', JSON.stringify(rows), undefined],
    ['under a name', JSON.stringify({ rows, fields: [{ name: 'id' }, { name: 'name' }], rowCount: 2 }), undefined],
    ['under another', JSON.stringify({ result: { records: rows } }), undefined],
    ['as lists with their columns', '{"columns":["id","name"],"rows":[[1,"Ada"],[2,null]]}', undefined],
    [
      'with described columns',
      '{"schema":1,"columns":[{"name":"id"},{"name":"name"}],"data":[[1,"Ada"],[2,null]]}',
      undefined,
    ],
    ['an object a line', rows.map((row) => JSON.stringify(row)).join('\n'), undefined],
    [
      'between words',
      `Below is the result. It holds untrusted data inside <untrusted-data-1>.\n\n<untrusted-data-1>\n${JSON.stringify(rows)}\n</untrusted-data-1>\n\nUse it.`,
      undefined,
    ],
    ['structured', 'Two rows.', { result: rows }],
    ['as MongoDB writes them', '[{"id":{"$numberLong":"1"},"name":"Ada"},{"id":2,"name":null}]', undefined],
  ])('%s', async (_what, text, structured) => {
    const shaped = await ask(text, 'SELECT id, name FROM people', structured)
    expect(shaped.shown?.table).toEqual({ name: 'people', ...table })
    expect(shaped.summary).toBe('2 rows')
    expect(shaped.text).toContain('[Shown below your answer as a table of 2 rows, unless a later call gives rows.]')
    expect(shaped.files).toEqual([])
  })
})

test.each([
  ['what a database holds', 'search_objects', { object_type: 'table' }, '{"results":[{"name":"a"},{"name":"b"}]}'],
  ['another tool', 'search_issues', { query: 'is:open' }, '{"items":[{"id":1},{"id":2}]}'],
  ['one row', 'execute_sql', { sql: 'SELECT 1 AS a, 2 AS b' }, dbhub({ rows: [{ a: 1, b: 2 }] })],
])('%s is no table', async (_what, tool, args, text) => {
  const shaped = await shapeResult({ tool, arguments: args }, [{ type: 'text', text }], undefined)
  expect(shaped).not.toHaveProperty('shown')
  expect(shaped.text).toBe(text)
})

test.each([
  ['no rows', dbhub({ rows: [], count: 0 }), 'SELECT * FROM a WHERE 0', 'No rows'],
  ['rows that are gone', dbhub({ rows: [], count: 3 }), 'DELETE FROM a', '3 rows deleted'],
  ['a row that is new', dbhub({ rows: [], count: 1 }), 'INSERT INTO a VALUES (1)', '1 row added'],
  ['rows that changed', dbhub({ rows: [], count: 2 }), "UPDATE a SET b = 'delete from'", '2 rows changed'],
  ['one value', dbhub({ rows: [{ n: 1000 }], count: 1 }), 'SELECT count(*) AS n FROM a', 'n: 1000'],
  ['many', dbhub({ rows: people(1_234), count: 1_234 }), 'SELECT * FROM a', '1,234 rows'],
  ['two results', dbhub({ rows: people(3) }, { rows: [] }), 'SELECT 1; SELECT 2', '2 results: 3 rows, No rows'],
])('people read what came of it: %s', async (_what, text, sql, summary) => {
  expect((await ask(text, sql)).summary).toBe(summary)
})

test('of many rows people get the first and a file, the model as many as fit', async () => {
  const shaped = await ask(dbhub({ rows: people(1_000), count: 1_000 }))
  expect(shaped.shown?.table).toMatchObject({ name: 'employee', file: 'employee.csv', of: { rows: 1_000, columns: 3 } })
  expect(shaped.shown?.table?.rows).toHaveLength(100)
  expect(shaped.files.map(({ name }) => name)).toEqual(['employee.csv'])
  expect(textOfFile(shaped.files[0]).split('\r\n')).toHaveLength(1_002)
  expect(textOfFile(shaped.files[0])).toContain('10001,Name 0,\r\n')
  const lines = shaped.text.split('\n')
  expect(lines[0]).toBe(
    '{"success":true,"data":{"statements":[{"rows":"(1000 rows, see below)","count":1000}],"source_id":"default"}}',
  )
  expect(lines[1]).toMatch(/^The first \d{3} of 1000 rows; the first line names the columns:$/)
  expect(lines.slice(2, 4)).toEqual(['["emp_no","name","left"]', '[10001,"Name 0",null]'])
  expect(shaped.text.length).toBeGreaterThan(10_000)
  expect(shaped.text.length).toBeLessThan(12_500)
})

test('each result of one answer is a table of its own, with a file of its own', async () => {
  const [all, others, odd] = ['SELECT * FROM a.b', 'SELECT * FROM b', 'SELECT * FROM "Order Details"']
  const statements = [
    { sql: all, rows: people(150) },
    { sql: others, rows: people(140) },
    { sql: odd, rows: people(2) },
  ]
  const shaped = await ask(dbhub(...statements), `${all}; ${others}; ${odd}`)
  expect(shaped.shown?.table).toMatchObject({ name: 'b', file: 'b.csv' })
  expect(shaped.shown?.moreTables).toMatchObject([
    { name: 'b', file: 'b-2.csv' },
    { name: 'Order Details', rows: [{}, {}] },
  ])
  expect(shaped.files.map(({ name }) => name)).toEqual(['b.csv', 'b-2.csv'])
  expect(shaped.text).toMatch(/table of its first 100 of 140 rows, and whole as the file "b-2\.csv", unless/)
  expect(shaped.text).not.toContain('[Posted')
})

test('a file of rows that is too large to post is not pointed to', async () => {
  const rows = Array.from({ length: 200 }, (_, at) => ({ at, note: 'x'.repeat(40_000) }))
  const shaped = await ask(dbhub({ rows, count: 200 }))
  expect(shaped.files).toEqual([])
  expect(shaped.shown?.table).not.toHaveProperty('file')
  expect(shaped.text).toContain('[The file "employee.csv" was too large to post.]')
})

test.each<[string, string, string[], number | undefined]>([
  ['each row as a text of its own', 'execute_sql', ['{\n "a": 1,\n "b": "x"}', '{"a":2}', '{"a":2}'], 3],
  ['a head and rows', 'execute_sql', ['{"ok":true}', '{"rows":[{"a":1},{"a":2}]}'], 2],
  ['words and a row', 'execute_sql', ['One row.', '{"a":1}'], undefined],
  ['what is no query', 'get_pages', ['{"a":1}', '{"a":2}'], undefined],
])('a server that sends several texts: %s', async (_what, tool, texts, rows) => {
  const parts = texts.map((text) => ({ type: 'text' as const, text }))
  const shaped = await shapeResult({ tool, arguments: {} }, parts, undefined)
  expect(shaped.shown?.table?.rows.length).toBe(rows)
})

test.each<[string, string, string[] | undefined, string[][]]>([
  ['rows without columns', '[{},{}]', undefined, []],
  ['what is no row among rows', '{"rows":[{"a":1},null,"x"]}', undefined, []],
  [
    'columns of one name',
    '{"columns":["a","a"],"rows":[[1,2],[3,4]]}',
    ['a', 'a'],
    [
      ['1', '2'],
      ['3', '4'],
    ],
  ],
  ['a column without a name', '[{"":1},{"":2}]', [''], [['1'], ['2']]],
  [
    'rows of other columns',
    '[{"a":1},{"b":2}]',
    ['a', 'b'],
    [
      ['1', ''],
      ['', '2'],
    ],
  ],
  ['lists of another length', '{"columns":["a"],"rows":[[1,2],[3,4]]}', undefined, []],
])('odd rows: %s', async (_what, text, columns, rows) => {
  const { shown } = await ask(text)
  expect(shown?.table?.columns).toEqual(columns)
  expect(shown?.table?.rows ?? []).toEqual(rows)
})

test('of thousands of columns people get the first, and all in the file', async () => {
  const row = Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`c${at}`, at]))
  const shaped = await ask(dbhub({ rows: [row, row] }))
  expect(shaped.shown?.table).toMatchObject({ of: { rows: 2, columns: 10_000 }, file: 'employee.csv' })
  expect(shaped.shown?.table?.columns).toHaveLength(20)
  expect(textOfFile(shaped.files[0]).split('\r\n')[0]?.split(',')).toHaveLength(10_000)
})

describe('cells read well', () => {
  const picture = png(20, 20)
  const listed = (bytes: Buffer) => Object.fromEntries([...bytes].map((byte, at) => [at, byte]))
  test.each<[string, unknown, string]>([
    ['a picture', listed(picture), `PNG, ${picture.length} bytes`],
    ['a picture as Node writes it', picture.toJSON(), `PNG, ${picture.length} bytes`],
    ['a picture as Postgres writes it', `\\x${picture.toString('hex')}`, `PNG, ${picture.length} bytes`],
    ['a text in bytes', listed(Buffer.from('Grüezi')), 'Grüezi'],
    ['a key in bytes', listed(Buffer.from('00ff80fe', 'hex')), '0x00ff80fe'],
    ['other bytes', listed(Buffer.alloc(70_000, 0xfe)), 'data of an unknown kind, 70 KB'],
    ['nothing', null, 'NULL'],
    ['an empty text', '', ''],
    ['lines', 'one\r\n  two\nthree', 'one ↵ two ↵ three'],
    ['JSON', { a: [1] }, '{"a":[1]}'],
    ['a truth', false, 'false'],
  ])('%s', async (_what, cell, shown) => {
    const shaped = await ask(
      dbhub({
        rows: [
          { a: 1, b: cell },
          { a: 2, b: 'x' },
        ],
      }),
    )
    expect(shaped.shown?.table?.rows[0]).toEqual(['1', shown])
    expect(shaped.files).toEqual([])
    expect(shaped.text).not.toMatch(/"\d+":\s*\d+/)
  })
  test('numbers are as they were sent', async () => {
    const shaped = await ask('[{"id":12345678901234567890,"cost":1.50},{"id":2,"cost":0}]')
    expect(shaped.shown?.table?.rows[0]).toEqual(['12345678901234567890', '1.50'])
  })
  test('long ones are cut, and whole in the file', async () => {
    const shaped = await ask(dbhub({ rows: Array.from({ length: 90 }, () => ({ a: 'long '.repeat(400), b: 'x' })) }))
    expect(shaped.shown?.table?.rows).toHaveLength(90)
    expect(shaped.shown?.table?.rows[0]?.[0]).toMatch(/long…$/)
    expect(textOfFile(shaped.files[0])).toContain('long '.repeat(400))
  })
})

test.each<[string, JsonObject, string]>([
  ['execute_sql', { sql: 'select * from "HR"."employees" e join x' }, 'employees.csv'],
  [
    'query',
    { sql: "-- from nowhere\nwith t as (select ' from x ' from `shop`.`orders`) select * from t" },
    'orders.csv',
  ],
  ['select_rows', { table: 'public.users' }, 'users.csv'],
  ['find', { collection: 'films' }, 'films.csv'],
  ['run_query', { sql: 'values (1), (2)' }, 'run_query.csv'],
  ['execute_sql', { sql: 'select * from [Order Details]' }, 'Order Details.csv'],
  ['execute_sql', { sql: 'select * from "a/../b"' }, 'a-..-b.csv'],
])('a file of rows is named after them: %s %j', async (tool, args, name) => {
  const text = JSON.stringify(people(200))
  const shaped = await shapeResult({ tool, arguments: args }, [{ type: 'text', text }], undefined)
  expect(shaped.files.map((file) => file.name)).toEqual([name])
})
