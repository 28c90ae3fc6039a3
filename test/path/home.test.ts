import { Client } from 'pg'
import { expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import type { Seat } from '../support/person.ts'
import { says, wishes } from '../support/scripted-model.ts'
import { startWorld, type World } from '../support/world.ts'

const drop = wishes('demo-database__execute_sql', { sql: 'DELETE FROM employee WHERE emp_no = 10001' })
const write = wishes('filesystem__write_file', { path: 'a.txt', content: 'a' })

async function rows(world: World, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: world.databaseUrl })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows
  } finally {
    await client.end()
  }
}

const seesAtHome = (person: Seat, ...what: RegExp[]): Promise<string> =>
  eventually(async () => {
    const home = JSON.stringify(await person.home())
    for (const one of what) expect(home).toMatch(one)
    return home
  })

test('a newcomer’s Home tab says where to begin', async () => {
  await using world = await startWorld()
  const seat = world.as('member')
  const home = await seesAtHome(
    seat,
    /None yet/,
    /Connect a tool/,
    /Connect the demo database/,
    /Nothing yet this month/,
  )
  expect(home).not.toContain('Workspace settings')
})

test('an approval is found behind any number of others’', async () => {
  await using world = await startWorld({ model: [write] })
  const [member, approver] = [world.as('member'), world.as('approver')]
  await member.connect('filesystem')
  await member.see(await member.dm('write a.txt'), /"Approve"/)
  await rows(
    world,
    `insert into approvals (id, run_id, call_id, workspace_id, requester, approvers, risk, hash, expires_at, created_at)
     select 'older-approval-of-others-' || n, run_id, call_id, workspace_id, 'UOWNER01', '[]', 'write', hash, expires_at,
       created_at - interval '1 hour'
     from approvals, generate_series(1, 50) n`,
  )
  await seesAtHome(member, /1 approval waiting for you/)
  expect(JSON.stringify(await approver.home())).not.toContain('waiting for you')
})

test('an approval is decided in Home, and the request and its cost are found there afterwards', async () => {
  await using world = await startWorld({ approvers: ['approver'], model: [drop, says('Gone.')] })
  const [member, approver] = [world.as('member'), world.as('approver')]
  await member.connect('demo-database')
  const where = await member.mention('delete number 10001', 'ops')
  await seesAtHome(approver, /1 approval waiting for you/, /DELETE FROM employee/, /approval_approve/)
  await seesAtHome(member, /waiting for approval/)
  await approver.pressInHome('Approve')
  await member.see(where, /Gone\./)
  const home = await seesAtHome(member, /delete number 10001\*? done/, /\*Steps\*/, /execute_sql \(demo-database\): 1/)
  expect(home, 'a chart of one day compares nothing').not.toMatch(/█/)
  expect(home).toMatch(/\|Open thread>/)
  expect(home).toMatch(/\*Requests\*\\n1/)
  await eventually(async () => expect(JSON.stringify(await approver.home())).not.toContain('waiting for you'))
  expect(JSON.stringify(await approver.home())).toContain('Nothing yet this month')
})

test('an always-allow rule is taken back in Home', async () => {
  await using world = await startWorld({ model: [write, says('Written.')] })
  const member = world.as('member')
  await member.connect('filesystem')
  await member.decide(await member.dm('write a.txt'), 'Always allow')
  await seesAtHome(member, /Always allow write_file of filesystem/)
  await member.pressInHome('Revoke')
  await eventually(async () => expect(JSON.stringify(await member.home())).toContain('"None. _Always allow_'))
  expect(await rows(world, 'select * from rules')).toEqual([])
})

/** The message to that person alone that says it. */
async function toldIn(person: Seat, what: RegExp): Promise<string> {
  return eventually(async () => {
    const found = (await person.messages('dm')).find((one) => what.test(JSON.stringify(one)))
    if (found === undefined) throw new Error(`nothing says ${what}`)
    return found.ts
  })
}

test('owners change the workspace’s settings in Home; nobody else can', async () => {
  await using world = await startWorld({ approvers: ['approver'] })
  const [owner, member] = [world.as('owner'), world.as('member')]
  await seesAtHome(owner, /Workspace settings/, /setting_approvers/)
  await member.command('connect demo-database')
  await eventually(async () => expect(JSON.stringify(await member.modal())).toContain('demo-database'))
  await owner.pressInHome('setting_approvers', 'member')
  await owner.pressInHome('setting_channel', 'ops')
  await owner.pressInHome('setting_cards', 'Files')
  await owner.pressInHome('setting_budget')
  await eventually(async () => expect(await owner.modal()).not.toBeNull())
  expect(JSON.stringify(await owner.submit({ budget: '1,000' }))).toContain('1000 or 1.000')
  await owner.submit({ budget: '12,50' })
  await eventually(async () =>
    expect(await rows(world, 'select settings from workspaces')).toEqual([
      {
        settings: { approvers: ['UMEMBER1'], approvals_channel: 'COPS00001', cards: ['filesystem'], budget_usd: 12.5 },
      },
    ]),
  )
  await seesAtHome(owner, /Monthly budget: \$12\.50/, /Ask in threads again/)
  await owner.pressInHome('setting_channel', 'ops')
  const announced = (await member.messages('ops')).filter(({ text }) =>
    text.includes('chose this channel for approvals'),
  )
  expect(announced, 'said once, however often it is chosen').toHaveLength(1)
  await eventually(async () => {
    const home = JSON.stringify(await member.home())
    expect(home).toContain('Connect a tool')
    expect(home, 'is not allowed').not.toContain('Connect the demo database')
  })
  await expect(member.pressInHome('setting_cards', 'Memory')).rejects.toThrow(/no \\?"setting_cards/)

  expect(JSON.stringify(await member.submit())).toContain('may not be connected')
  await member.close()
  await member.command('connect demo-database')
  await eventually(async () => expect(JSON.stringify(await member.messages('dm'))).toMatch(/Ask an owner to/))
  expect(JSON.stringify(await member.messages('dm'))).not.toContain('Allow Demo')
  await member.command('connect')
  await eventually(async () => {
    const form = JSON.stringify(await member.modal())
    expect(form).toContain('Files')
    expect(form).not.toContain('Demo')
  })
  await owner.command('connect demo-database')
  await owner.press({ channel: 'dm' }, await toldIn(owner, /"Allow Demo database"/), 'Allow Demo database')
  await owner.press({ channel: 'dm' }, await toldIn(owner, /may connect Demo database now/), 'Connect it')
  await eventually(async () => expect(JSON.stringify(await owner.modal())).toContain('Demo'))
  await owner.close()
  await owner.pressInHome('Ask in threads again')
  await owner.pressInHome('setting_cards', '')
  await eventually(async () =>
    expect(await rows(world, 'select settings from workspaces')).toEqual([
      { settings: { approvers: ['UMEMBER1'], budget_usd: 12.5 } },
    ]),
  )
  expect(await rows(world, "select count(*)::int as n from audit_events where action = 'settings_changed'")).toEqual([
    { n: 6 },
  ])
})

test('over budget nothing begins, and the owner sees why', async () => {
  await using world = await startWorld({ model: [says('One.'), says('Two.')] })
  const [owner, member] = [world.as('owner'), world.as('member')]
  const first = await member.dm('one')
  await member.see(first, /One\./)
  await rows(world, `update workspaces set settings = '{"budget_usd": 0.000001}'`)
  await rows(world, 'update runs set cost_usd = 1')
  const where = await member.dm('two')
  await member.see(where, /used up its budget for .* An owner can raise it/)
  expect(world.model.left()).toBe(1)
  await seesAtHome(owner, /This month's budget is used up/)
  await seesAtHome(member, /two\*? failed: This workspace has used up its budget/)
  await rows(world, `update workspaces set settings = '{"budget_usd": 5}'`)
  const again = (await member.messages('dm', where.thread)).at(-1)
  await member.press({ channel: 'dm' }, again?.ts ?? '', 'Try again')
  await member.see(where, /Two\./)
})

test('what was denied, or came to nothing, is not called done; the same is told by /mcp usage', async () => {
  await using world = await startWorld({
    approvers: ['approver'],
    model: [
      drop,
      says('It was denied.'),
      says('Four.'),
      wishes('demo-database__execute_sql', { sql: 'select nope' }),
      says('No.'),
    ],
  })
  const [member, approver] = [world.as('member'), world.as('approver')]
  await member.connect('demo-database')
  const denied = await member.dm('delete number 10001')
  await seesAtHome(approver, /1 approval waiting for you/)
  await approver.pressInHome('Deny')
  await approver.sendDenial()
  await member.see(denied, /denied/)
  await member.see(await member.dm('two and two?'), /Four\./)
  await member.see(await member.dm('try that'), /No\./)
  const told = [/delete number 10001\* denied/, /two and two\?\* answered/, /try that\* nothing done/, /\|Open thread>/]
  await seesAtHome(member, ...told)
  await member.command('usage')
  await eventually(async () => {
    const messages = JSON.stringify(await member.messages('dm'))
    for (const one of [/Your usage in/, ...told]) expect(messages).toMatch(one)
  })
})

test('a sentence after /mcp can be asked as a question, also one that begins like a command', async () => {
  await using world = await startWorld({ model: [says('Many things.')] })
  const member = world.as('member')
  const heard = (what: RegExp) =>
    eventually(async () => {
      const found = (await member.messages('dm')).find((one) => what.test(JSON.stringify(one)))
      if (found === undefined) throw new Error(`nothing like ${what}`)
      return found
    })
  await member.command('list all my connections')
  await heard(/You have no tools connected yet/)
  await member.command('list my files')
  await heard(/list my files.{0,9} I can answer it as a question.*Yes, list/)
  await member.command('list my tools')
  await heard(/Yes, tools/)
  await member.command('what can you do for me')
  const message = await heard(/no command .{0,9}what can you do/)
  await member.press({ channel: 'dm' }, message.ts, 'Ask it')
  await eventually(async () => expect(JSON.stringify(await member.messages('dm'))).toContain('You asked:'))
  const asked = (await member.messages('dm')).find((one) => JSON.stringify(one).includes('You asked:'))
  await member.see({ channel: 'dm', thread: asked?.ts ?? '' }, /Many things\./)
  expect(JSON.stringify(world.model.requests.at(-1)?.messages)).toContain('what can you do for me')
})
