import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { OfferedTool } from '../../../src/model/turn.ts'
import { type Servers, startConversation, startServers } from './conversations.ts'

let servers: Servers
beforeAll(async () => {
  servers = await startServers(['demo-database', 'filesystem'])
})
afterAll(() => servers[Symbol.asyncDispose]())

/** It asks no database and no folder, says so, and offers what it can do. */
const REFUSED = 'refused'

/** What people type in their first minutes, and what has to be in the answer. */
const SENTENCES: [asked: string, answer: RegExp | typeof REFUSED][] = [
  ['Hi', /Hello! These are the tools/],
  ['What can I ask?', /These are the tools/],
  ['How does this work?', /These are the tools/],
  ['Give me an example', /These are the tools/],
  ['What data do you have?', /There are 8 tables/],
  ["What's in the demo database?", /There are 8 tables/],
  ['employees', /The first 10 rows \(there may be more\)/],
  ['and the departments?', /\| Finance \|/],
  ['Can you show me the departments?', /\| Sales \|/],
  ['I want to see all the employees', /^1,000 rows[\s\S]*\| emp_no \|/],
  ['Show me 200 employees', /^200 rows/],
  ['Show me all salaries', /^The first 2,000 rows \(there may be more\)/],
  ['Tell me about employee 10001', /\| 10001 \|/],
  ['Is there a department called Sales?', /\| Sales \|/],
  ["What's the lowest salary?", /The answer is \*\*[\d,]+\*\*/],
  ['What are the top 3 salaries?', /^3 rows\. In them `amount` runs from [\d,]+ to 136,004\./],
  ['What is the total of all salaries?', /The answer is \*\*[\d,]+\*\*/],
  ['What can you do?', /These are the tools/],
  ['Who are you?', /These are the tools[\s\S]*Offline model/],
  ['Thank you!', /You are welcome!/],
  ['thanks a lot', /You are welcome!/],
  ['Great, that helps', /You are welcome!/],
  ['Which tools could I connect, and how?', /Connect a tool/],
  ['How many employees are there?', /There are \*\*1,000\*\* employees/],
  ['How many employees do we have?', /\*\*1,000\*\*/],
  ['count the employees', /1,000/],
  ['Which tables are there?', /`employee`/],
  ['show me the tables', /`department`/],
  ['Which departments are there?', /\| Finance \|/],
  ['List the departments', /\| Sales \|/],
  ['Show me the first 5 employees', /5 rows[\s\S]*\| emp_no \|/],
  ['show 2 salaries', /2 rows/],
  ['What columns does employee have?', /`hire_date`/],
  ['Show employee 10001', /\| 10001 \|/],
  ['How many departments are there?', /\*\*9\*\* departments/],
  ['What is the average salary?', /The answer is \*\*[\d,.]+\*\*/],
  ['What is the highest salary?', /The answer is \*\*[\d,.]+\*\*/],
  ['Thanks! Now list my files', /Your folder is empty|item/],
  ['Great, list my files', /Your folder is empty|item/],
  ['Which employee has the highest salary?', REFUSED],
  ['average salary by department', REFUSED],
  ['Who is the manager of Development?', REFUSED],
  ['Who earns more than 100000?', REFUSED],
  ['Show me employees hired in 1990', REFUSED],
  ['How many employees per department?', REFUSED],
  ['Which department is the largest?', REFUSED],
  ['Show all women', REFUSED],
  ['Who was hired last?', REFUSED],
  ['Give Bob a raise', REFUSED],
  ['Delete everything', REFUSED],
  ['Remove all salaries', REFUSED],
  ['Show employees and their departments', REFUSED],
  ['Make a chart of salaries', REFUSED],
  ['Send this to #general', REFUSED],
  ['What is the weather today?', REFUSED],
  ['Compare Sales with Marketing', REFUSED],
  ['Show me the oldest employee', REFUSED],
  ['Which employees have no department?', REFUSED],
  ['Sort the employees by name', REFUSED],
  ['What is the salary of employee 10001?', REFUSED],
  ['How many women and men work here?', REFUSED],
  ['Rename department Sales to Selling', REFUSED],
  ['Drop the employee table', REFUSED],
  ['Tell me a joke', REFUSED],
  ['Wie viele Mitarbeiter gibt es?', REFUSED],
]

test.each(SENTENCES)('%s', async (asked, answer) => {
  const talk = startConversation(servers)
  const text = await talk.say(asked)
  expect(text).toContain('_Offline model')
  if (answer !== REFUSED) {
    expect(text).toMatch(answer)
    return
  }
  expect(talk.used().filter((name) => !name.endsWith('search_objects'))).toEqual([])
  expect(text).toMatch(/cannot|can only|only by|do not (?:see|know)|did not understand/)
  expect(text.match(/^- .+$/gm)?.length ?? 0).toBeGreaterThanOrEqual(3)
})

test('after a delete it says how many rows are gone and how many are left', async () => {
  const talk = startConversation(servers, ['demo-database'])
  expect(await talk.say('Delete employee 10001')).toMatch(
    /^Deleted 1 row; 999 employees are left\.\n\n`DELETE FROM employee/,
  )
  expect(await talk.say('Delete employee 10001')).toMatch(
    /^Nothing was deleted: there is no such row; 999 employees are left\./,
  )
  expect(await talk.say('Delete employees 10002, 10003 and 10004')).toMatch(
    /^Deleted 3 rows; 996 employees are left\.\n\n`DELETE FROM employee.* = 10002`\n`DELETE .* = 10003`\n`DELETE .* = 10004`/,
  )
})

test('with a table that the app shows it says in a sentence what is in it, and it writes out what the app does not show', async () => {
  const rows = [
    { id: 1, hired: '2020-01-02' },
    { id: 2, hired: '2019-05-06' },
  ]
  const result = `${JSON.stringify({ rows })}\n[Shown below your answer as a table of 2 rows, unless a later call gives rows.]`
  const talk = startConversation(servers, ['demo-database'], { result })
  const said = '2 rows, as a table below\\. In them `hired` runs from 2019-05-06 to 2020-01-02\\.'
  expect(await talk.say('select * from people')).toMatch(new RegExp(`^${said}`))
  expect(await talk.say('run `select * from people` and then run `select * from other`')).toMatch(
    new RegExp(`^2 rows\\. In them[\\s\\S]*\\| 2 \\|[\\s\\S]*people[\\s\\S]*${said}[\\s\\S]*other`),
  )
})

test.each([
  ['[{"a":1,"b":null},{"a":2,"b":"x|y"}]', /\| 1 \| NULL \|\n\| 2 \| x\\\|y \|/],
  ['{"rows":[{"a":1},{"a":2}]}', /2 rows/],
  [
    'The first 2 of 900 rows; the first line names the columns:\n["a","b"]\n[1,"x"]\n[2,null]',
    /^900 rows:[\s\S]*\| 2 \| NULL \|\n\nand 898 more rows/,
  ],
  ['{"success":true,"data":{"statements":[{"sql":"s","rows":[],"count":0}]}}', /There are no such rows/],
])('rows in whatever form they come: %s', async (result, answer) => {
  const talk = startConversation(servers, ['demo-database'], { result })
  expect(await talk.say('select * from things')).toMatch(answer)
})

test('after a denial it says what else can be asked, as its rules do not understand the words of it', async () => {
  const talk = startConversation(servers, ['demo-database'], { deny: 'Count them first' })
  const text = await talk.say('Delete employee 10001')
  expect(text).toMatch(/^That was denied with the words "Count them first", so I did not use/)
  expect(text).toMatch(/You could ask me:\n- How many rows are in "employee"\?/)
})

test('what a statement changed is told where the database says it', async () => {
  const talk = startConversation(servers, ['demo-database'], { result: 'Done: 3 rows changed.' })
  expect(await talk.say('`update things set a = 1`')).toMatch(/^3 rows changed\./)
})

describe('a database that lists its tables in its own way', () => {
  const object = { type: 'object' as const, properties: {} }
  const [table, text] = [{ table: { type: 'string' } }, { type: 'string' }]
  const tool = (name: string, properties: Record<string, { type: string }>) => ({
    name: `supabase__${name}`,
    description: name,
    schema: { ...object, properties, required: Object.keys(properties).slice(0, 1) },
  })
  const list = { name: 'supabase__list_tables', description: 'Tables', schema: object }
  const columns = { name: 'supabase__get_schema', description: 'Columns', schema: { ...object, properties: table } }
  const sql = tool('execute_sql', { query: text })
  const rows = ['select_rows', 'delete_data'].map((name) => tool(name, { ...table, filters: { type: 'array' } }))
  const asked = async (request: string, tools: OfferedTool[]) => {
    const result = '{"rows":[{"name":"users","object_type":"table","columns":"id, email"}]}'
    const talk = startConversation(servers, [], { tools, result })
    const answer = await talk.say(request)
    return { answer, used: talk.used(), input: talk.calls().at(-1)?.input }
  }

  test('is asked in SQL', async () => {
    const { used, input } = await asked('Show me all users from my database', [list, columns, sql, ...rows])
    expect(used).toEqual(['supabase__list_tables', 'supabase__execute_sql'])
    expect(input).toEqual({ query: 'SELECT * FROM users LIMIT 2000' })
  })

  test('without SQL is asked for rows, and refuses what takes SQL', async () => {
    const tools = [list, columns, ...rows]
    const all = await asked('Show me all users from my database', tools)
    expect(all.used).toEqual(['supabase__list_tables', 'supabase__select_rows'])
    expect(all.input).toEqual({ table: 'users', filters: [], limit: 500 })
    expect(all.answer).not.toContain('SELECT')
    const count = await asked('How many users are there?', tools)
    expect(count.used).toEqual(['supabase__list_tables'])
    expect(count.answer).toMatch(/That takes SQL, and \*\*supabase\*\* has no tool for SQL yet/)
  })
})
