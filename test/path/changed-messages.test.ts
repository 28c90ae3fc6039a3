import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { lookOf, type Seat } from '../support/person.ts'
import { rowsIn } from '../support/rows.ts'
import { says, slow, wishes } from '../support/scripted-model.ts'
import { startWorld, type World } from '../support/world.ts'

const write = (path: string) => wishes('filesystem__write_file', { path, content: 'a' })
const change = (seat: Seat, channel: string, ts: string, text: string) => seat.post('edit', { channel, ts, text })

const runsOf = (world: World) =>
  rowsIn(
    world,
    `select r.outcome, e.body ->> 'text' as text, (select s.body ->> 'why' from run_events s where s.run_id = r.id and s.type = 'stopped') as why
     from runs r join run_events e on e.run_id = r.id and e.seq = 1 order by r.number`,
  )
const told = (world: World) => JSON.stringify(world.model.requests.at(-1)?.messages.at(-1))

test.each(['dm', 'general'])(
  'a message that is changed in %s while the model thinks begins anew, once',
  async (place) => {
    await using world = await startWorld({
      model: [slow(50, says('Looking for the cats. '.repeat(300))), says('Here are the dogs.')],
    })
    const member = world.as('member')
    const mark = place === 'dm' ? '' : '@Patchbay '
    const where = await member.say(place, `${mark}list the cats`)
    await member.see(where, /Looking/)
    await change(member, place, where.thread, `${mark}list the dogs`)
    await member.see(where, /Here are the dogs\./)
    await member.post('redeliver', { ts: where.thread })
    await sleep(500)
    expect(await runsOf(world)).toEqual([
      { outcome: 'stopped', text: 'list the cats', why: 'message_changed' },
      { outcome: 'finished', text: 'list the dogs', why: null },
    ])
    expect((await member.messages(place, where.thread)).map(lookOf).join()).not.toContain('cats. Looking')
    expect(told(world)).toContain('list the dogs')
  },
)

test.each([
  { what: 'the request', text: 'write c.txt' },
  { what: 'a correction', text: 'c.txt, please' },
])('$what that is changed while a card waits withdraws the card', async ({ what, text }) => {
  const models = [
    write('a.txt'),
    ...(what === 'a correction' ? [write('b.txt')] : []),
    write('c.txt'),
    says('Wrote c.'),
  ]
  await using world = await startWorld({ model: models })
  const member = world.as('member')
  await member.connect('filesystem')
  const where = await member.dm('write a.txt')
  await member.see(where, /a\.txt[\s\S]*"Approve"/)
  let ts = where.thread
  if (what === 'a correction') {
    ts = String((await member.post('say', { channel: 'dm', text: 'b.txt, please', thread_ts: where.thread })).ts)
    await member.see(where, /b\.txt[\s\S]*"Approve"/)
  }
  await change(member, 'dm', ts, text)
  await member.see(where, new RegExp(`Withdrawn by you: ${text}`))
  await member.see(where, /c\.txt[\s\S]*"Approve"/)
  expect(told(world)).toContain('[Their message reads differently now:]')
  await member.decide(where, 'Approve')
  await member.see(where, /Wrote c\./)
  expect(await runsOf(world)).toHaveLength(1)
})

test('a message that is changed while it waits its turn is done as it is now', async () => {
  await using world = await startWorld({
    model: [slow(50, says('For Olivia. '.repeat(150))), says('Here are the dogs.')],
  })
  const [member, owner] = [world.as('member'), world.as('owner')]
  const where = await owner.mention('work for me')
  await owner.see(where, /For Olivia/)
  const { ts } = await member.post('say', { channel: 'general', text: '@Patchbay the cats', thread_ts: where.thread })
  await member.see(where, /I'll do this when I am done with the request of/)
  await change(member, 'general', String(ts), '@Patchbay the dogs')
  await member.see(where, /Here are the dogs\./, 30_000)
  expect((await runsOf(world)).map(({ text, why }) => [text, why])).toEqual([
    ['work for me', null],
    ['the cats', 'message_changed'],
    ['the dogs', null],
  ])
  expect(world.model.requests).toHaveLength(2)
  await eventually(async () =>
    expect((await member.messages('general', where.thread)).map(lookOf).join()).not.toMatch(/I'll do this|I stopped/),
  )
})

test('a change after something was done, or after the answer, changes nothing', async () => {
  await using world = await startWorld({
    model: [write('a.txt'), slow(50, says('Written, and now I tell of it. '.repeat(60)))],
  })
  const member = world.as('member')
  await member.connect('filesystem')
  const where = await member.dm('write a.txt')
  await member.decide(where, 'Approve')
  await member.see(where, /now I tell/)
  await change(member, 'dm', where.thread, 'write b.txt')
  await eventually(
    async () => expect(await runsOf(world)).toEqual([{ outcome: 'finished', text: 'write a.txt', why: null }]),
    30_000,
  )
  await change(member, 'dm', where.thread, 'write c.txt')
  await sleep(500)
  expect(await runsOf(world)).toHaveLength(1)
})

test('a request that is changed to "never mind" is stopped', async () => {
  await using world = await startWorld({ model: [write('a.txt'), says('Written.')] })
  const member = world.as('member')
  await member.connect('filesystem')
  const where = await member.dm('write a.txt')
  await member.see(where, /"Approve"/)
  await change(member, 'dm', where.thread, 'never mind')
  await member.see(where, /Okay, I stopped\./)
  expect(await rowsIn(world, 'select status from approvals')).toEqual([{ status: 'stopped' }])
})
