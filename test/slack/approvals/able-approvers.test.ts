import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { lookOf, type Seat } from '../../support/person.ts'
import { rowsIn } from '../../support/rows.ts'
import { says, wishes } from '../../support/scripted-model.ts'
import { startWorld, type World } from '../../support/world.ts'

const drop = (number = 10001) =>
  wishes('demo-database__execute_sql', { sql: `DELETE FROM employee WHERE emp_no = ${number}` })

const STANDINGS = [
  { standing: 'deactivated', why: /has left this workspace/ },
  { standing: 'guest', why: /is a guest here/ },
  { standing: 'single_channel_guest', why: /is a guest here/ },
  { standing: 'stranger', why: /is not of this workspace/ },
]

const become = (world: World, standing: string) =>
  world.as('owner').post('person', { name: 'approver', real_name: 'Approver', standing })

const toldOwner = async (owner: Seat, why: RegExp) =>
  (await owner.messages('dm')).filter((one) => /cannot do so any more/.test(one.text) && why.test(one.text))

test.each(STANDINGS)('where the only approver is $standing, the owners are asked and told once', async (given) => {
  await using world = await startWorld({
    approvers: ['approver'],
    model: [drop(), says('Gone.'), drop(10002), says('Too.')],
  })
  const [member, owner] = [world.as('member'), world.as('owner')]
  await member.connect('demo-database')
  await become(world, given.standing)
  const where = await member.mention('delete number 10001')
  const card = await owner.see(where, /"Approve"/)
  expect(lookOf(card)).toMatch(/<@UOWNER01> can decide this/)
  expect(lookOf(card)).toMatch(/none of the approvers of this workspace can decide any more/i)
  expect(lookOf(card)).not.toContain('<@UAPPROV1>')
  await member.press(where, card.ts, 'Approve')
  await member.see(where, /Only <@UOWNER01> can decide this/)
  await owner.post('faults', { method: 'users.list', error: 'ratelimited', times: 50 })
  await owner.home()
  await owner.pressInHome('Approve')
  await member.see(where, /Gone\./)
  await member.say('general', 'and number 10002', where.thread)
  await eventually(async () =>
    expect(await rowsIn(world, "select 1 as one from approvals where status = 'pending'")).toHaveLength(1),
  )
  await sleep(500)
  expect(await toldOwner(owner, given.why)).toHaveLength(1)
})

test.each(STANDINGS)(
  'where nobody knows the owners, who is $standing is not asked, nor the requester',
  async (given) => {
    await using world = await startWorld({ approvers: ['approver'], model: [drop(), says('I may not.')] })
    const member = world.as('member')
    await member.connect('demo-database')
    await become(world, given.standing)
    await member.post('faults', { method: 'users.list', error: 'ratelimited', times: 50 })
    const where = await member.mention('delete number 10001')
    await member.see(where, /I may not/)
    expect(await rowsIn(world, 'select 1 as one from approvals')).toEqual([])
  },
)

test.each(STANDINGS)('an approver who is $standing is left out, and cannot press any more', async ({ standing }) => {
  await using world = await startWorld({ approvers: ['approver', 'owner'], model: [drop(), says('Gone.')] })
  const [member, owner, approver] = [world.as('member'), world.as('owner'), world.as('approver')]
  await member.connect('demo-database')
  const where = await member.mention('delete number 10001')
  const card = await owner.see(where, /"Approve"/)
  await become(world, standing)
  if (standing !== 'deactivated') {
    await approver.press(where, card.ts, 'Approve')
    await approver.see(where, /Only <@UOWNER01> can decide this/)
  }
  await owner.deny(where, card.ts)
  await member.see(where, /<@UOWNER01> denied:/)
})

test.each(STANDINGS)('who is $standing is refused as approver, with the reason', async ({ standing, why }) => {
  await using world = await startWorld({ approvers: ['owner'] })
  const owner = world.as('owner')
  await become(world, standing)
  await owner.command('approvers @approver')
  await owner.home()
  await eventually(async () => expect((await owner.messages('dm')).map(lookOf).join()).toMatch(why))
  // Slack offers nobody who was deactivated.
  if (standing !== 'deactivated') {
    await owner.pressInHome('setting_approvers', 'approver')
    await eventually(async () => expect(JSON.stringify(await owner.modal())).toMatch(why))
  }
  const [row] = await rowsIn(world, 'select settings from workspaces')
  expect(row).toEqual({ settings: { approvers: ['UOWNER01'] } })
})
