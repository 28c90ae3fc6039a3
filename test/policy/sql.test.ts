import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { loadSqlReader } from '../../src/policy/sql/read-sql.ts'
import { ROOT } from '../support/paths.ts'

const readSql = await loadSqlReader()

const Line = z.tuple([z.enum(['postgres', 'sqlite', 'mysql']), z.enum(['read', 'write', 'destructive']), z.string()])

/** A line each: dialect, verdict, the statement as JSON. */
const TABLE = readFileSync(join(ROOT, 'test', 'fixtures', 'sql-statements.txt'), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => {
    const [dialect = '', verdict = '', ...sql] = line.split(' ')
    return Line.parse([dialect, verdict, JSON.parse(sql.join(' '))])
  })

test.each(['postgres', 'sqlite', 'mysql'] as const)('every statement of the %s table is what it does', (dialect) => {
  const rows = TABLE.filter(([one]) => one === dialect)
  expect(rows.length).toBeGreaterThan(100)
  const wrong = rows.filter(([, verdict, sql]) => readSql(sql, dialect).risk !== verdict)
  expect(wrong.map(([, verdict, sql]) => `${verdict}, not ${readSql(sql, dialect).risk}: ${sql}`)).toEqual([])
})

test.each([
  ['select 1', 'This SQL only reads.', 'read'],
  ['delete from employee where id = 1', 'This SQL deletes rows of employee.', 'delete rows of employee'],
  ['update title set a = 1', 'This SQL changes every row of title.', 'change every row of title'],
  ['drop table salary', 'This SQL drops the table salary.', 'drop the table salary'],
  [
    'insert into a select * from b; delete from c',
    'This SQL inserts rows into a. Then it deletes every row of c.',
    'insert rows into a and delete every row of c',
  ],
  [
    'with gone as (delete from a where b returning *) insert into c select * from gone',
    'This SQL inserts rows into c and deletes rows of a.',
    'insert rows into c and delete rows of a',
  ],
  [
    'delete from "t. It only reads"',
    'This SQL deletes every row of "t. It only reads".',
    'delete every row of "t. It only reads"',
  ],
  ['alter role x superuser', 'This SQL changes the rights or password of x.', 'change the rights or password of x'],
  [
    'select app.total(1)',
    'I cannot tell what this SQL does: it calls app.total, which may change anything.',
    undefined,
  ],
  ['selec 1', 'I cannot tell what this SQL does: I do not understand it.', undefined],
  [
    `${'insert into a values (1);'.repeat(6)} drop table b`,
    `This SQL inserts rows into a. ${'Then it inserts rows into a. '.repeat(4)}Then 2 more statements follow; one of them drops the table b.`,
    'drop the table b and insert rows into a',
  ],
])('says in words what %s does', (sql, why, action) => {
  expect(readSql(sql, 'postgres')).toMatchObject({ why, action })
})

test('names each thing it does to each table, or nothing where that cannot be told', () => {
  expect(readSql('insert into App.A select * from "B" join c on true', 'postgres').effects).toEqual([
    { kind: 'insert', table: 'app.a' },
    { kind: 'select', table: 'B' },
    { kind: 'select', table: 'c' },
  ])
  expect(readSql('replace into Main.[T] select * from u', 'sqlite').effects).toEqual([
    { kind: 'replace', table: 'main.t' },
    { kind: 'select', table: 'u' },
  ])
  expect(readSql('insert into `a`.b values (1)', 'mysql').effects).toEqual([{ kind: 'insert', table: 'a.b' }])
  expect(readSql('insert into a values (wipe())', 'postgres').effects).toBeUndefined()
})

test.each([
  '',
  `select ${'('.repeat(20_000)}1${')'.repeat(20_000)}`,
  `select ${'('.repeat(9_000)}1${')'.repeat(9_000)}`,
  `select ${'not '.repeat(4_900)}true`,
  `select ${'- '.repeat(9_900)}1`,
  `select 1 ${'+ 1'.repeat(6_000)}`,
  `select ${'case when '.repeat(1_900)}`,
  `select 1${' '.repeat(20_000)}`,
  'select 1\0; delete from t',
])('a text that is too long, deep or strange does not stop the reader (%#)', (sql) => {
  for (const dialect of ['postgres', 'sqlite', 'mysql'] as const) readSql(sql, dialect)
  expect(readSql('select 1', 'postgres').risk).toBe('read')
  expect(readSql('select 1', 'mysql').risk).toBe('read')
})
