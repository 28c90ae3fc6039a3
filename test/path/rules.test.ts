import { Client } from 'pg'
import { expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { lookOf, type Seat } from '../support/person.ts'
import { says, together, wishes } from '../support/scripted-model.ts'
import { startWorld, type World } from '../support/world.ts'

const runs = (sql: string) => wishes('demo-database__execute_sql', { sql })
const insert = (id: string) => runs(`INSERT INTO department (dept_no, dept_name) VALUES ('${id}', 'Team ${id}')`)

const seesAtHome = (person: Seat, what: RegExp): Promise<void> =>
  eventually(async () => expect(JSON.stringify(await person.home())).toMatch(what))

async function auditOf(world: World, action: string): Promise<unknown[]> {
  const client = new Client({ connectionString: world.databaseUrl })
  await client.connect()
  try {
    const sql = `select audit_named(workspace_id, to_jsonb(actor)) as actor, audit_named(workspace_id, details) as details
      from audit_events where action = $1 order by id`
    return (await client.query(sql, [action])).rows
  } finally {
    await client.end()
  }
}

test('"Always allow" opens what its card showed and nothing else', { timeout: 180_000 }, async () => {
  await using world = await startWorld({
    model: [
      insert('x1'),
      says('First.'),
      insert('x2'),
      says('Second.'),
      insert('x3'),
      runs("UPDATE department SET dept_name = 'PWNED' WHERE dept_no = 'x1'"),
      runs("REPLACE INTO department SELECT 'x1', 'PWNED'"),
      runs('PRAGMA writable_schema=1'),
    ],
  })
  const member = world.as('member')
  await member.connect('demo-database')
  const first = await member.dm('add a team')
  const card = await member.see(first, /"Always allow"/)
  expect(lookOf(card)).toContain(
    'Always allow inserting rows into department in demo-database, in our direct messages?',
  )
  await member.press(first, card.ts, 'Always allow')
  await member.see(first, /First\./)
  const second = await member.dm('and another')
  await member.see(second, /Second\./)
  expect((await member.messages('dm', second.thread)).map(lookOf).join()).not.toMatch(/"Approve"/)
  await member.see(await member.mention('add one here'), /"Approve"/)
  for (const words of ['change one', 'replace one', 'open the schema'])
    await member.see(await member.dm(words), /"Approve"/)
  await member.command('rules')
  await eventually(async () =>
    expect((await member.messages('dm')).map(lookOf).join('\n')).toMatch(
      /Always allow inserting rows into department in demo-database, in our direct messages/,
    ),
  )
})

test('an owner forbids, lets somebody else approve, and limits who connects', { timeout: 240_000 }, async () => {
  const write = (name: string) => wishes('filesystem__write_file', { path: name, content: 'x' })
  await using world = await startWorld({
    approvers: ['approver'],
    model: [
      ...[write('a.txt'), says('Not done.'), write('b.txt'), says('Done.'), write('c.txt'), says('Both said yes.')],
      ...[together(write('d.txt'), write('e.txt')), says('All written.'), write('f.txt'), says('The group agreed.')],
    ],
  })
  const [member, owner, approver] = [world.as('member'), world.as('owner'), world.as('approver')]
  await member.connect('filesystem')
  await seesAtHome(owner, /"Add a rule"/)
  expect(JSON.stringify(await member.home())).not.toContain('Add a rule')
  const addRule = async (values: Record<string, string>) => {
    await owner.pressInHome('Add a rule')
    await eventually(async () => expect(await owner.modal()).toMatchObject({ callback_id: 'rule_new' }))
    await owner.submit(values)
    await eventually(async () => expect(JSON.stringify(await owner.modal())).toContain('It counts from now on'))
    await owner.close()
  }
  await addRule({ rule: 'deny', calls: 'write', card: 'filesystem' })
  const forbidden = await member.dm('write a')
  await member.see(forbidden, /Not done\./)
  expect(JSON.stringify(world.model.requests.at(-1)?.messages)).toContain('A workspace rule forbids it')
  await seesAtHome(owner, /Forbidden:\* what changes or destroys something with \*Files/)
  await owner.pressInHome('Remove')
  await seesAtHome(owner, /None yet\. A rule can/)

  await addRule({ rule: 'four_eyes', calls: 'write' })
  const asked = await member.mention('write b')
  const card = await member.see(asked, /"Approve"/)
  await member.press(asked, card.ts, 'Approve')
  await member.see(asked, /Only <@UAPPROV1> can decide this/)
  await approver.press(asked, card.ts, 'Approve')
  await member.see(asked, /Done\./)
  await owner.pressInHome('Remove')

  await owner.pressInHome('Add a rule')
  await eventually(async () => expect(await owner.modal()).toMatchObject({ callback_id: 'rule_new' }))
  const refused = await owner.submit({ rule: 'ask', approvals: '2' })
  expect(JSON.stringify(refused)).toContain('Only 1 approver could approve')
  await owner.close()
  await owner.command('approvers @approver @owner')
  const two = await member.mention('write c')
  const shown = await member.see(two, /"Always allow"/)
  await addRule({ rule: 'ask', approvals: '2' })
  // A rule made since the card was shown counts: nothing is allowed in advance any more.
  await member.press(two, shown.ts, 'Always allow')
  await member.see(two, /This one asks every time/)
  expect(await auditOf(world, 'rule_added')).not.toContainEqual(expect.objectContaining({ actor: 'UMEMBER1' }))
  await member.decide(two, 'Approve')
  const half = await approver.see(two, /1 of 2 approved: <@UMEMBER1>/)
  await member.press(two, half.ts, 'Approve')
  await member.see(two, /You have approved this\. It waits for 1 more person\./)
  await world.restart()
  await approver.press(two, half.ts, 'Approve')
  await member.see(two, /Both said yes\./)
  await member.see(two, /<@UMEMBER1> and <@UAPPROV1> approved: wrote c\.txt/)

  const list = await member.mention('write two')
  const several = await approver.see(list, /Approve all 2/)
  await approver.press(list, several.ts, 'Approve all 2')
  await member.see(list, /1 of 2 approved: <@UAPPROV1>/)
  await owner.command('approvers @owner')
  await member.press(list, several.ts, 'Approve all 2')
  await member.see(list, /1 of 2 approved: <@UMEMBER1>/)
  await owner.press(list, several.ts, 'Approve all 2')
  await member.see(list, /All written\./)
  expect(lookOf(await member.see(list, /approved: wrote d/))).not.toContain('UAPPROV1')
  await owner.command('approvers @approver')
  await owner.home()
  await owner.pressInHome('Remove')

  const oncall = (members: string[], disabled = false) =>
    owner.post('usergroup', { handle: 'oncall', name: 'On call', members, disabled })
  await oncall(['member', 'approver'])
  await addRule({ rule: 'four_eyes', group: 'SONCALL01' })
  await seesAtHome(owner, /only members of @oncall approve/)
  const grouped = await member.mention('write f')
  const asks = await member.see(grouped, /Waits for somebody of @oncall/)
  await oncall(['member'])
  await approver.press(grouped, asks.ts, 'Approve')
  await approver.see(grouped, /Only somebody else can decide this/)
  await oncall(['approver'], true)
  await approver.press(grouped, asks.ts, 'Approve')
  await approver.see(grouped, /Only <@UOWNER01> can decide this/)
  await eventually(async () =>
    expect((await owner.messages('dm')).map(lookOf).join()).toMatch(
      /only members of @oncall approve, and none of them can/,
    ),
  )
  await owner.press(grouped, asks.ts, 'Approve')
  await member.see(grouped, /The group agreed\./)
  await owner.home()
  await owner.pressInHome('Remove')

  await owner.pressInHome('Limit who connects')
  await eventually(async () => expect(await owner.modal()).toMatchObject({ callback_id: 'connectors_new' }))
  await owner.submit({ card: 'memory', who: 'approvers' })
  await member.command('connect memory')
  await eventually(async () =>
    expect((await member.messages('dm')).map(lookOf).join('\n')).toMatch(
      /Only approvers and owners of this workspace may connect Memory\. Ask one of them\./,
    ),
  )
  await approver.command('connect memory')
  await eventually(async () => expect(JSON.stringify(await approver.modal())).toContain('Memory'))
  await owner.pressInHome('connectors_remove:memory')
  await eventually(async () => {
    await member.command('connect memory')
    expect(JSON.stringify(await member.modal())).toContain('Memory')
  })

  await seesAtHome(owner, /None yet\. A rule can/)

  await member.command('owners @member')
  expect(JSON.stringify(await member.home())).not.toContain('Add a rule')
  await owner.command('owners @member')
  await seesAtHome(member, /"Add a rule"/)
  await member.pressInHome('Add a rule')
  await eventually(async () => expect(await member.modal()).toMatchObject({ callback_id: 'rule_new' }))
  await owner.home()
  await owner.pressInHome('setting_owners', 'approver')
  await seesAtHome(approver, /"Add a rule"/)
  expect(JSON.stringify(await member.submit({ rule: 'deny' }))).toContain('Only an owner of this workspace')
  const audited = await auditOf(world, 'owners_set')
  expect(audited).toEqual([
    { actor: 'UOWNER01', details: { owners: ['UMEMBER1'] } },
    { actor: 'UOWNER01', details: { owners: ['UAPPROV1'] } },
  ])
})
