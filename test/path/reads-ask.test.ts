import { expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { startServerProcess } from '../support/mcp-house.ts'
import { local, modalOf, seenIn } from '../support/offering.ts'
import type { Seat } from '../support/person.ts'
import { says, wishes } from '../support/scripted-model.ts'
import { startWorld, type World } from '../support/world.ts'

const DIARY = JSON.stringify({ uri: 'diary://mine', name: 'Diary', kind: 'text/plain' })
const VAULT = JSON.stringify({ uri: 'vault://mine', name: 'Vault', kind: 'text/plain' })
const lastRequest = (world: World) => JSON.stringify(world.model.requests.at(-1)?.messages)

async function connected(seat: Seat, script: string) {
  const server = await startServerProcess(script, ['0'])
  await seat.connect('custom', { url: `http://127.0.0.1:${server.port}/mcp` })
  return server
}

/** Answers the question in the thread with a name. */
async function answer(seat: Seat, where: { channel: string; thread: string }, asks: RegExp, who: string) {
  const card = await seat.see(where, asks)
  await seat.press(where, card.ts, 'Answer')
  await eventually(async () => expect(JSON.stringify(await seat.modal())).toContain('Who'))
  expect(await seat.submit({ Who: who })).toMatchObject({ ok: true })
}

test.each(['skills-new.ts', 'offers-old.ts'])(
  'reading that asks first goes on with the answer, with the protocol of %s',
  async (script) => {
    await using world = await startWorld({
      ...local,
      model: [wishes('custom__read_resource', { uri: 'diary://mine' }), says('Read it.')],
    })
    const member = world.as('member')
    await using _server = await connected(member, script)
    const where = await member.dm('read the diary')
    await answer(member, where, /Whose diary\?/, 'Ada')
    await member.see(where, /Read it\./)
    expect(lastRequest(world)).toMatch(/(Dear diary|Diary of).*Ada/)
  },
)

test.each(['skills-new.ts', 'offers-old.ts'])(
  'a prompt that asks first is got in the run it begins, with the protocol of %s',
  async (script) => {
    await using world = await startWorld({ ...local, model: [says('Dear Ada,')] })
    const member = world.as('member')
    await using _server = await connected(member, script)
    await member.command('prompts custom', 'ops')
    await modalOf(member, /1 prompt of custom/)
    await member.pressInModal('Use it', 'letter')
    await modalOf(member, /"text":"Run"/)
    expect(await member.submit(script === 'skills-new.ts' ? { city: 'Rome' } : {})).toMatchObject({ ok: true })
    await modalOf(member, /I am on it/)
    const root = await seenIn(member, 'ops', /<@UMEMBER1> used the prompt Letter of custom/)
    const where = { channel: 'ops', thread: root.ts }
    await answer(member, where, /To whom\?/, 'Ada')
    await member.see(where, /Dear Ada,/)
    const request = lastRequest(world)
    expect(request).toMatch(/<prompt name=.{2,6}letter.*Write to .*Ada/)
    expect(request).toContain('The person chose a prompt of a server, and the first call gets it')
    expect(world.model.requests).toHaveLength(1)
  },
)

test('no prompt is got because the model wants it', async () => {
  await using world = await startWorld({
    ...local,
    model: [wishes('custom__get_prompt', { name: 'letter', arguments: {} }), says('I cannot.')],
  })
  const member = world.as('member')
  await using _server = await connected(member, 'skills-new.ts')
  const where = await member.dm('write a letter')
  await member.see(where, /I cannot\./)
  expect(lastRequest(world)).toContain('Only people choose prompts')
})

test('a question about a resource that asks first is answered in the run; reading it alone says where', async () => {
  await using world = await startWorld({ ...local, model: [says('It is about Ada.')] })
  const member = world.as('member')
  await using _server = await connected(member, 'skills-new.ts')
  await member.command('resources custom')
  await modalOf(member, /of custom/)
  await member.pressInModal('Open', DIARY)
  await modalOf(member, /Ask about it/)
  await member.pressInModal('Read here')
  await modalOf(member, /has a question for you before.*Ask about it/)
  await member.close()
  await member.pressInModal('Open', DIARY)
  await modalOf(member, /Ask about it/)
  await member.submit({ question: 'who is it about?' })
  await modalOf(member, /Asked/)
  const root = await seenIn(member, 'dm', /You asked about Diary of custom/)
  const where = { channel: 'dm', thread: root.ts }
  await answer(member, where, /Whose diary\?/, 'Ada')
  await member.see(where, /It is about Ada\./)
  expect(lastRequest(world)).toMatch(
    /^\[\{"role":"user","content":\[\{"type":"text","text":"\[Morgan Member, [^\]]*\]\\nwho is it about\?/,
  )
  expect(lastRequest(world)).toMatch(/Dear diary.*Ada/)
})

test('a page to open before reading is opened from the thread', async () => {
  await using world = await startWorld({ ...local, model: [says('Gold.')] })
  const member = world.as('member')
  await using _server = await connected(member, 'offers-old.ts')
  await member.command('resources custom')
  await modalOf(member, /2 resources of custom/)
  await member.pressInModal('Open', VAULT)
  await modalOf(member, /Ask about it/)
  await member.submit({ question: 'what is in it?' })
  await modalOf(member, /Asked/)
  const root = await seenIn(member, 'dm', /asked about Vault of custom/)
  const where = { channel: 'dm', thread: root.ts }
  const card = await member.see(where, /Open the vault/)
  expect(JSON.stringify(card.blocks)).toContain('example.com')
  await member.press(where, card.ts, 'I’m done')
  await member.see(where, /Gold\./)
  expect(lastRequest(world)).toContain('gold')
})
