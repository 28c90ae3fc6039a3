import { expect, test } from 'vitest'
import { manifestWith } from '../slack-emulator/manifest-with.ts'
import { eventually } from '../support/eventually.ts'
import { lookOf, type Seat } from '../support/person.ts'
import { rowsIn } from '../support/rows.ts'
import { fails, hangs, says, wishes } from '../support/scripted-model.ts'
import { startWorld, type World } from '../support/world.ts'

const modalLike = (person: Seat, look: RegExp) =>
  eventually(async () => {
    const view = JSON.stringify(await person.modal())
    expect(view).toMatch(look)
    return view
  })

const heard = (person: Seat, look: RegExp, channel = 'dm') =>
  eventually(async () => {
    const found = (await person.messages(channel)).findLast((one) => look.test(lookOf(one)))
    if (!found) throw new Error(`nothing like ${look} in:\n${(await person.messages(channel)).map(lookOf).join('\n')}`)
    return found
  })

/** Makes an agent through the form; `shared` presses Share in the word that it is saved. */
async function makeAgent(person: Seat, fields: Record<string, unknown>, shared = false): Promise<void> {
  await person.command('agent new')
  await modalLike(person, /New agent/)
  expect(await person.submit({ purpose: `is ${fields.name}`, ...fields })).toEqual({ ok: true })
  await modalLike(person, /is saved/)
  if (shared) {
    await person.pressInModal('Share with everybody here')
    await modalLike(person, /Everybody in this workspace can use/)
  }
  await person.close()
}

const WRITE = wishes('filesystem__write_file', { path: 'a.txt', content: 'a' })

const agentsOf = async (world: World) =>
  (
    await rowsIn(world, "select body -> 'agent' as agent from run_events where type = 'started' order by at, run_id")
  ).map(({ agent }) => agent)

test('a newcomer makes an agent from a template by pressing, asks it by name, and another one in the same thread', async () => {
  await using world = await startWorld({
    model: [says('Three findings.'), says('Still three.'), says('Forty-two rows.'), says('As ever.')],
  })
  const member = world.as('member')
  await member.command('agents')
  const empty = await heard(member, /No agents yet/)
  await member.press({ channel: 'dm' }, empty.ts, 'New agent')
  await modalLike(member, /Begin with a template/)
  const typed = { purpose: 'Reads merge requests' }
  await member.post('press', { view: true, button: 'Template', value: 'Reviewer', values: typed })
  const filled = await modalLike(member, /You review what you are given/)
  expect(filled, 'what was typed stays').toContain('Reads merge requests')
  expect(await member.submit()).toEqual({ ok: true })
  await modalLike(member, /Reviewer\* is saved.*yours alone until you share it/)
  await member.close()
  await makeAgent(member, { name: 'Data analyst', face: 'bar_chart', instructions: 'Count.' })

  const where = await member.mention('Reviewer look at !12')
  await member.see(where, /Three findings/)
  await member.say(where.channel, 'and now?', where.thread)
  await member.see(where, /Still three/)
  await member.mention('data analyst: how many rows?', where.channel, where.thread)
  await member.see(where, /Forty-two rows/)
  await member.mention('Patchbay: and you?', where.channel, where.thread)
  await member.see(where, /As ever/)
  expect(await agentsOf(world)).toMatchObject([
    { name: 'Reviewer', chosenBy: 'name', version: 1 },
    { name: 'Reviewer', chosenBy: 'thread' },
    { name: 'Data analyst', chosenBy: 'name', face: ':bar_chart:', instructions: 'Count.' },
    null,
  ])
  const asked = JSON.stringify(world.model.requests.map(({ messages }) => messages.at(-1)))
  expect(asked).toContain('look at !12')
  expect(asked, 'the address is no part of the request').not.toMatch(/Reviewer look|data analyst: how/)
})

test('an edit, a restored version and an archive change nothing of what was asked before', async () => {
  await using world = await startWorld({ model: [says('One.'), says('Two.'), says('Three.'), says('Four.')] })
  const member = world.as('member')
  await makeAgent(member, { name: 'Scribe', instructions: 'First words.' })
  await member.see(await member.dm('Scribe: one'), /One\./)
  const edit = async () => {
    await member.command('agents')
    const list = await heard(member, /"agent_edit"/)
    await member.press({ channel: 'dm' }, list.ts, 'Edit')
    await modalLike(member, /Edit agent/)
  }
  await edit()
  expect(await member.submit({ name: 'Slackbot' })).toMatchObject({
    ok: false,
    errors: { name: expect.stringMatching(/reads like/) },
  })
  expect(await member.submit({ name: 'Scribe', instructions: 'Second words.' })).toEqual({ ok: true })
  await modalLike(member, /Requests under way go on with what it was before/)
  await member.close()
  await member.see(await member.dm('Scribe: two'), /Two\./)

  const list = await heard(member, /"agent_more"/)
  await member.press({ channel: 'dm' }, list.ts, 'More')
  await modalLike(member, /First words.*Restore/)
  await member.pressInModal('Restore')
  await modalLike(member, /as it was in version 1. That is version 3 now/)
  await member.close()
  const third = await member.dm('Scribe: three')
  await member.see(third, /Three\./)
  expect(await agentsOf(world)).toMatchObject([
    { version: 1, instructions: 'First words.' },
    { version: 2, instructions: 'Second words.' },
    { version: 3, instructions: 'First words.' },
  ])

  await member.press({ channel: 'dm' }, list.ts, 'More')
  await modalLike(member, /"agent_archive"/)
  await member.pressInModal('Archive')
  await modalLike(member, /is archived/)
  await member.close()
  await member.say('dm', 'and now?', third.thread)
  await member.see(third, /You cannot use \*Scribe\*, who answered here before/)
  await member.see(third, /Four\./)
  expect((await agentsOf(world)).at(-1)).toBeNull()
})

test('an edit during a run changes nothing of it, nor the name on its answer', async () => {
  await using world = await startWorld({ model: [WRITE, says('Written.')] })
  const member = world.as('member')
  await member.connect('filesystem')
  await makeAgent(member, { name: 'Scribe', instructions: 'First words.' })
  const where = await member.dm('Scribe: write a')
  await member.see(where, /"Approve"/)
  await member.command('agents')
  await member.press({ channel: 'dm' }, (await heard(member, /"agent_edit"/)).ts, 'Edit')
  await modalLike(member, /Edit agent/)
  expect(await member.submit({ name: 'Chronicler', instructions: 'Second words.' })).toEqual({ ok: true })
  await member.decide(where, 'Approve')
  expect(await member.see(where, /Written\./)).toMatchObject({ username: 'Scribe' })
  expect(await agentsOf(world)).toMatchObject([{ name: 'Scribe', version: 1, instructions: 'First words.' }])
})

test('where two agents have one name nobody guesses, and that is said', async () => {
  await using world = await startWorld({ model: [says('I answer.'), says('So do I.')] })
  const [member, owner] = [world.as('member'), world.as('owner')]
  await makeAgent(member, { name: 'Scribe' })
  await makeAgent(owner, { name: 'Scribe' }, true)
  const where = await member.dm('Scribe: write')
  await member.see(where, /There is more than one agent called \*Scribe\*, so I answer/)
  await member.see(where, /I answer\./)
  await owner.see(await owner.dm('Scribe: write'), /So do I/)
  expect(await agentsOf(world)).toMatchObject([null, { name: 'Scribe' }])
})

test('a channel gets its agent from whoever chooses first, and everybody reads who did', async () => {
  await using world = await startWorld({
    model: [says('I am the app.'), says('Again I.'), says('Here I am.'), says('For you.'), says('By myself.')],
  })
  const [member, owner] = [world.as('member'), world.as('owner')]
  await makeAgent(member, { name: 'Release helper', face: ':package:' }, true)
  const first = await owner.mention('anybody?')
  await owner.see(first, /I am the app/)
  const offer = await owner.see(first, /Choose an agent for <#C/)
  const again = await owner.mention('anybody else?')
  await owner.see(again, /Again I/)
  const choice = { button: 'agent_channel', value: 'Release helper: is Release helper' }
  await owner.post('press', { channel: first.channel, ts: offer.ts, ...choice })
  const chosen = await owner.see(first, /<@UOWNER\w*> chose .*Release helper/)
  expect(chosen.ts).toBe(offer.ts)
  const second = await owner.mention('and now?')
  await owner.see(second, /Here I am/)
  expect(await agentsOf(world)).toMatchObject([null, null, { name: 'Release helper', chosenBy: 'channel' }])
  const all = (await owner.messages(first.channel, again.thread)).map(lookOf).join()
  expect(all, 'offered once').not.toContain('Choose an agent for')

  await member.command('agents', 'general')
  const list = await heard(member, /answers here where nobody is named/, 'general')
  await member.press({ channel: 'general' }, list.ts, 'Stop using it')
  await heard(member, /<@UMEMBER\w*> chose that I answer here myself/, 'general')
  await member.command('agents')
  const own = await heard(member, /"agent_use"/)
  await member.press({ channel: 'dm' }, own.ts, 'Use for me')
  await heard(member, /answers you from now on/)
  await member.see(await member.mention('mine?'), /For you/)
  await owner.see(await owner.mention('mine?'), /By myself/)
  expect((await agentsOf(world)).slice(3)).toMatchObject([{ chosenBy: 'person' }, null])

  await owner.command('agents release')
  const others = await heard(owner, /"agent_more"/)
  expect(lookOf(others), 'only its maker edits and shares').not.toMatch(/agent_edit|agent_share/)
  await owner.command('search release notes')
  await heard(owner, /Release helper.*an agent: ask it by its name/s)
})

test('what an agent works with and its asker has not connected is offered to them, once', async () => {
  await using world = await startWorld({ model: [says('I see nothing.'), says('Still nothing.')] })
  const [member, owner] = [world.as('member'), world.as('owner')]
  await member.connect('filesystem')
  await makeAgent(member, { name: 'Clerk', connections: ['filesystem'] }, true)
  const where = await owner.dm('Clerk: what is in my folder?')
  const offer = await owner.see(where, /\*Clerk\* works with Files, which you have not connected/)
  await owner.dm('and now?', where.thread)
  await owner.see(where, /Still nothing/)
  expect((await owner.messages('dm', where.thread)).filter((one) => /works with Files/.test(lookOf(one)))).toHaveLength(
    1,
  )
  await owner.press(where, offer.ts, 'Connect Files')
  await modalLike(owner, /Connect a tool/)
  expect((await agentsOf(world))[0]).toMatchObject({ name: 'Clerk', connections: ['filesystem'] })
})

test('names of people and of those who decide are refused, and nothing that was typed is lost', async () => {
  await using world = await startWorld()
  const member = world.as('member')
  await member.command('agent new')
  await modalLike(member, /New agent/)
  await member.pressInModal('More: helpers, tools, model, limits')
  await modalLike(member, /Most turns a request/)
  const fields = {
    purpose: 'helps',
    instructions: 'A long text.',
    turns: '20',
    cost: 'much',
    model: 'gpt',
    face: '🔍🔍',
  }
  const wrong = await member.submit({ name: 'Morgan  member', ...fields })
  expect(wrong).toMatchObject({
    ok: false,
    errors: {
      turns: expect.stringMatching(/2 to 15/),
      cost: expect.anything(),
      model: expect.stringMatching(/Claude/),
      face: expect.stringMatching(/:mag:/),
    },
  })
  const again = await member.submit({ turns: '3', cost: '0.5', model: 'claude-haiku-5', face: ':mag:' })
  expect(again).toMatchObject({
    ok: false,
    errors: { name: expect.stringMatching(/Somebody in this workspace is called so/) },
  })
  expect(await member.submit({ name: 'Workspace admin' })).toMatchObject({
    ok: false,
    errors: { name: expect.stringMatching(/decides/) },
  })
  expect(await member.submit({ name: 'Morgan’s helper' })).toEqual({ ok: true })
  const [row] = await rowsIn(world, 'select definition from agents')
  expect(row?.definition).toEqual({
    name: 'Morgan’s helper',
    face: ':mag:',
    purpose: 'helps',
    instructions: 'A long text.',
    model: 'claude-haiku-5',
    limits: { turns: 3, costUsd: 0.5 },
  })
})

test('under an answer another agent is asked the same; trouble is told under the app’s own name', async () => {
  await using world = await startWorld({ model: [says('Mine.'), says('Theirs.'), fails(400)] })
  const member = world.as('member')
  await makeAgent(member, { name: 'Scribe' })
  await makeAgent(member, { name: 'Poet' })
  const where = await member.dm('Scribe: write of the sea')
  const answer = await member.see(where, /Ask another agent/)
  await member.press(where, answer.ts, 'Ask another agent')
  await modalLike(member, /It gets the same words: _write of the sea_/)
  expect(await member.submit({ agent: 'Poet: is Poet' })).toEqual({ ok: true })
  await modalLike(member, /answers in the thread/)
  await member.see(where, /asks \*Poet\* the same/)
  await member.see(where, /Theirs/)
  expect(await agentsOf(world)).toMatchObject([{ name: 'Scribe' }, { name: 'Poet', chosenBy: 'name' }])
  const texts = await rowsIn(world, "select body ->> 'text' as text from run_events where type = 'started'")
  expect(texts).toEqual([{ text: 'write of the sea' }, { text: 'write of the sea' }])

  const failing = await member.dm('Poet: fail')
  await member.see(failing, /Try again/)
  const keys = await rowsIn(world, "select key from slack_messages where key like 'note:end'")
  expect(keys).toHaveLength(1)
})

test('a question that an agent offers in direct messages is asked in its thread, and the agent answers', async () => {
  await using world = await startWorld({
    model: [says('It is long.\n\nYou could ask me:\n- How long is it?'), says('Nine metres.')],
  })
  const member = world.as('member')
  await makeAgent(member, { name: 'Scribe' })
  const where = await member.dm('Scribe, look at it')
  const answer = await member.see(where, /You could ask me/)
  await member.press(where, answer.ts, 'How long is it?')
  await member.see(where, /You asked:\* How long is it\?/)
  await member.see(where, /Nine metres/)
  expect(await agentsOf(world)).toMatchObject([{ name: 'Scribe' }, { name: 'Scribe', chosenBy: 'thread' }])
})

test('an agent is told to stop by its name', async () => {
  await using world = await startWorld({ model: [hangs()] })
  const member = world.as('member')
  await makeAgent(member, { name: 'Scribe' })
  const where = await member.mention('Scribe: write of the sea')
  await member.see(where, /"run_stop"/)
  await member.mention('scribe: stop', where.channel, where.thread)
  await member.see(where, /[Ss]topped/)
  expect(await agentsOf(world)).toHaveLength(1)
})

test('a muted thread is heard and not answered until it is unmuted; a mention is', async () => {
  await using world = await startWorld({ model: [says('Yes.'), says('Mentioned.'), says('Back.')] })
  const [member, owner] = [world.as('member'), world.as('owner')]
  const where = await member.mention('are you there?')
  await member.see(where, /Yes\./)
  await owner.say(where.channel, 'mute', where.thread)
  await owner.see(where, /I am quiet in this thread now/)
  await member.say(where.channel, 'we talk among ourselves', where.thread)
  await member.mention('and this?', where.channel, where.thread)
  await member.see(where, /Mentioned\./)
  expect(JSON.stringify(world.model.requests.at(-1)), 'it was heard').toContain('we talk among ourselves')
  await member.say(where.channel, 'unmute', where.thread)
  await member.see(where, /I listen in this thread again/)
  await member.say(where.channel, 'go on', where.thread)
  await member.see(where, /Back\./)
  expect(await agentsOf(world), 'what was said while it was quiet asked for nothing').toHaveLength(3)
})

test('an agent’s answer carries its name and face; cards, notes and errors carry the app’s own', async () => {
  await using world = await startWorld({ model: [WRITE, says('Written.'), says('Plain.'), fails(400)] })
  const member = world.as('member')
  await member.connect('filesystem')
  await makeAgent(member, { name: 'Scribe', face: ':pencil2:' })
  const where = await member.dm('Scribe: write a')
  const card = await member.see(where, /"Approve"/)
  expect(card.username).toBeUndefined()
  await member.press(where, card.ts, 'Approve')
  const answer = await member.see(where, /Written\./)
  expect(answer).toMatchObject({ username: 'Scribe' })
  expect(lookOf(answer), 'its name stands on the message').not.toContain('*Scribe*')
  expect(await member.see(await member.dm('hello you'), /Plain\./)).not.toHaveProperty('username')
  const trouble = await member.see(await member.dm('Scribe: fail'), /Try again/)
  expect(trouble.username).toBeUndefined()
})

test('without the scope Slack is asked once with a name, and a line names the agent', async () => {
  await using world = await startWorld({ manifest: manifestWith({}), model: [says('One.'), says('Two.'), hangs()] })
  const member = world.as('member')
  await makeAgent(member, { name: 'Scribe', face: ':pencil2:' })
  for (const [ask, told] of [
    ['Scribe: one', /:pencil2: \*Scribe\*.*One\.|One\.[\s\S]*:pencil2: \*Scribe\*/],
    ['Scribe: two', /:pencil2: \*Scribe\*.*Two\.|Two\.[\s\S]*:pencil2: \*Scribe\*/],
  ] as const) {
    const answer = await member.see(await member.dm(ask), told)
    expect(answer.username).toBeUndefined()
    expect(answer.blocks?.[0]).toMatchObject({ type: 'context' })
  }
  const live = await member.dm('Scribe: three')
  const streamed = await member.see(live, /:pencil2: \*Scribe\*/)
  expect(streamed).toMatchObject({ streaming: true })
  await member.press(live, streamed.ts, 'Stop')
  expect(world.log().match(/agents have no names and faces here/g)).toHaveLength(1)
})

test('a user group that is called as an agent asks it, without a mention', async () => {
  await using world = await startWorld({ model: [says('By group.')] })
  const member = world.as('member')
  await makeAgent(member, { name: 'On call' })
  await member.see(await member.say('general', '@oncall what is broken?'), /By group/)
})
