import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { eventually } from '../../support/eventually.ts'
import { lookOf, type Seat } from '../../support/person.ts'
import { rowsIn } from '../../support/rows.ts'
import { says, slow } from '../../support/scripted-model.ts'
import { startWorld, type World } from '../../support/world.ts'

const longWork = (words: string) => slow(50, says(`${words} `.repeat(900)))

const runsOf = (world: World) =>
  rowsIn(
    world,
    `select r.status, r.outcome, e.body ->> 'text' as text from runs r join run_events e on e.run_id = r.id and e.seq = 1 order by r.number`,
  )

const stopped = { outcome: 'stopped' }
const open = { outcome: null }

/** Says something and resolves to its timestamp. */
async function sayAs(seat: Seat, channel: string, text: string, more: object = {}): Promise<string> {
  return z.object({ ts: z.string() }).parse(await seat.post('say', { channel, text, ...more })).ts
}

const looksIn = async (seat: Seat, channel: string, thread?: string): Promise<string[]> =>
  (await seat.messages(channel, thread)).map(lookOf)

test.each(['app_mention', 'message'] as const)(
  'a stop whose %s comes later does not stop the next request',
  async (type) => {
    await using world = await startWorld({ model: [longWork('First'), longWork('Second')] })
    const member = world.as('member')
    const here = await member.mention('begin')
    await member.see(here, /First/)
    await member.post('event-shape', { hold: { type, ms: 2_500 } })
    const at = { thread_ts: here.thread }
    const stop = await sayAs(member, 'general', '@Patchbay stop, please', at)
    await member.see(here, /Okay, I stopped\./)
    await sayAs(member, 'general', 'and now the other thing', at)
    await member.see(here, /Second/)
    await sleep(3_000)
    await member.post('redeliver', { ts: stop })
    await sleep(500)
    expect(await runsOf(world)).toMatchObject([stopped, open])
    expect((await looksIn(member, 'general', here.thread)).join()).not.toContain('nothing to stop')
  },
)

test("Slack's own Stop, delivered again, does not stop the next request", async () => {
  await using world = await startWorld({ model: [longWork('First'), longWork('Second')] })
  const member = world.as('member')
  const here = await member.dm('begin')
  await member.see(here, /First/)
  await member.post('stop', { channel: 'dm', thread_ts: here.thread })
  await member.see(here, /Okay, I stopped\./)
  await member.dm('the next', here.thread)
  await member.see(here, /Second/)
  await member.post('redeliver', { type: 'agent_session_stopped' })
  await sleep(500)
  expect(await runsOf(world)).toMatchObject([stopped, open])
})

test('that nothing is running is said once, to the one person, where they see it', async () => {
  await using world = await startWorld()
  const member = world.as('member')
  const inDm = await sayAs(member, 'dm', '*stop*')
  await member.see({ channel: 'dm', thread: inDm }, /nothing to stop/)
  const inChannel = await sayAs(member, 'general', 'Bitte stopp! @Patchbay')
  await eventually(async () => expect((await looksIn(member, 'general')).join()).toContain('nothing to stop'))
  for (const ts of [inDm, inChannel]) await member.post('redeliver', { ts })
  await sleep(500)
  const saidIn = async (channel: string, thread?: string) =>
    (await looksIn(member, channel, thread)).filter((look) => look.includes('nothing to stop')).length
  expect([await saidIn('dm', inDm), await saidIn('general')]).toEqual([1, 1])
  expect((await looksIn(world.as('owner'), 'general')).join()).not.toContain('nothing to stop')
  expect(await runsOf(world)).toEqual([])
})

test('in a DM, a second stop does not reach what was asked in between', async () => {
  await using world = await startWorld({ model: [longWork('First'), longWork('Second')] })
  const member = world.as('member')
  const first = await member.dm('begin')
  await member.see(first, /First/)
  const stop = await sayAs(member, 'dm', 'cancel')
  await member.see(first, /Okay, I stopped\./)
  const second = await member.dm('the next')
  await member.see(second, /Second/)
  await member.post('redeliver', { ts: stop })
  await sleep(500)
  expect(await runsOf(world)).toMatchObject([stopped, open])
  expect(await looksIn(member, 'dm', stop)).toHaveLength(1)
})

test('after a hello, the next line of the same person in that thread is the request', async () => {
  await using world = await startWorld({ model: [says('Three invoices.')] })
  const [member, owner] = [world.as('member'), world.as('owner')]
  const ts = await sayAs(member, 'general', '@Patchbay')
  const here = { channel: 'general', thread: ts }
  await member.see(here, /Tell me what you need/)
  await member.post('redeliver', { ts })
  await owner.say('general', 'what are they up to?', ts)
  await member.say('general', 'thanks @owner', ts)
  await member.say('general', 'list the open invoices', ts)
  await member.see(here, /Three invoices\./)
  expect(await runsOf(world)).toMatchObject([{ text: 'list the open invoices' }])
  expect((await looksIn(member, 'general', ts)).filter((look) => look.includes('Tell me what you need'))).toHaveLength(
    1,
  )
})

test('a mention added by an edit asks, once', async () => {
  await using world = await startWorld({ model: [says('Done A.'), says('Done B.'), says('Done C.')] })
  const member = world.as('member')
  const edit = (ts: string, text: string) => member.post('edit', { channel: 'general', ts, text })
  const plain = await sayAs(member, 'general', 'list the tickets')
  const hello = await sayAs(member, 'general', '@Patchbay')
  await member.see({ channel: 'general', thread: hello }, /Tell me what you need/)
  await edit(plain, 'list all the tickets')
  await edit(plain, '@Patchbay list the tickets')
  await member.see({ channel: 'general', thread: plain }, /Done A\./)
  await edit(plain, '@Patchbay list the tickets, please')
  await edit(plain, 'list the tickets')
  await edit(plain, '@Patchbay list the tickets')
  await edit(hello, '@Patchbay list the invoices')
  await member.see({ channel: 'general', thread: hello }, /Done B\./)
  await edit(hello, '@Patchbay list the invoices of May')
  const said = await sayAs(member, 'general', 'and of June', { thread_ts: hello })
  await member.see({ channel: 'general', thread: hello }, /Done C\./)
  await edit(said, '@Patchbay and of June')
  await sleep(1_000)
  expect(await runsOf(world)).toMatchObject([
    { text: 'list the tickets' },
    { text: 'list the invoices' },
    { text: 'and of June' },
  ])
})

test('what is said behind a stop is asked for in its place, once', async () => {
  await using world = await startWorld({
    model: [longWork('First'), says('The other.'), longWork('Third'), says('X.')],
  })
  const member = world.as('member')
  const here = await member.mention('begin')
  await member.see(here, /First/)
  const stop = await sayAs(member, 'general', '@Patchbay Stop: use the *other* file', { thread_ts: here.thread })
  await member.see(here, /The other\./)
  await member.post('redeliver', { ts: stop })
  const inDm = await member.dm('go on')
  await member.see(inDm, /Third/)
  const next = await member.dm('Stop. Do X')
  await member.see(next, /X\./)
  await sleep(500)
  expect(await runsOf(world)).toMatchObject([
    { ...stopped, text: 'begin' },
    { outcome: 'finished', text: 'use the *other* file' },
    { ...stopped, text: 'go on' },
    { outcome: 'finished', text: 'Do X' },
  ])
})

test('a table pasted beside a short word is a request', async () => {
  await using world = await startWorld({ model: [says('One.'), says('Two.'), says('Three.')] })
  const member = world.as('member')
  const cell = (text: string) => ({ type: 'raw_text', text })
  const attachments = [{ blocks: [{ type: 'table', rows: [[cell('Month')], [cell('May')]] }] }]
  await sayAs(member, 'dm', 'thanks', { attachments })
  await sayAs(member, 'dm', 'stop', { attachments })
  await sayAs(member, 'general', '@Patchbay hi', { attachments })
  await eventually(async () => expect(await runsOf(world)).toHaveLength(3))
  for (const { text } of await runsOf(world)) expect(text).toContain('May')
})

test('a hello that Slack refuses once is said when the event comes again', async () => {
  await using world = await startWorld()
  const member = world.as('member')
  await member.post('faults', { method: 'chat.postMessage', error: 'internal_error', times: 1 })
  const ts = await sayAs(member, 'general', '@Patchbay')
  await member.see({ channel: 'general', thread: ts }, /Tell me what you need/, 20_000)
})
