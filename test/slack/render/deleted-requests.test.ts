import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { eventually } from '../../support/eventually.ts'
import { lookOf, type Seat, type SeenMessage } from '../../support/person.ts'
import { rowsIn } from '../../support/rows.ts'
import { says, slow, wishes } from '../../support/scripted-model.ts'
import { startWorld, type World } from '../../support/world.ts'

const write = wishes('filesystem__write_file', { path: 'secret.txt', content: 'a secret' })
const long = wishes('filesystem__write_file', { path: 'secret.txt', content: 'a secret '.repeat(600) })
const drop = wishes('demo-database__execute_sql', { sql: 'DELETE FROM employee WHERE emp_no = 10001' })

const closed = (world: World, outcome: string | RegExp) =>
  eventually(async () => {
    const runs = await rowsIn(world, 'select status, outcome from runs order by number')
    expect(runs).toEqual([{ status: 'closed', outcome: expect.stringMatching(outcome) }])
  }, 30_000)

const events = async (world: World, type: string) =>
  (await rowsIn(world, `select 1 as one from run_events where type = '${type}'`)).length

const looksIn = async (person: Seat, channel: string, thread?: string): Promise<string[]> =>
  (await person.messages(channel, thread)).map(lookOf)

const told = async (person: Seat, what = /was deleted, so I stopped/): Promise<SeenMessage[]> =>
  (await person.messages('dm')).filter((one) => what.test(lookOf(one)))

const deletes = (person: Seat, channel: string, ts: string) => person.post('delete', { channel, ts })

test('a request that is deleted while its card waits is withdrawn, for who asked and who decides', async () => {
  await using world = await startWorld({ approvers: ['approver'], model: [drop, says('Gone.')] })
  const [member, approver] = [world.as('member'), world.as('approver')]
  await member.connect('demo-database')
  const where = await member.mention('delete number 10001')
  const card = await approver.see(where, /"Approve"/)
  await deletes(member, 'general', where.thread)
  await closed(world, 'stopped')
  const withdrawn = (await approver.messages('general', where.thread)).find(({ ts }) => ts === card.ts)
  expect(withdrawn && lookOf(withdrawn)).toMatch(/Withdrawn, as the message that asked for it was deleted/)
  expect(withdrawn && lookOf(withdrawn)).not.toContain('"Approve"')
  await eventually(async () => expect(await told(member)).toHaveLength(1))
  expect(await events(world, 'called')).toBe(0)
})

test('an approver who has the card in direct messages sees that the request was withdrawn', async () => {
  await using world = await startWorld({ approvers: ['approver'], model: [drop, says('Gone.')] })
  const [member, approver] = [world.as('member'), world.as('approver')]
  await world.as('owner').post('membership', { channel: 'ops', user: 'approver', member: false })
  await member.connect('demo-database')
  const where = await member.mention('delete number 10001', 'ops')
  await eventually(async () => expect(await told(approver, /"Approve"/)).toHaveLength(1))
  await member.see(where, /Waiting for/)
  await deletes(member, 'ops', where.thread)
  await closed(world, 'stopped')
  expect(await told(approver, /Withdrawn/)).toHaveLength(1)
  expect(await told(approver, /"Approve"/)).toHaveLength(0)
  expect((await looksIn(member, 'ops')).join()).not.toMatch(/Waiting|Withdrawn|stopped/)
})

test.each([
  { what: 'the request in a thread', who: 'member' as const, root: false },
  { what: 'the beginning of the thread, by an admin', who: 'owner' as const, root: true },
])('$what is deleted while the model works', async ({ who, root }) => {
  await using world = await startWorld({ model: [slow(60, says(`Begun. ${'More. '.repeat(300)}`))] })
  const [member, approver] = [world.as('member'), world.as('approver')]
  const where = await approver.say('general', 'something happened')
  await member.mention('what was it?', 'general', where.thread)
  await member.see(where, /Begun/)
  const asked = (await member.messages('general', where.thread)).find(({ text }) => text.includes('what was it'))
  await deletes(world.as(who), 'general', root ? where.thread : (asked?.ts ?? ''))
  await closed(world, 'stopped')
  await eventually(async () => expect(await told(member)).toHaveLength(1))
  expect((await looksIn(member, 'general')).join()).not.toContain('More.')
})

test('in direct messages a deleted request is withdrawn as well', async () => {
  await using world = await startWorld({ model: [write, says('Written.')] })
  const member = world.as('member')
  await member.connect('filesystem')
  const where = await member.dm('write a secret')
  await member.see(where, /"Approve"/)
  await deletes(member, 'dm', where.thread)
  await closed(world, 'stopped')
  await member.see(where, /Withdrawn/)
  expect(await events(world, 'called')).toBe(0)
})

test('a deletion that is told before its message stops it as well', async () => {
  await using world = await startWorld({ model: [write] })
  const member = world.as('member')
  await member.connect('filesystem')
  const place = { channel: 'CGENERAL1', channel_type: 'channel' }
  const event = { type: 'message', subtype: 'message_deleted', ...place, deleted_ts: '1790000000.000100' }
  await member.post('deliver', { event: { ...event, ts: '1790000001.000100', hidden: true } })
  await sleep(500)
  const ask = { user: 'UMEMBER1', text: '<@UPATCHB1> write', ts: '1790000000.000100', channel: 'CGENERAL1' }
  await member.post('deliver', { event: { type: 'app_mention', ...ask } })
  await closed(world, 'stopped')
  expect(world.model.requests).toEqual([])
  expect(await events(world, 'called')).toBe(0)
  expect((await looksIn(member, 'general')).join()).not.toContain('secret')
})

test('a message that nothing was asked with is deleted without a word', async () => {
  await using world = await startWorld({ model: [write, says('Written.')] })
  const [member, owner] = [world.as('member'), world.as('owner')]
  await member.connect('filesystem')
  const where = await member.mention('write a secret')
  const card = await member.see(where, /"Approve"/)
  const other = await owner.say('general', 'never mind', where.thread)
  const aside = (await owner.messages('general', other.thread)).find(({ text }) => text === 'never mind')
  await deletes(owner, 'general', aside?.ts ?? '')
  await sleep(500)
  await member.press(where, card.ts, 'Approve')
  await member.see(where, /Written\./)
})

/** A mention whose message is gone, without an event that tells so. */
const lostMention = async (world: World, text: string): Promise<void> => {
  const ask = { user: 'UMEMBER1', text: `<@UPATCHB1> ${text}`, ts: '1790000000.000100', channel: 'CGENERAL1' }
  await world.as('member').post('deliver', { event: { type: 'app_mention', ...ask } })
}

const seenAtTop = async (world: World): Promise<string> => {
  const { exchanges } = z
    .object({ exchanges: z.array(z.unknown()) })
    .parse(await (await fetch(`${world.slackUrl}/local/traffic`)).json())
  expect(exchanges.length).toBeGreaterThan(0)
  return (await looksIn(world.as('owner'), 'general')).join()
}

test.each([
  {
    what: 'a quick answer',
    model: says('The salary is 100.'),
    // On a busy machine it is not quick: then a word that it works was posted before it.
    outcome: /finished|stopped/,
    dm: /The salary is 100\.|was deleted, so I stopped/,
  },
  {
    what: 'a streamed answer',
    model: slow(60, says(`The salary is 100. ${'More. '.repeat(200)}`)),
    outcome: 'stopped',
    dm: /was deleted, so I stopped/,
  },
  { what: 'a card', model: write, outcome: 'stopped', dm: /was deleted, so I stopped/ },
  { what: 'a card with a file', model: long, outcome: 'stopped', dm: /was deleted, so I stopped/ },
])('where nothing tells of the deletion, $what does not stand at the top of the channel', async (given) => {
  const { model, outcome, dm } = given
  await using world = await startWorld({ model: [model, says('Written.')] })
  const member = world.as('member')
  await member.connect('filesystem')
  await lostMention(world, 'what is it?')
  await closed(world, outcome)
  await eventually(async () => expect(await told(member, dm)).toHaveLength(1))
  expect(await seenAtTop(world)).not.toMatch(/salary|secret|More/)
  expect(await events(world, 'called')).toBe(0)
})

test('a file that Slack posts at the top is deleted', async () => {
  await using world = await startWorld({ model: [long, says('Written.')] })
  const [member, owner] = [world.as('member'), world.as('owner')]
  await member.connect('filesystem')
  await member.post('faults', { method: 'files.completeUploadExternal', delay: 3_000, times: 1 })
  const where = await member.mention('write a secret')
  await member.see(where, /"Approve"/)
  for (const { ts } of (await owner.messages('general', where.thread)).slice(1)) await deletes(owner, 'general', ts)
  await deletes(member, 'general', where.thread)
  await closed(world, 'stopped')
  await eventually(async () => {
    const all = await owner.messages('general')
    expect(all.flatMap(({ files = [] }) => files.map(({ name }) => name)).filter(Boolean)).toEqual([])
  })
  await eventually(async () => expect(await told(member)).toHaveLength(1))
  expect(world.log()).toContain('the thread is gone')
})
