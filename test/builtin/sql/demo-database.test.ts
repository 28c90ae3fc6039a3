import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { createBuiltinServers } from '../../../src/builtin/builtin-servers.ts'
import { createEgress } from '../../../src/egress/egress.ts'
import type { BuiltinTarget } from '../../../src/mcp/protocol/server-target.ts'
import type { Connection } from '../../../src/registry/connection.ts'
import { readWorkflows } from '../../../src/workflows/definition/workflow-files.ts'
import { eventually } from '../../support/eventually.ts'
import { isAlive, type McpHouse, startMcpHouse, textOf } from '../../support/mcp-house.ts'
import { childrenOf } from '../../support/processes.ts'
import { playWorkflow } from '../../workflows/played-workflow.ts'

const folder = mkdtempSync(join(tmpdir(), 'patchbay-demo-'))
const egress = createEgress({ allow: [] })
let house: McpHouse
let connection: Connection

const TARGET: BuiltinTarget = {
  kind: 'builtin',
  title: 'Demo database',
  server: 'demo-database',
  settings: {},
  values: {},
  checks: [],
}

beforeAll(async () => {
  house = await startMcpHouse({ builtin: createBuiltinServers({ egress }) })
  connection = await house.connected(TARGET)
})
afterAll(async () => {
  await house[Symbol.asyncDispose]()
  egress[Symbol.dispose]()
  rmSync(folder, { recursive: true, force: true })
})

const say = async (sql: string) => textOf(await house.call(connection, 'execute_sql', { sql }))
const rowsOf = async (sql: string) => {
  const said = await say(sql)
  if (!said.startsWith('{')) throw new Error(said)
  return JSON.parse(said).statements.map(({ rows }: { rows: unknown }) => rows)
}

test('the workflow that comes with the app reports on it', async () => {
  const [report] = readWorkflows('workflows').filter(({ name }) => name === 'department-report')
  if (report === undefined) throw new Error('There is no such workflow.')
  const answer = await say(String(report.steps[0]?.with?.sql))
  const { begun } = playWorkflow(report, {
    given: { inputs: { file: 'd.md' } },
    answer: ({ step }) => ({ text: step === 'count' ? answer : '' }),
  })
  expect(begun[1]).toMatchObject({
    arguments: { content: expect.stringMatching(/- Development: \d+\n- Production: \d+\n/) },
  })
})

test('it holds the sample employees', async () => {
  expect(
    await rowsOf(`
      SELECT (SELECT count(*) FROM employee) AS employee, (SELECT count(*) FROM department) AS department,
        (SELECT count(*) FROM dept_emp) AS dept_emp, (SELECT count(*) FROM dept_manager) AS dept_manager,
        (SELECT count(*) FROM title) AS title, (SELECT count(*) FROM salary) AS salary,
        (SELECT sum(amount) FROM salary) AS paid, (SELECT count(*) FROM current_dept_emp) AS now;
      SELECT * FROM salary WHERE emp_no = 10001 AND from_date > '2000-01-01' ORDER BY from_date;
      SELECT first_name, hire_date FROM employee WHERE emp_no = 10001`),
  ).toEqual([
    [
      {
        employee: 1_000,
        department: 9,
        dept_emp: 1_103,
        dept_manager: 16,
        title: 1_470,
        salary: 9_488,
        paid: PAID,
        now: 1000,
      },
    ],
    [
      { emp_no: 10_001, amount: 85_112, from_date: '2000-06-22', to_date: '2001-06-22' },
      { emp_no: 10_001, amount: 85_097, from_date: '2001-06-22', to_date: '2002-06-22' },
      { emp_no: 10_001, amount: 88_958, from_date: '2002-06-22', to_date: '9999-01-01' },
    ],
    [{ first_name: 'Georgi', hire_date: '1986-06-26' }],
  ])
})

/** What the sample of dbhub sums up to. */
const PAID = 609497803

const OUT = join(folder, 'out')
/** F1: each of these wrote, read or opened something beside the database. */
const ATTACKS = [
  `VACUUM INTO '${OUT}'`,
  `VACUUM main INTO '${OUT}'`,
  `VACUUM INTO 'file:${OUT}?mode=rwc'`,
  `/* a comment */ vAcUuM iNtO ('${OUT.slice(0, 4)}' || '${OUT.slice(4)}')`,
  `ATTACH '${OUT}' AS o`,
  `ATTACH DATABASE 'file:${OUT}' AS o; CREATE TABLE o.t (a); INSERT INTO o.t VALUES (1)`,
  `ATTACH ('${OUT.slice(0, 4)}' || '${OUT.slice(4)}') AS o`,
  'DETACH main',
  'PRAGMA writable_schema = 1',
  'PRAGMA writable_schema(ON)',
  'PRAGMA trusted_schema = 1',
  `PRAGMA temp_store_directory = '${folder}'`,
  'PRAGMA temp_store = FILE',
  'PRAGMA max_page_count = 1000000000',
  'PRAGMA hard_heap_limit = 0',
  'PRAGMA journal_mode = WAL',
  `UPDATE sqlite_schema SET sql = 'x'`,
  `SELECT load_extension('${OUT}')`,
  `SELECT writefile('${OUT}', 'x')`,
  `SELECT readfile('/etc/passwd')`,
  `SELECT fts3_tokenizer('simple')`,
  `CREATE VIRTUAL TABLE z USING zipfile('${OUT}')`,
  `CREATE VIRTUAL TABLE z USING csv(filename='/etc/passwd')`,
  'UPDATE sqlite_dbpage SET data = zeroblob(4096) WHERE pgno = 1',
]

describe('it can only change itself', () => {
  it.each(ATTACKS)('%s', async (sql) => {
    expect(await say(sql)).toMatch(/can only change itself|The database says: (?!.*syntax)/)
    expect(readdirSync(folder)).toEqual([])
    expect(await rowsOf('SELECT name FROM pragma_database_list')).toEqual([[{ name: 'main' }]])
  })

  it.each([
    ['VACUUM', []],
    ['PRAGMA foreign_keys = ON', []],
    ['PRAGMA user_version', [{ user_version: 0 }]],
    ["SELECT name FROM pragma_table_info('department')", [{ name: 'dept_no' }, { name: 'dept_name' }]],
    ['EXPLAIN QUERY PLAN SELECT 1', [{ id: 1, parent: 0, notused: 0, detail: 'SCAN CONSTANT ROW' }]],
    ['CREATE VIRTUAL TABLE words USING fts5(text)', []],
    ['CREATE TABLE mine (a); DROP TABLE mine', []],
  ])('%s is done', async (sql, rows) => {
    expect((await rowsOf(sql)).at(-1)).toEqual(rows)
  })

  it('even where SQLite would let it through, its process can write no file and has nothing of ours', async () => {
    await rowsOf('SELECT 1')
    const [pid] = childrenOf(process.pid).filter(isSample)
    if (pid === undefined) throw new Error('no process')
    expect(readFileSync(`/proc/${pid}/limits`, 'utf8')).toMatch(/Max file size\s+0\s+0/)
    expect(readFileSync(`/proc/${pid}/environ`, 'utf8').replaceAll(/NODE_CHANNEL_\w+=\S*?\0|PWD=\S*?\0/g, '')).toBe('')
    expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).toContain('--permission')
  })

  it.each([
    ['more memory than it may have', `SELECT group_concat(a.emp_no || b.emp_no) FROM salary a, salary b`],
    ['more pages', `CREATE TABLE big AS SELECT randomblob(8000) AS b FROM salary; INSERT INTO big SELECT b FROM big`],
    ['one value that is too long', 'SELECT randomblob(900000000)'],
  ])('%s is refused', async (_what, sql) => {
    expect(await say(sql)).toMatch(
      /^(?:The database says: (?:out of memory|string or blob too big|database or disk is full)|The demo database took more)/,
    )
  })
})

describe('statements that take long', () => {
  const BURNS = 'WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t'

  it('end with Stop, their process with them, and the next one finds the first data', async () => {
    await rowsOf('CREATE TABLE kept (a)')
    const stop = new AbortController()
    const call = house.call(connection, 'execute_sql', { sql: BURNS }, stop.signal)
    await sleep(300)
    const beside = say('SELECT 2 AS two')
    const [pid] = childrenOf(process.pid).filter(isSample)
    stop.abort()
    expect(await call).toMatchObject({ kind: 'failed' })
    await eventually(() => expect(pid !== undefined && isAlive(pid)).toBe(false), 2_000)
    expect(await beside).toMatch(/"two":2.*first data again/)
    expect(await say('SELECT * FROM kept')).toMatch(/no such table: kept/)
  })

  it('and the process ends with the connection', async () => {
    const own = await house.connected(TARGET)
    const call = house.call(own, 'execute_sql', { sql: BURNS })
    await eventually(() => expect(childrenOf(process.pid).filter(isSample)).toHaveLength(2))
    const before = childrenOf(process.pid).filter(isSample)
    await house.mcp.close(own.id)
    await call
    await eventually(() => expect(before.filter(isAlive)).toHaveLength(1))
  })
})

const isSample = (pid: number): boolean =>
  isAlive(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('sqlite-child')

describe('answers', () => {
  it('say how many rows there were where they are too many', async () => {
    const said = await say(
      'WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t LIMIT 20000) SELECT n FROM t',
    )
    const [{ rows, ...rest }] = JSON.parse(said).statements
    expect(rows).toHaveLength(10_000)
    expect(rest).toMatchObject({ count: 20_000, truncated: true })
  })

  it.each([
    ['numbers that JavaScript would round are texts', 'SELECT 9007199254740993 AS n', [{ n: '9007199254740993' }]],
    ['bytes are a buffer', `SELECT x'01ff' AS b`, [{ b: { type: 'Buffer', data: [1, 255] } }]],
    ['rows that a change returns', 'DELETE FROM title WHERE emp_no = 10002 RETURNING title', [{ title: 'Staff' }]],
  ])('%s', async (_what, sql, rows) => {
    expect(await rowsOf(sql)).toEqual([rows])
  })

  it.each([
    ['a mistake', 'SELECT * FROM nowhere', 'The database says: no such table: nowhere.'],
    [
      'a mistake after a change',
      `DELETE FROM title WHERE emp_no = 10001; SELEC`,
      /near "SELEC": syntax error\. What stands before it was done\.$/,
    ],
    ['a transaction left open', 'BEGIN; DELETE FROM salary', /left open, so it was rolled back/],
  ])('%s', async (_what, sql, words) => {
    expect(await say(sql)).toEqual(typeof words === 'string' ? words : expect.stringMatching(words))
    expect(await rowsOf('SELECT count(*) AS n FROM salary')).toEqual([[{ n: 9_488 }]])
  })
})

describe('what it has', () => {
  const search = async (args: Record<string, string | number>) => {
    const said = textOf(await house.call(connection, 'search_objects', args))
    return said.startsWith('{') ? JSON.parse(said) : said
  }

  it('is listed by type and pattern', async () => {
    const { results } = await search({ object_type: 'table', pattern: 'DEPT_E%', detail_level: 'summary' })
    expect(results).toEqual([{ name: 'dept_emp', schema: 'main', column_count: 4, row_count: 1_103 }])
    const { count, truncated, total } = await search({ object_type: 'column', limit: 3 })
    expect({ count, truncated, total }).toEqual({ count: 3, truncated: true, total: 31 })
    expect((await search({ object_type: 'function' })).results).toEqual([])
    expect(await search({ object_type: 'table', schema: 'public' })).toBe(
      'There is no schema "public". There are main.',
    )
  })

  it('is told in full', async () => {
    const { results } = await search({ object_type: 'table', pattern: 'salary', detail_level: 'full' })
    expect(results[0]).toMatchObject({
      row_count: 9_488,
      columns: [{ name: 'emp_no', type: 'INTEGER', nullable: false }, { name: 'amount' }, {}, {}],
      indexes: [{ columns: ['emp_no', 'from_date'], unique: true, primary: true }],
    })
  })
})

test('nothing was written', () => expect(existsSync(OUT)).toBe(false))
