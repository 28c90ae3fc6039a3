import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { lookOf, type Seat } from '../../support/person.ts'
import { rowsIn } from '../../support/rows.ts'
import { says, slow, wishes } from '../../support/scripted-model.ts'
import { startWorld, type World } from '../../support/world.ts'

const closedRuns = (world: World) =>
  eventually(async () => {
    const runs = await rowsIn(world, 'select status from runs')
    expect(runs.length).toBeGreaterThan(0)
    expect(runs.every(({ status }) => status === 'closed')).toBe(true)
  }, 30_000)

const told = async (person: Seat, what: RegExp) => (await person.messages('dm')).filter((one) => what.test(lookOf(one)))

const withoutStreams = (person: Seat) =>
  person.post('faults', { method: 'chat.startStream', error: 'unknown_method', times: 9 })

test.each([
  'channel_not_found',
  'not_in_channel',
  'is_archived',
  'restricted_action',
  'restricted_action_read_only_channel',
  'restricted_action_thread_locked',
])('an answer that Slack refuses with %s goes to who asked, once and with a link', async (error) => {
  await using world = await startWorld({ model: [says('Forty-two.')] })
  const member = world.as('member')
  await withoutStreams(member)
  await member.post('faults', { method: 'chat.postMessage', error, times: 1 })
  const where = await member.mention('how many?')
  await closedRuns(world)
  const answers = await told(member, /Forty-two\./)
  expect(answers).toHaveLength(1)
  expect(answers.map(lookOf).join()).toContain(`/archives/CGENERAL1/p${where.thread.replace('.', '')}`)
  expect((await member.messages('general')).map(lookOf).join()).not.toContain('Forty-two')
})

test.each([
  { what: 'archived', close: (owner: Seat) => owner.post('archive', { channel: 'ops' }) },
  {
    what: 'left by the app',
    close: (owner: Seat) => owner.post('membership', { channel: 'ops', user: 'patchbay', member: false }),
  },
])('a channel that is $what while the answer is streamed', async ({ close }) => {
  await using world = await startWorld({ model: [slow(50, says(`Begun. ${'More words. '.repeat(60)}The end.`))] })
  const [member, owner] = [world.as('member'), world.as('owner')]
  const where = await member.mention('tell me', 'ops')
  await member.see(where, /Begun\./)
  await close(owner)
  await closedRuns(world)
  expect(await told(member, /The end\./)).toHaveLength(1)
  expect(await told(member, /I cannot post in <#/)).toHaveLength(1)
  expect(world.log().match(/run given back/g) ?? []).toEqual([])
})

test('what waits for approvers goes to them when the channel takes no card', async () => {
  const drop = wishes('demo-database__execute_sql', { sql: 'DELETE FROM employee WHERE emp_no = 10001' })
  await using world = await startWorld({ approvers: ['approver'], model: [slow(100, drop), says('Gone.')] })
  const [member, approver] = [world.as('member'), world.as('approver')]
  await member.connect('demo-database')
  await member.mention('delete number 10001', 'ops')
  await world.as('owner').post('archive', { channel: 'ops' })
  const card = await eventually(async () => {
    const found = (await approver.messages('dm')).find((one) => /"Approve"/.test(lookOf(one)))
    if (!found) throw new Error('no card')
    return found
  })
  expect((await told(member, /"Approve"/)).length).toBe(0)
  await approver.press({ channel: 'dm' }, card.ts, 'Approve')
  await closedRuns(world)
  expect(await told(member, /Gone\./)).toHaveLength(1)
  expect(await told(member, /I cannot post in <#/)).toHaveLength(1)
  expect(lookOf((await told(approver, /approved: /))[0] ?? card)).toMatch(/You approved: `DELETE/)
})

test.each(['cannot_dm_bot', 'messages_tab_disabled', 'user_disabled', 'account_inactive'])(
  'where the person cannot be told either (%s), the run ends all the same',
  async (error) => {
    await using world = await startWorld({ model: [says('Forty-two.')] })
    const member = world.as('member')
    await withoutStreams(member)
    await member.post('faults', { method: 'chat.postMessage', error: 'is_archived', times: 1 })
    await member.post('faults', { method: 'chat.postMessage', error, times: 5 })
    await member.mention('how many?')
    await closedRuns(world)
    await sleep(1_000)
    expect(world.log().match(/run given back/g) ?? []).toEqual([])
  },
)

test.each(['is_archived', 'not_in_channel', 'channel_not_found', 'restricted_action'])(
  'a mention alone that Slack refuses to answer with %s is acknowledged',
  async (error) => {
    await using world = await startWorld()
    const member = world.as('member')
    await member.post('faults', { method: 'chat.postMessage', error, times: 1 })
    await member.say('general', '@Patchbay')
    // The person's first look at the DM posts a welcome there, which is not what is to be refused.
    await eventually(async () => expect(world.log()).toContain('nothing can be posted where it was asked for'))
    await eventually(async () => expect(await told(member, /Tell me what you need/)).toHaveLength(1))
    await sleep(500)
    expect(await told(member, /Tell me what you need/)).toHaveLength(1)
  },
)
