import { Client } from 'pg'
import { expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { lookOf, type Seat } from '../support/person.ts'
import { says, together, wishes } from '../support/scripted-model.ts'
import { startWorld, type World } from '../support/world.ts'

const write = (name: string) => wishes('filesystem__write_file', { path: name, content: name })
const drop = wishes('demo-database__execute_sql', { sql: 'DELETE FROM employee WHERE emp_no = 10001' })

async function rows(world: World, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: world.databaseUrl })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows
  } finally {
    await client.end()
  }
}

const looksIn = async (seat: Seat, thread: string): Promise<string> =>
  (await seat.messages('dm', thread)).map(lookOf).join('\n')

test.each([
  { button: 'Approve all 3', status: 'approved', said: /You approved: wrote c\.txt/, calls: 3 },
  { button: 'Deny all', status: 'denied', said: /You denied: write c\.txt .*\n?> Only a\.txt/, calls: 0 },
])('the calls of one turn stand on one card: $button', async ({ button, status, said, calls }) => {
  await using world = await startWorld({
    model: [together(write('a.txt'), write('b.txt'), write('c.txt')), says('All told.')],
  })
  const member = world.as('member')
  await member.connect('filesystem')
  const where = await member.dm('write three')
  const card = await member.see(where, /May I do these 3 things\?/)
  const cards = (await member.messages('dm', where.thread)).filter((one) => lookOf(one).includes('"One by one"'))
  expect(cards).toHaveLength(1)
  await member.press(where, card.ts, button)
  if (status === 'denied') await member.sendDenial('Only a.txt')
  await member.see(where, /All told\./)
  const decided = await member.see(where, said)
  // Words that deny all stand once.
  expect(JSON.stringify(decided.blocks).split('Only a.txt')).toHaveLength(status === 'denied' ? 2 : 1)
  expect(await rows(world, 'select status, count(*)::int as many from approvals group by 1')).toEqual([
    { status, many: 3 },
  ])
  expect(await rows(world, "select seq from run_events where type = 'called'")).toHaveLength(calls)
  expect(await looksIn(member, where.thread)).not.toMatch(/"Approve all|"Deny all/)
})

test('who may not decide the list decides nothing of it, and who may decides one by one, at once for what a rule covers', async () => {
  await using world = await startWorld({
    approvers: ['approver'],
    model: [
      together(write('a.txt'), drop, write('b.txt'), write('e.txt')),
      says('All told.'),
      write('c.txt'),
      says('Third.'),
      write('d.txt'),
    ],
  })
  const [member, owner, approver] = [world.as('member'), world.as('owner'), world.as('approver')]
  await member.connect('filesystem')
  await member.connect('demo-database')
  const where = await member.mention('write two, delete one')
  const list = await member.see(where, /"Approve all 3"/)
  const single = await member.see(where, /"Approve"/)
  await owner.press(where, list.ts, 'Approve all 3')
  await owner.see(where, /Only <@UMEMBER1> or <@UAPPROV1> can decide this/)
  await owner.press(where, list.ts, 'One by one')
  expect(await owner.modal()).toBeNull()
  await member.press(where, list.ts, 'One by one')
  await eventually(async () => expect(JSON.stringify(await member.modal())).toMatch(/write a\.txt.*write b\.txt/))
  const [, third] =
    [...JSON.stringify(await member.modal()).matchAll(/"approval_deny","value":"([^"]+)"/g)].at(-1) ?? []
  await member.pressInModal('Deny', third)
  await member.sendDenial('Two are enough')
  await eventually(async () =>
    expect(JSON.stringify(await member.modal())).toMatch(/write a\.txt.*denied: write e\.txt.*Two are enough/),
  )
  const [, first] = /"approval_thread","value":"([^"]+)"/.exec(JSON.stringify(await member.modal())) ?? []
  await member.pressInModal('Allow in this thread', first)
  await eventually(async () =>
    expect(JSON.stringify(await member.modal())).toMatch(
      /in this thread: .*a\.txt.*approved with a new rule: .*b\.txt/,
    ),
  )
  expect(await rows(world, 'select status, risk from approvals order by status desc')).toEqual([
    { status: 'pending', risk: 'destructive' },
    { status: 'denied', risk: 'write' },
    { status: 'approved', risk: 'write' },
    { status: 'approved', risk: 'write' },
  ])
  expect(
    await rows(
      world,
      "select action, audit_named(workspace_id, to_jsonb(actor)) as actor from audit_events where action in ('rule_added', 'approval_approved') order by id",
    ),
  ).toEqual([
    { action: 'rule_added', actor: 'UMEMBER1' },
    { action: 'approval_approved', actor: 'UMEMBER1' },
    { action: 'approval_approved', actor: 'UMEMBER1' },
  ])
  await approver.press(where, single.ts, 'Approve')
  await member.see(where, /All told\./)
  await member.see(where, /<@UAPPROV1> approved: `DELETE FROM employee WHERE emp_no = 10001` .* · Done: 1 row deleted/)
  // The rule holds in its thread, and nowhere else.
  await member.mention('write c', 'general', where.thread)
  await member.see(where, /Third\./)
  const other = await member.mention('write d')
  await member.see(other, /"Approve"/)
  await member.command('rules')
  await eventually(async () => {
    const looks = (await member.messages('dm')).map(lookOf).join('\n')
    expect(looks).toMatch(/Allow write_file of filesystem, with path in the top folder, in one thread in <#CGENERAL1>/)
  })
})

test('a rule made on one card settles what waits in other threads', async () => {
  await using world = await startWorld({ model: [write('a.txt'), write('b.txt')] })
  const member = world.as('member')
  await member.connect('filesystem')
  const first = await member.dm('write a')
  await member.see(first, /"Approve"/)
  const second = await member.dm('write b')
  await member.see(second, /"Approve"/)
  world.model.script(says('Done.'), says('Done.'))
  await member.decide(first, 'Always allow')
  await member.see(first, /You approved, and always from now on: wrote a\.txt/)
  await member.see(second, /You approved with a new rule: wrote b\.txt/)
  await member.see(second, /Done\./)
})
