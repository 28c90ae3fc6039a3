import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { lookOf } from '../support/person.ts'
import { says, together, wishes } from '../support/scripted-model.ts'
import { startWorld, type World } from '../support/world.ts'

async function rows(world: World, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: world.databaseUrl })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows
  } finally {
    await client.end()
  }
}

const filesIn = (world: World): string[] => globSync('**/*', { cwd: join(world.dataDir, 'files') })
const contentOf = (world: World, name: string): string | undefined => {
  const found = globSync(`**/${name}`, { cwd: join(world.dataDir, 'files') })[0]
  return found === undefined ? undefined : readFileSync(join(world.dataDir, 'files', found), 'utf8')
}

test.each(['http', 'socket'] as const)('connect, ask, approve, answer (%s)', async (mode) => {
  await using world = await startWorld({
    mode,
    model: [
      wishes('filesystem__write_file', { path: 'hello.txt', content: 'Hello from Patchbay' }),
      says('I wrote **hello.txt**.'),
    ],
  })
  const member = world.as('member')
  await member.connect('filesystem')
  const where = await member.mention('write hello.txt please')
  const card = await member.see(where, /Approve/)
  expect(lookOf(card)).toContain('Hello from Patchbay')
  expect(contentOf(world, 'hello.txt'), 'nothing is written before somebody approves').toBeUndefined()
  await member.press(where, card.ts, 'Approve')
  await member.see(where, /I wrote \*\*hello\.txt\*\*/)
  expect(contentOf(world, 'hello.txt')).toBe('Hello from Patchbay')
  const after = (await member.messages(where.channel, where.thread)).find((one) => one.ts === card.ts)
  expect(after && lookOf(after)).toMatch(/approved:/)
  expect(after && lookOf(after)).not.toMatch(/"Approve"/)
})

test('a read goes ahead without asking, and follow-ups in the thread know what was said', async () => {
  await using world = await startWorld({
    model: [
      wishes('filesystem__list_directory', { path: '.' }),
      says('The folder is empty.'),
      says('As I said: empty.'),
    ],
  })
  const member = world.as('member')
  await member.connect('filesystem')
  const where = await member.mention('what is in my folder?')
  await member.see(where, /The folder is empty/)
  expect((await member.messages(where.channel, where.thread)).map(lookOf).join()).not.toMatch(/"Approve"/)
  await member.say(where.channel, 'say it again', where.thread)
  await member.see(where, /As I said/)
  const last = world.model.requests.at(-1)
  expect(JSON.stringify(last?.messages)).toContain('The folder is empty.')
  expect(JSON.stringify(last?.messages)).toContain('what is in my folder?')
})

test('a denied call is not made, and the model is told', async () => {
  await using world = await startWorld({
    model: [wishes('filesystem__write_file', { path: 'no.txt', content: 'x' }), says('Then I leave it.')],
  })
  const member = world.as('member')
  await member.connect('filesystem')
  const where = await member.dm('write no.txt')
  await member.decide(where, 'Deny')
  await member.see(where, /Then I leave it/)
  expect(contentOf(world, 'no.txt')).toBeUndefined()
  expect(JSON.stringify(world.model.requests.at(-1)?.messages)).toMatch(/Not done/)
})

test('edited arguments are checked, and are what is called', async () => {
  await using world = await startWorld({
    model: [wishes('filesystem__write_file', { path: 'draft.txt', content: 'first' }), says('Saved.')],
  })
  const member = world.as('member')
  await member.connect('filesystem')
  const where = await member.dm('write draft.txt')
  const card = await member.see(where, /"Edit"/)
  await member.press(where, card.ts, 'Edit')
  await eventually(async () => expect(JSON.stringify(await member.modal())).toContain('draft.txt'))
  await member.submit({ content: 'second' })
  await member.see(where, /Saved\./)
  expect(contentOf(world, 'draft.txt')).toBe('second')
  const [audited] = await rows(
    world,
    `select a.details ->> 'hash' as hash, a.details ->> 'asked_hash' as asked, j.body ->> 'hash' as judged, e.body ->> 'hash' as edited
     from audit_events a, run_events j, run_events e
     where a.action = 'approval_approved' and j.type = 'judged' and e.type = 'answered'`,
  )
  expect(audited, 'the audit names the call that went out').toMatchObject({
    hash: audited?.edited,
    asked: audited?.judged,
  })
  expect(JSON.stringify(world.model.requests.at(-1)?.messages)).toContain('changed the arguments')
})

test('"Always allow" holds from then on, and can be taken back', async () => {
  const write = (name: string) => wishes('filesystem__write_file', { path: name, content: 'x' })
  await using world = await startWorld({
    model: [write('one.txt'), says('One.'), write('two.txt'), says('Two.'), write('one.txt'), says('Three.')],
  })
  const member = world.as('member')
  await member.connect('filesystem')
  const first = await member.dm('one')
  expect(lookOf(await member.decide(first, 'Always allow'))).not.toContain('There is a file of that name')
  await member.see(first, /One\./)
  const rulesAudited = `select audit_named(workspace_id, to_jsonb(actor)) as actor, details ->> 'tool' as tool, details ->> 'verdict' as verdict from audit_events where action = 'rule_added'`
  expect(await rows(world, rulesAudited)).toEqual([{ actor: 'UMEMBER1', tool: 'write_file', verdict: 'allow' }])
  const second = await member.dm('two')
  await member.see(second, /Two\./)
  expect((await member.messages('dm', second.thread)).map(lookOf).join()).not.toMatch(/"Approve"/)
  const listOfRules = async () => {
    await member.command('rules')
    return eventually(async () => {
      const last = (await member.messages('dm')).filter((one) => one.ephemeral).at(-1)
      if (!last) throw new Error('no answer to /mcp rules')
      return last
    })
  }
  const rules = await listOfRules()
  expect(lookOf(rules)).toMatch(/Revoke/)
  await member.press({ channel: 'dm' }, rules.ts, 'Revoke')
  await eventually(async () => expect(lookOf(await listOfRules())).not.toMatch(/Revoke/))
  const third = await member.dm('three')
  await member.see(third, /There is a file of that name\. This replaces what is in it\.[\s\S]*"Approve"/)
  await member.decide(third, 'Approve')
  await member.see(third, /Three\./)
})

test('several tools in one turn, one of them waiting', async () => {
  await using world = await startWorld({
    model: [
      together(
        wishes('everything__echo', { message: 'hi' }),
        wishes('filesystem__write_file', { path: 'a.txt', content: 'a' }),
      ),
      says('Both done.'),
    ],
  })
  const member = world.as('member')
  await member.connect('everything')
  await member.connect('filesystem')
  const where = await member.dm('do both')
  await member.decide(where, 'Approve')
  await member.see(where, /Both done/)
  const results = JSON.stringify(world.model.requests.at(-1)?.messages)
  expect(results).toContain('Echo: hi')
  expect(filesIn(world).some((file) => file.endsWith('a.txt'))).toBe(true)
})

test('a query on the demo database reads without asking; a change asks', async () => {
  await using world = await startWorld({
    model: [
      wishes('demo-database__execute_sql', { sql: 'SELECT count(*) AS n FROM employee' }),
      says('Counted.'),
      wishes('demo-database__execute_sql', { sql: "UPDATE employee SET last_name = 'X' WHERE emp_no = 1" }),
      says('Left as it was.'),
    ],
  })
  const member = world.as('member')
  await member.connect('demo-database')
  const first = await member.dm('how many employees?')
  await member.see(first, /Counted\./)
  const second = await member.dm('rename number one')
  await member.decide(second, 'Deny')
  await member.see(second, /Left as it was/)
})

test('long results come as a file, long answers as several messages, and nothing is cut', async () => {
  const long = Array.from({ length: 900 }, (_, at) => `Paragraph number ${at} with some words to fill the line.`).join(
    '\n\n',
  )
  await using world = await startWorld({
    model: [
      wishes('filesystem__write_file', { path: 'big.txt', content: long }),
      wishes('filesystem__read_text_file', { path: 'big.txt' }),
      says(long),
    ],
  })
  const member = world.as('member')
  await member.connect('filesystem')
  const where = await member.dm('write and read big.txt')
  await member.decide(where, 'Approve')
  await member.see(where, /number 899/, 30_000)
  const messages = await eventually(async () => {
    const all = await member.messages('dm', where.thread)
    expect(all.some((one) => one.files?.some((file) => file.name === 'big.txt'))).toBe(true)
    expect(all.some((one) => one.streaming)).toBe(false)
    return all
  })
  const text = messages.map(lookOf).join('\n')
  for (const number of [0, 250, 500, 899]) expect(text).toContain(`number ${number} with`)
  expect(JSON.stringify(world.model.requests.at(-1)).length).toBeLessThan(3 * long.length)
})

test('the state of the app lies in its folder', async () => {
  await using world = await startWorld()
  await world.as('member').connect('filesystem')
  expect(existsSync(join(world.dataDir, 'files'))).toBe(true)
})
