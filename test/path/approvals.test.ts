import { Client } from 'pg'
import { expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { lookOf } from '../support/person.ts'
import { fails, says, wishes } from '../support/scripted-model.ts'
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

test('what destroys goes to the approvers: the requester’s click does not count', async () => {
  await using world = await startWorld({ approvers: ['approver'], model: [drop, says('Gone.')] })
  const [member, approver] = [world.as('member'), world.as('approver')]
  await member.connect('demo-database')
  const where = await member.mention('delete number 10001', 'ops')
  const card = await member.see(where, /"Approve"/)
  await member.press(where, card.ts, 'Approve')
  await member.see(where, /[Oo]nly/)
  expect(await rows(world, 'select status from approvals')).toEqual([{ status: 'pending' }])
  await approver.press(where, card.ts, 'Approve')
  await member.see(where, /Gone\./)
  expect(await rows(world, 'select status, decided_by from approvals')).toEqual([
    { status: 'approved', decided_by: 'UAPPROV1' },
  ])
})

test('a press while the card is still being told wakes the run', async () => {
  const long = wishes('filesystem__write_file', { path: 'a.txt', content: 'a line\n'.repeat(1_000) })
  await using world = await startWorld({ model: [long, says('Written.')] })
  const member = world.as('member')
  await member.connect('filesystem')
  // The arguments follow the card as a file; they take their time here.
  await member.post('faults', { method: 'files.getUploadURLExternal', delay: 3_000 })
  const where = await member.mention('write a.txt')
  await member.decide(where, 'Approve')
  await member.see(where, /Written\./, 15_000)
})

test('somebody else’s click on a write does not count', async () => {
  await using world = await startWorld({ model: [write, says('Written.')] })
  const [member, owner] = [world.as('member'), world.as('owner')]
  await member.connect('filesystem')
  const where = await member.mention('write a.txt')
  const card = await owner.see(where, /"Approve"/)
  await owner.press(where, card.ts, 'Approve')
  await owner.see(where, /[Oo]nly/)
  expect(
    (await member.messages(where.channel, where.thread)).filter((one) => one.ephemeral),
    'the word is for the one who clicked',
  ).toEqual([])
  expect(await rows(world, 'select status from approvals')).toEqual([{ status: 'pending' }])
})

test('an approver cannot make a rule for somebody else, and is told what they can do', async () => {
  await using world = await startWorld({ approvers: ['approver'], model: [write, says('Written.')] })
  const [member, approver] = [world.as('member'), world.as('approver')]
  await member.connect('filesystem')
  const where = await member.mention('write a.txt')
  const card = await member.see(where, /"Always allow"/)
  await approver.press(where, card.ts, 'Always allow')
  await approver.see(where, /Only <@UMEMBER1> can make a rule of this. You can approve it this once/)
  await approver.press(where, card.ts, 'Approve')
  await member.see(where, /Written\./)
})

test('a request in a DM reaches the approver in theirs, and every card ends with the decision', async () => {
  await using world = await startWorld({ approvers: ['approver'], model: [drop, says('Gone.')] })
  const [member, approver] = [world.as('member'), world.as('approver')]
  await member.connect('demo-database')
  const where = await member.dm('delete number 10001')
  await member.see(where, /"Approve"|[Ww]aiting/)
  const card = await eventually(async () => {
    const found = (await approver.messages('dm')).find((one) => /"Approve"/.test(lookOf(one)))
    if (!found) throw new Error('the approver has no card')
    return found
  })
  await approver.press({ channel: 'dm' }, card.ts, 'Approve')
  await member.see(where, /Gone\./)
  await eventually(async () => {
    for (const one of [...(await approver.messages('dm')), ...(await member.messages('dm', where.thread))])
      expect(lookOf(one)).not.toMatch(/"Approve"/)
  })
})

test('double clicks and two deciders at once: one outcome, told to all', async () => {
  await using world = await startWorld({ approvers: ['approver'], model: [write, says('Written.')] })
  const [member, approver] = [world.as('member'), world.as('approver')]
  await member.connect('filesystem')
  const where = await member.mention('write a.txt')
  const card = await member.see(where, /"Approve"/)
  const presses = [
    member.press(where, card.ts, 'Approve'),
    member.press(where, card.ts, 'Approve'),
    approver.deny(where, card.ts),
  ]
  await Promise.allSettled(presses)
  await member.see(where, /Written\./)
  const answered = await rows(world, "select body from run_events where type = 'answered'")
  expect(answered).toHaveLength(1)
  const decided = (await member.messages(where.channel, where.thread)).find((one) => one.ts === card.ts)
  expect(decided && lookOf(decided)).toMatch(/approved:|denied:/)
})

test('a click after expiry settles nothing, and says so', async () => {
  await using world = await startWorld({ model: [write, says('Too late.')] })
  const member = world.as('member')
  await member.connect('filesystem')
  const where = await member.dm('write a.txt')
  const card = await member.see(where, /"Approve"/)
  await rows(world, "update approvals set expires_at = now() - interval '1 second'")
  await member.press(where, card.ts, 'Approve')
  await member.see(where, /Too late/)
  expect(await rows(world, 'select status from approvals')).toEqual([{ status: 'expired' }])
  await member.see(where, /[Ee]xpired|in time/)
})

test('an approval nobody decides expires by itself', async () => {
  await using world = await startWorld({ model: [write, says('Nobody came.')] })
  const member = world.as('member')
  await member.connect('filesystem')
  const where = await member.dm('write a.txt')
  await member.see(where, /"Approve"/)
  await rows(world, "update approvals set expires_at = now() - interval '1 second'")
  await member.see(where, /Nobody came/, 40_000)
})

test('a click after Stop settles nothing', async () => {
  await using world = await startWorld({ model: [write, says('never said')] })
  const member = world.as('member')
  await member.connect('filesystem')
  const where = await member.dm('write a.txt')
  const card = await member.see(where, /"Approve"/)
  await member.say('dm', 'stop', where.thread)
  await member.see(where, /stopped/i)
  await member
    .press(where, card.ts, 'Approve')
    .catch((error: unknown) => expect(String(error)).toMatch(/nothing to press/))
  expect(await rows(world, 'select status from approvals')).toEqual([{ status: 'stopped' }])
  expect(world.model.left()).toBe(1)
})

test('a click after a restart counts', async () => {
  await using world = await startWorld({ model: [write, says('Written.')] })
  const member = world.as('member')
  await member.connect('filesystem')
  const where = await member.dm('write a.txt')
  const card = await member.see(where, /"Approve"/)
  await eventually(async () => expect(await rows(world, 'select status from runs')).toEqual([{ status: 'suspended' }]))
  await world.restart()
  await member.press(where, card.ts, 'Approve')
  await member.see(where, /Written\./)
  expect((await member.messages('dm', where.thread)).filter((one) => /"Approve"/.test(lookOf(one)))).toEqual([])
})

test('a rule that forbids it, made while the card waits, counts at the click', async () => {
  await using world = await startWorld({ model: [write, says('Written.')] })
  const member = world.as('member')
  await member.connect('filesystem')
  const where = await member.dm('write a.txt')
  const card = await member.see(where, /"Approve"/)
  await rows(world, "select rule_add_workspace('TLOCAL01', 'UOWNER01', 'filesystem', 'write_file', 'deny', false)")
  await member.press(where, card.ts, 'Approve')
  await member.see(where, /workspace rule forbids/)
  expect(await rows(world, 'select status from approvals')).toEqual([{ status: 'pending' }])
  expect(await rows(world, "select seq from run_events where type = 'called'")).toEqual([])
})

test('a run that fails leaves no live buttons', async () => {
  await using world = await startWorld({ model: [write] })
  const member = world.as('member')
  await member.connect('filesystem')
  const where = await member.dm('write a.txt')
  await member.see(where, /"Approve"/)
  world.model.script(fails(401))
  await member.decide(where, 'Deny')
  await member.see(where, /key/i)
  await eventually(async () => {
    for (const one of await member.messages('dm', where.thread)) expect(lookOf(one)).not.toMatch(/"Approve"/)
  })
})
