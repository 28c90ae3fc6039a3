import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { lookOf, type Seat } from '../../support/person.ts'
import { rowsIn } from '../../support/rows.ts'
import { says, slow, wishes } from '../../support/scripted-model.ts'
import { startWorld, type World } from '../../support/world.ts'

const write = wishes('filesystem__write_file', { path: 'a', content: 'b' })
const drop = wishes('demo-database__execute_sql', { sql: 'DELETE FROM employee WHERE emp_no = 10001' })

const requestsOf = async (world: World) =>
  (
    await rowsIn(
      world,
      `select e.body ->> 'text' as text from runs r join run_events e on e.run_id = r.id and e.seq = 1 order by r.number`,
    )
  ).map(({ text }) => text)

const approvalsOf = (world: World) => rowsIn(world, 'select status from approvals')

const pointersIn = async (seat: Seat, channel: string, thread?: string) =>
  (await seat.messages(channel, thread)).map(lookOf).filter((look) => look.includes('Words alone'))

const WORDS = [
  'yes',
  'Yes, please!',
  'ok',
  'approve it',
  'go ahead',
  'no',
  'Deny.',
  "don't",
  '👍',
  ':+1:',
  'ja',
  'はい',
]

test('yes and no under a card decide nothing, point at the card once each, and are not run afterwards', async () => {
  await using world = await startWorld({ model: [write, says('Written.'), says('Listed.')] })
  const member = world.as('member')
  await member.connect('filesystem')
  const here = await member.mention('write')
  const card = await member.see(here, /"Approve"/)
  for (const word of WORDS) await member.say('general', word, here.thread)
  await member.say('general', '@Patchbay yes', here.thread)
  const pointed = WORDS.length + 1
  await eventually(async () => expect(await pointersIn(member, 'general', here.thread)).toHaveLength(pointed))
  const [pointer] = await pointersIn(member, 'general', here.thread)
  expect(pointer).toMatch(/<https?:[^|]+\|Go there>/)
  expect(pointer).toContain(card.ts.replace('.', ''))
  expect(await pointersIn(world.as('owner'), 'general', here.thread)).toEqual([])
  expect(await approvalsOf(world)).toEqual([{ status: 'pending' }])
  await member.press(here, card.ts, 'Approve')
  await member.see(here, /Written\./)
  await member.say('general', 'yes, and list the folder too', here.thread)
  await member.see(here, /Listed\./)
  await sleep(500)
  expect(await pointersIn(member, 'general', here.thread)).toHaveLength(pointed)
  expect(await requestsOf(world)).toEqual(['write', 'yes, and list the folder too'])
})

test('in a DM, a yes on a new line points at the card of the thread above, also where an approver has it', async () => {
  await using world = await startWorld({ approvers: ['approver'], model: [drop, says('Deleted.')] })
  const member = world.as('member')
  await member.connect('demo-database')
  const here = await member.dm('delete number 10001')
  await member.see(here, /Waiting for/)
  for (const thread of [undefined, here.thread]) {
    const said = await member.dm('Yes', thread)
    const told = await member.see(said, /only <@UAPPROV1> can, on the card/)
    expect(lookOf(told)).toMatch(/\|Go there>/)
  }
  expect(await requestsOf(world)).toEqual(['delete number 10001'])
  expect(await approvalsOf(world)).toEqual([{ status: 'pending' }])
})

test('a yes that no card waits for is a request, as is one after the card was decided', async () => {
  await using world = await startWorld({
    model: [says('Shall I go on?'), says('Gone on.'), write, says('All right.'), says('Bye.')],
  })
  const member = world.as('member')
  await member.connect('filesystem')
  const here = await member.dm('begin')
  await member.see(here, /Shall I go on/)
  await member.dm('yes', here.thread)
  await member.see(here, /Gone on\./)
  await member.dm('write it down', here.thread)
  await member.decide(here, 'Deny')
  await member.see(here, /All right\./)
  await member.dm('ok', here.thread)
  await member.see(here, /Bye\./)
  expect(await requestsOf(world)).toEqual(['begin', 'yes', 'write it down', 'ok'])
})

test.each([
  'stop, please',
  '*stop*',
  'cancel',
  'Stop it now!',
  '@Patchbay abort',
  'bitte stopp',
  'arrête',
  'para',
  '止めて',
  ':octagonal_sign:',
  'cancel that',
])('%s stops what is at work', async (words) => {
  await using world = await startWorld({ model: [slow(50, says('Working on it. '.repeat(500)))] })
  const member = world.as('member')
  const here = await member.mention('work')
  await member.see(here, /Working/)
  await member.say('general', words, here.thread)
  await member.see(here, /Okay, I stopped\./)
  expect(await requestsOf(world)).toEqual(['work'])
})

test('a request that begins like a stop is a request', async () => {
  const requests = ['stop the server', 'cancel my 3 pm meeting', 'cancel it']
  await using world = await startWorld({ model: [...requests, ''].map(() => says('Here you are.')) })
  const member = world.as('member')
  const here = await member.mention('begin')
  await member.see(here, /Here you are/)
  for (const [at, text] of requests.entries()) {
    await member.say('general', `@Patchbay ${text}`, here.thread)
    await eventually(async () =>
      expect(await rowsIn(world, "select id from runs where status = 'closed'")).toHaveLength(at + 2),
    )
  }
  expect(await requestsOf(world)).toEqual(['begin', ...requests])
})
