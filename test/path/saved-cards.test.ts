import { expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { lookOf, type Seat, type SeenMessage } from '../support/person.ts'
import { says, wishes } from '../support/scripted-model.ts'
import { startSecretServer } from '../support/secret-server.ts'
import { startWorld, type World, type WorldOptions } from '../support/world.ts'

const modalLike = (seat: Seat, what: RegExp) =>
  eventually(async () => {
    const view = JSON.stringify(await seat.modal())
    expect(view).toMatch(what)
    return view
  }, 30_000)

/** The last message in a person's direct messages that looks so. */
const heard = (seat: Seat, what: RegExp): Promise<SeenMessage> =>
  eventually(async () => {
    const all = await seat.messages('dm')
    const found = all.findLast((one) => what.test(lookOf(one)))
    if (found === undefined) throw new Error(`nothing like ${what} among:\n${all.map(lookOf).join('\n---\n')}`)
    return found
  }, 20_000)

async function worldWithCard(who: string, { by = 'member', ...more }: WorldOptions & { by?: 'member' | 'owner' } = {}) {
  await using starting = new AsyncDisposableStack()
  const server = starting.use(await startSecretServer('Bearer open-sesame'))
  const world: World = starting.use(
    await startWorld({ ...more, change: (settings) => ({ ...settings, egressAllow: [server.host] }) }),
  )
  const member = world.as(by)
  await member.connect('custom', { name: 'gossip', url: server.url, value: 'Bearer open-sesame' })
  await member.command('list')
  const list = await heard(member, /Save as a run card/)
  await member.press({ channel: 'dm' }, list.ts, 'Save as a run card')
  expect(await modalLike(member, /Your keys are not in it/)).not.toContain('open-sesame')
  await member.submit({ title: 'Village gossip', icon: ':speech_balloon:', description: 'Who said what', who })
  await modalLike(member, /Village gossip.* is saved/)
  await member.close()
  const things = starting.move()
  return { world, server, member, [Symbol.asyncDispose]: () => things.disposeAsync() }
}

test('a card of one person is found and connected by them alone, with a key of its own', async () => {
  await using at = await worldWithCard('me')
  const { member, world } = at
  await member.command('search village')
  const hit = await heard(member, /Village gossip.*saved by you, for yourself/s)
  await member.press({ channel: 'dm' }, hit.ts, 'Connect')
  await modalLike(member, /Sent as Authorization/)
  expect(await member.submit({ value: 'open-sesame' })).toMatchObject({ ok: true })
  await modalLike(member, /Connected! 1 Village gossip tool now available/)
  await member.close()
  const owner = world.as('owner')
  await owner.command('search village')
  await heard(owner, /I found no tool for/)
  await owner.command('cards')
  await heard(owner, /No run cards are saved here yet/)

  await member.command('save-card gossip')
  await modalLike(member, /Your keys are not in it/)
  const again = await member.submit({ title: 'village gossip', icon: ':seedling:', who: 'me' })
  expect(JSON.stringify(again)).toMatch(/There is a run card called \\"Village gossip\\" here/)
})

test('an owner says yes once; everybody connects it, and its tools ask until an owner says what they do', async () => {
  const asks = [wishes('village-gossip__tell', {}), says('Asked first.')]
  const runs = [wishes('village-gossip__tell', {}), says('Straight away.')]
  await using at = await worldWithCard('workspace', { model: [...asks, ...runs] })
  const { member, world, server } = at
  const [owner, approver] = [world.as('owner'), world.as('approver')]
  const request = await heard(owner, /wants to share it/)
  expect(lookOf(request)).toContain(server.host)
  expect(lookOf(request)).not.toContain('open-sesame')
  await owner.press({ channel: 'dm' }, request.ts, 'Approve')
  await heard(member, /shared \*Village gossip\*: everyone here can connect it/)
  const decided = await heard(owner, /Shared: Village gossip/)
  expect(decided.ts).toBe(request.ts)
  expect(lookOf(decided)).not.toContain('card_share_yes')

  await approver.connect('custom', { name: 'other', url: server.url, value: 'Bearer open-sesame' })
  await approver.command('cards')
  const cards = await heard(approver, /Village gossip/)
  expect(lookOf(cards)).not.toContain('Say what its tools do')
  await approver.press({ channel: 'dm' }, cards.ts, 'Connect')
  await modalLike(approver, /Village gossip/)
  await approver.submit({ value: 'open-sesame' })
  await modalLike(approver, /Connected!/)
  await approver.close()
  const first = await approver.dm('what do you know?')
  await approver.decide(first, 'Approve')
  await approver.see(first, /Asked first/)

  await owner.press({ channel: 'dm' }, decided.ts, 'Say what its tools do')
  await modalLike(owner, /It only reads/)
  await owner.submit({ 'tool 0': 'read' })
  await modalLike(owner, /1 of 1 run without asking/)
  await owner.close()
  const second = await approver.dm('and now?')
  await approver.see(second, /Straight away/)

  await owner.command('cards')
  const removable = await heard(owner, /1 saved run card/)
  await owner.press({ channel: 'dm' }, removable.ts, 'Remove')
  await eventually(async () => {
    await owner.command('cards')
    expect((await owner.messages('dm')).map(lookOf).at(-1)).toContain('No run cards are saved here yet')
  })
  await approver.command('test village-gossip')
  await heard(approver, /village-gossip.*1 tool/s)
})

test('what an owner denied stays with its maker, from the Home tab too, and is not asked again', async () => {
  await using at = await worldWithCard('workspace')
  const { member, world } = at
  const owner = world.as('owner')
  const request = await heard(owner, /wants to share it/)
  const home = async () => JSON.stringify(await owner.home())
  await eventually(async () =>
    expect(await home()).toMatch(/made a run card of \*Village gossip\* and wants to share it/),
  )
  await owner.pressInHome('Deny')
  await heard(member, /did not share \*Village gossip\*/)
  await eventually(async () => expect(await home()).not.toContain('Village gossip'))
  expect((await heard(owner, /Not shared: Village gossip/)).ts).toBe(request.ts)
  await member.command('cards')
  const mine = await heard(member, /an owner did not want to share it/)
  expect(lookOf(mine)).not.toContain('Share with everyone here')
})

test('an owner shares a card of theirs at once', async () => {
  await using at = await worldWithCard('me', { by: 'owner' })
  const owner = at.member
  await owner.command('cards')
  const cards = await heard(owner, /yours alone/)
  await owner.press({ channel: 'dm' }, cards.ts, 'Share with everyone here')
  await heard(owner, /Everyone here can connect it/)
  const member = at.world.as('member')
  await member.command('connect')
  await modalLike(member, /Saved here.*Village gossip/)
})
