import { expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { lookOf } from '../support/person.ts'
import { says, together, wishes } from '../support/scripted-model.ts'
import { startWorld } from '../support/world.ts'

const asks = (sql: string) => wishes('demo-database__execute_sql', { sql })

test('the answer stands first, its rows are a table, and all of them are in a file of their name', async () => {
  await using world = await startWorld({
    model: [
      together(says('I will look into <!channel>.'), asks('SELECT count(*) FROM employee')),
      asks('SELECT * FROM department'),
      together(says('Now all of them.'), asks('SELECT * FROM employee')),
      says('There are 1,000 employees: see [good.example](https://evil.example/list).'),
    ],
  })
  const member = world.as('member')
  await member.connect('demo-database')
  const where = await member.dm('show me all employees')
  const answer = await member.see(where, /1,000 employees[\s\S]*run_feedback/, 60_000)
  expect(answer.blocks?.map(({ type }) => type)).toEqual(['markdown', 'task_card', 'actions'])
  expect(answer.blocks?.[0]?.text).toBe(
    'There are 1,000 employees: see [good.example](https://evil.example/list) (evil.example).',
  )
  expect(answer.blocks?.[1]).toMatchObject({ title: 'Used demo-database · 3 steps', status: 'complete' })
  expect(lookOf(answer)).toMatch(/Executed SQL: sql: .*count\(\*\): 1000.*Executed SQL: sql: .*1,000 rows/)
  expect(lookOf(answer)).not.toMatch(/sqlite|I will look|Now all/)
  await member.see(where, /employee: the first 100 of 1,000 rows; the whole table is in employee\.csv/)
  await member.see(where, /file employee\.csv/)
  const told = JSON.stringify(world.model.requests.at(-1)?.messages)
  expect(told).toContain('(1000 rows, see below)')
  expect(told).toContain('[10001,\\"1953-09-02\\",\\"Georgi\\",\\"Facello\\",\\"M\\",\\"1986-06-26\\"]')
  await eventually(async () => {
    const files = (await member.messages(where.channel, where.thread)).flatMap((one) => one.files ?? [])
    expect(files.map(({ name }) => name)).toEqual(['employee.csv'])
  })
  const looks = (await member.messages(where.channel, where.thread)).map(lookOf)
  expect(looks.filter((look) => look.includes('"data_table"'))).toHaveLength(1)
  await member.press(where, answer.ts, 'Details')
  await eventually(async () => expect(JSON.stringify(await member.modal())).toMatch(/dept_no {2}dept_name\\nd001/))
})

test('what was said before an approval goes when the answer stands below it', async () => {
  await using world = await startWorld({
    model: [
      together(says('She works in Development.'), asks('DELETE FROM employee WHERE emp_no = 10001')),
      says('She is gone.'),
    ],
  })
  const member = world.as('member')
  await member.connect('demo-database')
  const where = await member.dm('delete employee 10001')
  await member.see(where, /She works in Development\./)
  await member.decide(where, 'Approve')
  const answer = await member.see(where, /She is gone\.[\s\S]*run_feedback/, 60_000)
  expect(lookOf(answer)).toMatch(/1 row deleted/)
  await eventually(async () => {
    const all = await member.messages(where.channel, where.thread)
    expect(all.map(lookOf).join('\n')).not.toContain('She works in Development.')
  })
})
