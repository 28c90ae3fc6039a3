import { expect, test } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { lookOf, type Seat, type SeenMessage } from '../../support/person.ts'
import { says } from '../../support/scripted-model.ts'
import { startSecretServer } from '../../support/secret-server.ts'
import { startWorld } from '../../support/world.ts'

const DM = 'dm'

/** Waits for an ephemeral or other message at the top of the person's DM. */
const told = (seat: Seat, what: RegExp): Promise<SeenMessage> =>
  eventually(async () => {
    const all = await seat.messages(DM)
    const found = all.findLast((one) => what.test(lookOf(one)))
    if (found === undefined) throw new Error(`nothing like ${what} among:\n${all.map(lookOf).join('\n---\n')}`)
    return found
  })

const modalLike = (seat: Seat, what: RegExp, withinMs?: number) =>
  eventually(async () => expect(JSON.stringify(await seat.modal())).toMatch(what), withinMs)

test('connect, straight to the card: testing, then the confirmation with questions', async () => {
  await using world = await startWorld({ model: [says('There are none.')] })
  const member = world.as('member')
  await member.command('connect filesystem')
  await modalLike(member, /"Name"/)
  expect(await member.submit({ Name: 'BAD name' })).toMatchObject({
    ok: false,
    errors: { name: expect.stringMatching(/lowercase|small/i) },
  })
  expect(await member.submit({ Name: 'my-files' })).toEqual({ ok: true })
  await modalLike(member, /✅ Connected! \d+ .*tools now available/, 20_000)
  const starter = /"action_id":"starter_ask:0","value":"([^"]+)"/.exec(JSON.stringify(await member.modal()))?.[1] ?? ''
  await member.pressInModal(starter)
  await modalLike(member, /Asked\. The answer comes in our direct messages\. <http[^|]+\|Go there>/)
  await eventually(() => expect(JSON.stringify(world.model.requests[0]?.messages)).toContain(starter))
})

test('connect: choose a card, secrets never come back, failures keep the rest and ask for no more than was typed', async () => {
  const secret = 'Bearer hunter2'
  const server = await startSecretServer(secret)
  await using world = await startWorld({ change: (settings) => ({ ...settings, egressAllow: [server.host] }) })
  const member = world.as('member')
  await member.command('connect')
  await modalLike(member, /connect_pick/)
  await member.pressInModal('Service', 'custom')
  await modalLike(member, /"Address"/)
  expect(await member.submit({ url: server.url, value: `${secret}-wrong` })).toEqual({ ok: true })
  await modalLike(member, /refused this key \(401\).*Please enter \\"Key\\" again: I never keep secrets\./, 30_000)
  const again = await member.modal()
  expect(JSON.stringify(again)).toContain(server.url)
  expect(JSON.stringify(again?.blocks)).not.toMatch(/hunter2|"text":"Client id"/)
  expect(await member.submit({ value: secret })).toEqual({ ok: true })
  await modalLike(member, /Connected!/, 30_000)
  await member.close()

  await server[Symbol.asyncDispose]()
  await member.command('test custom')
  const failed = await told(member, /"Reconnect custom"/)
  await member.press({ channel: DM }, failed.ts, 'Reconnect custom')
  await modalLike(member, /Leave empty to keep/)
  await member.submit({})
  await modalLike(member, /"type":"alert"/, 60_000)
  expect(JSON.stringify(await member.modal())).not.toContain('I never keep secrets')
})

test('the rest of a form comes on request and keeps what was typed; an old failure never stands over a new one', async () => {
  const server = await startSecretServer('Bearer hunter2')
  await using world = await startWorld({ change: (settings) => ({ ...settings, egressAllow: [server.host] }) })
  const member = world.as('member')
  await member.command('connect custom')
  await modalLike(member, /"Address".*"Key".*"Name".*"More"/)
  expect(JSON.stringify(await member.modal())).not.toMatch(/"text":"(Client id|Second header)"/)
  await member.post('press', { view: true, button: 'More', values: { url: server.url } })
  await modalLike(member, /"Address".*"Key".*"Name".*"Client id".*"Header".*"Second header"/)
  expect(JSON.stringify(await member.modal())).toContain(server.url)
  await member.submit({ url: server.url })
  await modalLike(member, /This server wants a key\. Paste it in \\"Key\\"/, 30_000)
  expect(await member.submit({ url: 'https://10.0.0.1/mcp', value: 'hunter2' })).toEqual({ ok: true })
  await modalLike(member, /"type":"alert".*Address: .*10\.0\.0\.1.*EGRESS_ALLOW/)
  expect(JSON.stringify(await member.modal())).not.toContain('wants a key')
  expect(await member.submit({ url: server.url })).toEqual({ ok: true })
  await modalLike(member, /✅ Connected! 1 custom tool now available/, 30_000)
  await server[Symbol.asyncDispose]()
})

test('a failed connect is told, and tried again with what was typed but for secrets', async () => {
  const server = await startSecretServer('Bearer hunter2')
  await using world = await startWorld({ change: (settings) => ({ ...settings, egressAllow: [server.host] }) })
  const member = world.as('member')
  await member.command('connect custom')
  await modalLike(member, /"Address"/)
  await member.submit({ url: server.url, value: 'wrong-key', name: 'mine' })
  await member.close()
  const failed = await told(member, /mine\* is not connected.*refused this key/)
  expect(JSON.stringify(failed)).not.toContain('wrong-key')
  await member.press({ channel: DM }, failed.ts, 'Try again')
  await modalLike(member, /Please enter \\"Key\\" again: I never keep secrets/)
  const form = JSON.stringify(await member.modal())
  expect(form).toContain(server.url)
  expect(form).toContain('"mine"')
  await member.submit({ value: 'hunter2' })
  await modalLike(member, /✅ Connected! 1 mine tool now available/, 30_000)
  await server[Symbol.asyncDispose]()
})

test.each([
  [{}, /Signing in with your browser is not set up here, so please fill this in/],
  [{ github: { client_id: 'ours' } }, /Leave it empty to sign in with your browser\./],
])('the form of GitHub says whether a sign-in is set up: %o', async (prefills, words) => {
  await using world = await startWorld({ change: (settings) => ({ ...settings, prefills }) })
  const member = world.as('member')
  await member.command('connect github')
  await modalLike(member, words)
})

test('connect without pressing the menu: the form of the chosen card comes on submit', async () => {
  await using world = await startWorld()
  const member = world.as('member')
  await member.command('connect')
  await modalLike(member, /connect_pick/)
  await member.submit({ Service: 'filesystem' })
  await modalLike(member, /"Name"/)
})

test('a closed modal is no reason not to be told', async () => {
  await using world = await startWorld()
  const member = world.as('member')
  await member.command('connect filesystem', 'general')
  await modalLike(member, /"Name"/)
  await member.submit({})
  await member.close()
  await eventually(async () => {
    const seen = await member.messages('general')
    expect(seen.find((one) => /Connected! \d+ .*tools/.test(one.text))?.ephemeral).toBe(true)
  }, 20_000)
})

test('typos get the nearest word as a button', async () => {
  await using world = await startWorld()
  const [member, owner] = [world.as('member'), world.as('owner')]
  await member.connect('filesystem')
  await member.command('conect filesystm')
  const word = await told(member, /Did you mean \/mcp connect filesystm/)
  await member.press({ channel: DM }, word.ts, 'Yes, connect filesystm')
  const card = await told(member, /no service called "filesystm"/i)
  await member.press({ channel: DM }, card.ts, 'Connect filesystem')
  await modalLike(member, /"filesystem-2"/)
  await member.close()
  await member.command('test filesytem')
  await told(member, /You have no connection called "filesytem"\. Did you mean filesystem\?/)
  for (const [typed, button, then] of [
    ['hlep', 'Yes, help', /Anything that could do harm waits for approval/],
    ['hlp', 'Yes, help', /Anything that could do harm waits for approval/],
    ['remove', 'Yes, disconnect', /Which connection do you want to disconnect/],
  ] as const) {
    await member.command(typed)
    const meant = await told(member, new RegExp(`There is no command "/mcp ${typed}"`))
    await member.press({ channel: DM }, meant.ts, button)
    await told(member, then)
  }
  await member.command('add')
  await member.press({ channel: DM }, (await told(member, /There is no command "\/mcp add"/)).ts, 'Yes, connect')
  await modalLike(member, /connect_pick/)

  await owner.command('aprovers @owner')
  const people = await told(owner, /Did you mean \/mcp approvers @Olivia Owner\?/)
  expect(JSON.stringify(people.blocks?.[0])).not.toContain('UOWNER01')
  await owner.press({ channel: DM }, people.ts, 'Yes, approvers @Olivia Owner')
  await told(owner, /There is 1 approver\./)
})

test('a word after tools that is no connection is looked for in all; a tool that takes SQL is listed as such', async () => {
  await using world = await startWorld()
  const member = world.as('member')
  await member.connect('filesystem')
  await member.connect('demo-database')
  await member.command('tools write')
  await told(member, /\d tools? of your connections matching "write"/)
  await member.command('tools nope')
  const word = await told(member, /no connection and no tool called "nope"/)
  await member.press({ channel: DM }, word.ts, 'demo-database')
  await told(member, /\d+ tools of demo-database/)
  await told(member, /asks before SQL that changes something/)
})

test('help, list, tools, test', async () => {
  await using world = await startWorld()
  const member = world.as('member')
  await member.connect('filesystem')
  await member.command('')
  const help = await told(member, /Connect your tools, then ask me/)
  expect(help.ephemeral).toBe(true)
  await member.press({ channel: DM }, help.ts, 'My connections')
  await told(member, /:large_green_circle: connected · \d+ tools · not used yet/)
  await member.command('tools filesystem')
  const tools = await told(member, /page 1 of 2/)
  await member.press({ channel: DM }, tools.ts, 'Next')
  await told(member, /page 2 of 2/)
  await member.press({ channel: DM }, tools.ts, 'Search')
  await modalLike(member, /Press Enter to search/)
  await member.submit({ Search: 'directory_tree' })
  await modalLike(member, /1 tool of filesystem matching/)
  await member.command('test')
  await told(member, /works\. \d+ tools, answered in \d+ ms/)
})

test('disconnect asks first and names what is lost', async () => {
  await using world = await startWorld()
  const member = world.as('member')
  await member.connect('filesystem')
  await member.command('disconnect filesystem')
  const asked = await told(member, /You lose its \d+ tools/)
  await member.press({ channel: DM }, asked.ts, 'Disconnect')
  await told(member, /Disconnected filesystem\..*files it made for you stay/)
  await member.command('list')
  await told(member, /Connect a tool/)
})

test('approvers are set by owners, from mentions', async () => {
  await using world = await startWorld()
  const [member, owner] = [world.as('member'), world.as('owner')]
  await member.command('approvers @approver')
  await told(member, /Only an owner of/)
  await told(member, /There are no approvers/)
  await owner.command('approvers @approver @owner')
  await told(owner, /There are 2 approvers/)
  await owner.command('approvers nobodyhere')
  await told(owner, /I don't know who "nobodyhere" is/)
  await owner.command('approvers <@UNOPE>')
  await told(owner, /I don't know who "@UNOPE" is/)
  await owner.command('approvers none')
  await told(owner, /There are no approvers/)
})

test('a button of a view is found without saying which view', async () => {
  await using world = await startWorld()
  const member = world.as('member')
  await expect(member.post('press', { button: 'Help' })).rejects.toThrow(/channel, ts: missing.*no modal open/)
  await expect(member.post('press', { button: 'Help', ts: '1.2' })).rejects.toThrow(/channel: missing/)
  await expect(member.post('press', { button: 'Help', channel: 'dm' })).rejects.toThrow(/ts: missing/)
  await expect(member.post('press', {})).rejects.toThrow(/button:/)
  await eventually(async () => expect(JSON.stringify(await member.home())).toContain('Your connections'))
  await member.post('press', { button: 'Connect a tool' })
  await modalLike(member, /connect_pick/)
  await member.post('press', { button: 'Service', value: 'custom' })
  await modalLike(member, /"Address"/)
  await expect(member.post('press', { button: 'Help' })).rejects.toThrow(/there is no .+Help.+ here/)
  await member.post('press', { button: 'Help', home: true })
  await modalLike(member, /could do harm waits/)
})

test('a connection is tested and looked at in Home', async () => {
  await using world = await startWorld()
  const member = world.as('member')
  await member.connect('filesystem')
  await eventually(async () => expect(JSON.stringify(await member.home())).toContain('command_run:test filesystem'))
  await member.post('press', { home: true, button: 'Test' })
  await modalLike(member, /works: \d+ tools, answered in \d+ ms/)
  await member.close()
  await member.post('press', { home: true, button: 'Tools' })
  await modalLike(member, /\d+ tools of filesystem/)
})
