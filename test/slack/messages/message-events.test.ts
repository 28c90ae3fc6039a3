import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { lookOf } from '../../support/person.ts'
import { rowsIn } from '../../support/rows.ts'
import { breaksMidway, says, slow, wishes } from '../../support/scripted-model.ts'
import { startWorld } from '../../support/world.ts'

const sql = 'DELETE FROM employee WHERE emp_no = 10001'
const drop = wishes('demo-database__execute_sql', { sql })

test.each(['http', 'socket'] as const)('a DM is answered in its thread, over %s', async (mode) => {
  const words = `Hi **member**, how are you? ${'And more. '.repeat(40)}`.trim()
  await using world = await startWorld({ mode, model: [slow(60, says(words))] })
  const member = world.as('member')
  const here = await member.dm('hello there')
  const live = await member.see(here, /Hi \*\*member/)
  expect(live.streaming).toBe(true)
  expect(lookOf(live)).toContain('run_stop')
  await eventually(async () => {
    const all = await member.messages('dm', here.thread)
    // The third offers to connect something.
    expect(all).toHaveLength(3)
    expect(all[1]?.text).toBe(words)
    expect(all[1]?.streaming).toBeFalsy()
    expect(lookOf(all[1] ?? live)).not.toContain('run_stop')
  }, 20_000)
})

test('only the right person decides; the second press hears who was first', async () => {
  await using world = await startWorld({ approvers: ['approver', 'owner'], model: [drop, says('All right.')] })
  const [owner, member, approver] = [world.as('owner'), world.as('member'), world.as('approver')]
  await member.connect('demo-database')
  const here = await member.mention('delete number 10001')
  const card = await member.see(here, /"Approve"/)
  expect(lookOf(card)).not.toContain('Always allow')
  await member.press(here, card.ts, 'Approve')
  const told = await member.see(here, /Only <@UAPPROV1> or <@UOWNER01> can decide this/)
  expect(told.ephemeral).toBe(true)
  await Promise.all([approver.press(here, card.ts, 'Deny'), owner.press(here, card.ts, 'Deny')])
  const words = 'Use the other folder'
  await Promise.all([approver.sendDenial(words), owner.sendDenial(words)])
  const denied = await member.see(here, /<@\w+> denied:[\s\S]*> Use the other folder/)
  const second = lookOf(denied).includes('<@UOWNER01> denied:') ? approver : owner
  const modal = JSON.stringify(await second.modal())
  expect(modal).toMatch(/was already denied by <@(UOWNER01|UAPPROV1)>/)
  expect(modal).toContain(words)
})

test("an approver who cannot see the requester's DM gets long arguments with their card", async () => {
  const long = wishes('demo-database__execute_sql', { sql: `${sql} OR emp_no IN (${'10002, '.repeat(600)}10003)` })
  await using world = await startWorld({ approvers: ['approver'], model: [long] })
  const [member, approver] = [world.as('member'), world.as('approver')]
  await member.connect('demo-database')
  await member.dm('delete them')
  await eventually(async () => {
    const card = (await approver.messages('dm')).find((one) => lookOf(one).includes('"Approve"'))
    const files = (await approver.messages('dm', card?.ts)).flatMap((one) => one.files ?? [])
    expect(files.map(({ name }) => name)).toEqual(['execute_sql-arguments.txt'])
  }, 20_000)
})

test('mentions arrive twice and make one run; replies in the thread need none', async () => {
  await using world = await startWorld({ model: [says('Yes.'), says('Also yes.')] })
  const member = world.as('member')
  const here = await member.mention('first')
  await member.see(here, /Yes\./)
  await member.say('general', '@owner what do you think?', here.thread)
  await member.say('general', 'and second', here.thread)
  await member.see(here, /Also yes\./)
  // Time in which the word to the owner would have become a run.
  await sleep(400)
  expect(await rowsIn(world, 'select id from runs')).toHaveLength(2)
})

test('stop: by a word, by the button, not by others', async () => {
  await using world = await startWorld({ model: [slow(50, says('Working on it. '.repeat(500)))] })
  const [member, approver] = [world.as('member'), world.as('approver')]
  const here = await member.mention('work')
  const live = await member.see(here, /Working/)
  await approver.press(here, live.ts, 'Stop')
  await approver.see(here, /Only <@UMEMBER1> or an approver can stop this/)
  expect(await rowsIn(world, "select id from runs where status = 'closed'")).toEqual([])
  await member.say('general', 'Stop!', here.thread)
  await member.see(here, /Okay, I stopped\./)
  expect(await rowsIn(world, 'select id from runs')).toHaveLength(1)
})

test('stop in a DM with nothing at work is answered where it was said', async () => {
  await using world = await startWorld()
  const member = world.as('member')
  const here = await member.dm('stop')
  const told = await member.see(here, /nothing to stop/)
  expect(told.thread_ts).toBe(here.thread)
})

test('another instance goes on where one stopped, in the message that no record names', async () => {
  await using world = await startWorld({ model: [slow(50, says('Half a sentence and '.repeat(500)))] })
  const member = world.as('member')
  const here = await member.dm('go')
  await member.see(here, /Half a sent/)
  await rowsIn(world, 'delete from slack_messages')
  world.model.script(says('That is all.'))
  await world.restart()
  await eventually(async () => {
    const all = await member.messages('dm', here.thread)
    // An offer to connect something follows.
    expect(all.slice(0, 2).map(({ text }) => text)).toEqual(['go', 'That is all.'])
  }, 30_000)
})

test('words taken back by the model are not left standing', async () => {
  await using world = await startWorld({ model: [breaksMidway('Wrong words'), says('Right words')] })
  const member = world.as('member')
  const here = await member.dm('go')
  await eventually(async () => {
    const all = await member.messages('dm', here.thread)
    expect(all.slice(0, 2).map(({ text }) => text)).toEqual(['go', 'Right words'])
  }, 20_000)
})
