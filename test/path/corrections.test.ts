import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { eventually } from '../support/eventually.ts'
import { lookOf, type Seat, type SeenMessage } from '../support/person.ts'
import { rowsIn } from '../support/rows.ts'
import { says, slow, together, wishes } from '../support/scripted-model.ts'
import { startWorld, type World } from '../support/world.ts'

const drop = (number: number) =>
  wishes('demo-database__execute_sql', { sql: `DELETE FROM employee WHERE emp_no = ${number}` })
const write = (path: string) => wishes('filesystem__write_file', { path, content: 'a' })

const approvalsIn = async (world: World) =>
  (await rowsIn(world, 'select status from approvals order by created_at, id')).map(({ status }) => status)
const requestsIn = async (world: World) =>
  (
    await rowsIn(
      world,
      "select e.body ->> 'text' as text from runs r join run_events e on e.run_id = r.id and e.seq = 1 order by r.number",
    )
  ).map(({ text }) => text)
const countOf = async (world: World, type: string) =>
  (await rowsIn(world, `select seq from run_events where type = '${type}'`)).length

/** The last message that the model was told as the person's: results first, then words. */
const lastTold = (world: World): { results: string; words: string } => {
  const content = world.model.requests.at(-1)?.messages.at(-1)?.content ?? []
  const parts = typeof content === 'string' ? [] : content
  const of = (type: string) => JSON.stringify(parts.filter((part) => part.type === type))
  return { results: of('tool_result'), words: of('text') }
}

type Place = { channel: string; thread?: string }

const looksIn = async (seat: Seat, { channel, thread }: Place): Promise<string[]> =>
  (await seat.messages(channel, thread)).map(lookOf)

/** Cards show the exact arguments, or what came of them. */
const CARD = /rich_text_preformatted| approved: | denied: |· Withdrawn by|Withdrawn, as/

const cardsIn = async (seat: Seat, { channel, thread }: Place): Promise<SeenMessage[]> =>
  (await seat.messages(channel, thread)).filter((one) => CARD.test(lookOf(one)))

const cardIn = (seat: Seat, place: Place, what: RegExp): Promise<SeenMessage> =>
  eventually(async () => {
    const cards = await cardsIn(seat, place)
    const found = cards.find((one) => what.test(lookOf(one)))
    if (found === undefined) throw new Error(`no card like ${what} among ${cards.map(lookOf).join('---')}`)
    return found
  })

const direct: Place = { channel: 'dm' }

const sayIn = async (seat: Seat, { channel, thread }: Place, text: string): Promise<string> =>
  z.object({ ts: z.string() }).parse(await seat.post('say', { channel, text, thread_ts: thread })).ts

test.each([
  { place: 'dm', text: 'Sorry, I meant 10021' },
  { place: 'dm', text: 'Sorry, I meant 10021', isNewLine: true },
  { place: 'general', text: 'Sorry, I meant 10021' },
  { place: 'general', text: '@Patchbay Sorry, I meant 10021' },
])('what the requester says in $place while a delete waits withdraws it: $text', async ({ place, text, isNewLine }) => {
  await using world = await startWorld({
    approvers: ['approver'],
    model: [drop(10020), drop(10021), says('Deleted 10021.')],
  })
  const [member, approver] = [world.as('member'), world.as('approver')]
  await member.connect('demo-database')
  const where = place === 'dm' ? await member.dm('delete 10020') : await member.mention('delete 10020', place)
  const cards = place === 'dm' ? direct : where
  const first = await cardIn(approver, cards, /10020[\s\S]*"Approve"/)
  const said = await sayIn(member, { channel: place, ...(isNewLine ? {} : { thread: where.thread }) }, text)
  if (isNewLine) await member.see({ ...where, thread: said }, /I take this as a correction of _delete 10020_/)
  await member.see(where, /Withdrawn by (?:you|<@UMEMBER1>): Sorry, I meant 10021/)
  const second = await cardIn(approver, cards, /10021[\s\S]*"Approve"/)
  expect(second.ts).not.toBe(first.ts)
  if (place === 'dm') expect(lookOf(second)).toContain('> delete 10020\\n> Sorry, I meant 10021')
  const ended = await cardIn(approver, cards, /10020[\s\S]*Withdrawn by <@UMEMBER1>: Sorry/)
  expect(lookOf(ended)).not.toContain('"Approve"')
  expect(lastTold(world).results).toContain('Not done: before anybody decided')
  expect(lastTold(world).words).toMatch(/\[Morgan Member, [^\]]*\]\\nSorry, I meant 10021/)
  expect(await approvalsIn(world)).toEqual(['withdrawn', 'pending'])
  await approver.press(cards, second.ts, 'Approve')
  await member.see(where, /Deleted 10021\./)
  await member.post('redeliver', { ts: said })
  await sleep(500)
  expect(await requestsIn(world)).toEqual(['delete 10020'])
  expect(await countOf(world, 'called')).toBe(1)
  expect((await looksIn(member, where)).join()).not.toContain("I'll do this")
  await eventually(async () =>
    expect(JSON.stringify(await member.home())).toContain('*delete 10020* → *Sorry, I meant 10021* done'),
  )
})

test('the same call asked for again is shown on the same card, and its approver is told once', async () => {
  await using world = await startWorld({
    approvers: ['approver'],
    model: [drop(10020), drop(10020), drop(10020), says('It is gone.')],
  })
  const [member, approver] = [world.as('member'), world.as('approver')]
  await member.connect('demo-database')
  const where = await member.dm('delete 10020')
  const card = await cardIn(approver, direct, /"Approve"/)
  for (const [at, words] of ['hurry up, it is urgent', 'are you still there?'].entries()) {
    await member.say('dm', words, where.thread)
    await eventually(async () => expect(await approvalsIn(world)).toHaveLength(at + 2))
    await eventually(async () => expect((await cardIn(approver, direct, /"Approve"/)).ts).toBe(card.ts))
  }
  await eventually(async () =>
    expect(await rowsIn(world, "select id from runs where status = 'suspended'")).toHaveLength(1),
  )
  expect(await cardsIn(approver, direct)).toHaveLength(1)
  expect((await looksIn(member, where)).filter((look) => look.includes('Waiting for <@UAPPROV1>'))).toHaveLength(1)
  await approver.press(direct, card.ts, 'Approve')
  await member.see(where, /It is gone\./)
  expect(lookOf(await cardIn(approver, direct, / approved: /))).not.toContain('"Approve"')
  expect(await cardsIn(approver, direct)).toHaveLength(1)
  expect(await countOf(world, 'called')).toBe(1)
})

test('yes, thanks, a greeting, words for others and what others say withdraw nothing', async () => {
  await using world = await startWorld({ model: [write('a.txt'), says('Written.'), says('For Olivia.')] })
  const [member, owner] = [world.as('member'), world.as('owner')]
  await member.connect('filesystem')
  const where = await member.mention('write a.txt')
  const card = await member.see(where, /"Approve"/)
  for (const words of ['yes', 'thank you', '@Patchbay thanks!', '@Patchbay hi', '@owner have a look'])
    await sayIn(member, where, words)
  await sayIn(owner, where, '@Patchbay read it to me')
  const note = await member.see(
    where,
    /I'll do this after the request of Morgan Member above, which waits for an approval/,
  )
  expect(lookOf(note)).not.toMatch(/<@/)
  await sleep(500)
  expect(await approvalsIn(world)).toEqual(['pending'])
  await member.press(where, card.ts, 'Approve')
  await member.see(where, /For Olivia\./)
  expect((await looksIn(member, where)).join()).not.toContain("I'll do this")
  expect(await requestsIn(world)).toEqual(['write a.txt', 'read it to me'])
})

test('a correction acts once, is there after a restart, and another person’s request still waits', async () => {
  await using world = await startWorld({
    model: [write('a.txt'), write('b.txt'), says('Wrote b.'), says('For Olivia.')],
  })
  const [member, owner] = [world.as('member'), world.as('owner')]
  await member.connect('filesystem')
  const where = await member.mention('write a.txt')
  await cardIn(member, where, /a\.txt[\s\S]*"Approve"/)
  await sayIn(owner, where, 'and one for me')
  await member.see(where, /I'll do this after/)
  const ts = await sayIn(member, where, '@Patchbay b.txt, please')
  await cardIn(member, where, /b\.txt[\s\S]*"Approve"/)
  await world.restart()
  await member.post('redeliver', { ts })
  await sleep(700)
  expect(await approvalsIn(world)).toEqual(['withdrawn', 'pending'])
  expect(await countOf(world, 'withdrawn')).toBe(1)
  const card = await cardIn(member, where, /b\.txt[\s\S]*"Approve"/)
  await member.press(where, card.ts, 'Approve')
  await member.see(where, /For Olivia\./)
  expect((await looksIn(member, where)).some((look) => look.includes('Wrote b.'))).toBe(true)
  expect(await requestsIn(world)).toEqual(['write a.txt', 'and one for me'])
})

test('an approval and a correction at once: one of them counts', async () => {
  await using world = await startWorld({ model: [write('a.txt'), says('Then not.'), says('Bye.')] })
  const member = world.as('member')
  await member.connect('filesystem')
  const where = await member.dm('write a.txt')
  const card = await member.see(where, /"Approve"/)
  await Promise.allSettled([member.press(where, card.ts, 'Approve'), sayIn(member, where, 'oh no, leave it')])
  await eventually(async () => expect(await rowsIn(world, "select id from runs where status <> 'closed'")).toEqual([]))
  const [status] = await approvalsIn(world)
  expect(await countOf(world, 'called')).toBe(status === 'approved' ? 1 : 0)
  expect([...(await requestsIn(world))].length + (await countOf(world, 'withdrawn'))).toBe(2)
})

test('what is said before the card is there counts as well: the first call is never asked about', async () => {
  await using world = await startWorld({
    model: [
      slow(40, together(says('Let me think about it for a while. '.repeat(10)), write('a.txt'))),
      write('b.txt'),
      says('Wrote b.'),
    ],
  })
  const member = world.as('member')
  await member.connect('filesystem')
  const where = await member.dm('write a.txt')
  await member.see(where, /Let me think/)
  const ts = await sayIn(member, where, 'no, b.txt')
  await member.see(where, /I'll do this when I am done with the request before it/)
  await member.decide(where, 'Approve')
  await member.see(where, /Wrote b\./)
  await member.post('redeliver', { ts })
  await sleep(500)
  expect((await cardsIn(member, where)).map(lookOf).join()).not.toContain('a.txt')
  expect(await approvalsIn(world)).toEqual(['withdrawn', 'approved'])
  expect(await requestsIn(world)).toEqual(['write a.txt'])
  expect((await looksIn(member, where)).join()).not.toContain("I'll do this")
})

test('a file that comes with a correction is read', async () => {
  await using world = await startWorld({ model: [write('a.txt'), says('Seen.')] })
  const member = world.as('member')
  await member.connect('filesystem')
  const where = await member.dm('write a.txt')
  await member.see(where, /"Approve"/)
  const files = [{ name: 'b.txt', data: Buffer.from('these words').toString('base64') }]
  await member.post('upload', { channel: 'dm', text: 'use this', files, thread_ts: where.thread })
  await member.see(where, /Seen\./)
  expect(lastTold(world).words).toMatch(/use this[\s\S]*these words/)
})

test('the correction is deleted: the run stops', async () => {
  await using world = await startWorld({ model: [write('a.txt'), write('b.txt'), says('Wrote b.')] })
  const member = world.as('member')
  await member.connect('filesystem')
  const where = await member.dm('write a.txt')
  await member.see(where, /"Approve"/)
  const ts = await sayIn(member, where, 'b.txt instead')
  await cardIn(member, where, /b\.txt[\s\S]*"Approve"/)
  await member.post('delete', { channel: 'dm', ts })
  await cardIn(member, where, /Withdrawn, as the message that asked for it was deleted[\s\S]*b\.txt/)
  expect(await approvalsIn(world)).toEqual(['withdrawn', 'stopped'])
})

test('what a person asked for behind a stopped run is not begun until they say so; others’ requests are', async () => {
  await using world = await startWorld({
    model: [slow(50, says('Working on it. '.repeat(400))), says('For Olivia.'), says('Listed.')],
  })
  const [member, owner] = [world.as('member'), world.as('owner')]
  const where = await member.mention('work')
  await member.see(where, /Working/)
  await sayIn(member, where, 'then list the files')
  await sayIn(owner, where, 'and for me?')
  await eventually(async () => expect(await requestsIn(world)).toHaveLength(3))
  await sayIn(member, where, 'stop')
  await member.see(where, /Okay, I stopped\./)
  const held = await member.see(where, /was stopped, so I did not begin this: _then list the files_/)
  await member.see(where, /For Olivia\./)
  expect((await looksIn(member, where)).join()).not.toContain('Listed.')
  await owner.press(where, held.ts, 'Do it now')
  await owner.see(where, /Only <@UMEMBER1> can ask/)
  await member.press(where, held.ts, 'Do it now')
  await member.see(where, /Listed\./)
  await eventually(async () => expect((await looksIn(member, where)).join()).not.toContain("I'll do this"))
})

test('a request that waits behind another person’s can be dropped at once', async () => {
  await using world = await startWorld({ model: [write('a.txt'), says('Written.')] })
  const [member, owner] = [world.as('member'), world.as('owner')]
  await member.connect('filesystem')
  const where = await member.mention('write a.txt')
  const card = await member.see(where, /"Approve"/)
  await sayIn(owner, where, 'read it to me')
  const note = await owner.see(where, /"Drop it"/)
  await member.press(where, note.ts, 'Drop it')
  await member.see(where, /Only <@UOWNER01> or an approver can stop this/)
  await owner.press(where, note.ts, 'Drop it')
  await owner.see(where, /Okay, I stopped\./)
  expect((await looksIn(owner, where)).join()).not.toContain("I'll do this")
  await member.press(where, card.ts, 'Approve')
  await member.see(where, /Written\./)
  expect(world.model.left()).toBe(0)
})
