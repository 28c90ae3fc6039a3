import { expect, test } from 'vitest'
import { newConnectionId } from '../../src/ids.ts'
import { eventually } from '../support/eventually.ts'
import { lookOf } from '../support/person.ts'
import { connectionOf, ruleOf } from './fakes.ts'
import { type Stage, startStage } from './stage.ts'
import { asks, replies } from './states.ts'

const DM = 'dm'

/** Waits for an ephemeral or other message at the top of the member's DM. */
const told = (stage: Stage, what: RegExp, who: 'member' | 'owner' = 'member') =>
  eventually(async () => {
    const all = await stage.as(who).messages(DM)
    const found = all.filter((one) => what.test(lookOf(one))).at(-1)
    expect(found, all.map(lookOf).join('\n---\n')).toBeDefined()
    return found ?? { ts: '', text: '', from: '' }
  })

const modalLike = (stage: Stage, what: RegExp) =>
  eventually(async () => expect(JSON.stringify(await stage.as('member').modal())).toMatch(what))

test('connect, straight to the card: testing, then the confirmation with questions', async () => {
  await using stage = await startStage()
  const member = stage.as('member')
  stage.connecting.control.delayMs = 300
  await member.command('connect filesystem')
  await modalLike(stage, /Files in a folder of your own/)
  expect(await member.submit({ Name: 'BAD name' })).toEqual({ ok: false, errors: { name: 'Small letters only.' } })
  expect(await member.submit({ Name: 'my-files' })).toEqual({ ok: true })
  await modalLike(stage, /Testing…/)
  await modalLike(stage, /✅ Connected! 2 filesystem tools now available/)
  expect(stage.connecting.tries).toHaveLength(1)
  await member.pressInModal('List my files')
  const run = await stage.next()
  expect(run.request).toMatchObject({ text: 'List my files', origin: { place: 'dm', user: 'UMEMBER1' } })
  await modalLike(stage, /Asked\. The answer comes in our direct messages\. <http[^|]+\|Go there>/)
})

test('connect: choose a card, secrets never come back, failures keep the rest', async () => {
  await using stage = await startStage()
  const member = stage.as('member')
  await member.command('connect')
  await modalLike(stage, /connect_pick/)
  await member.pressInModal('Service', 'postgres')
  await modalLike(stage, /Connection string/)
  stage.connecting.control.fail = 'The database does not answer. Check host and port.'
  const secret = 'postgres://me:hunter2@db/x'
  expect(await member.submit({ 'Connection string': secret, Schema: 'sales', Mode: 'read' })).toEqual({ ok: true })
  await modalLike(stage, /The database does not answer\. Check host and port\. Please enter secrets again\./)
  const again = JSON.stringify(await member.modal())
  expect(again).toContain('sales')
  expect(JSON.stringify((await member.modal())?.blocks)).not.toContain('hunter2')
  stage.connecting.control.fail = undefined
  expect(await member.submit({ 'Connection string': secret })).toEqual({ ok: true })
  await modalLike(stage, /Connected!/)
  expect(stage.connecting.tries.at(-1)?.draft).toEqual({
    card: 'postgres',
    name: 'postgres',
    inputs: { dsn: secret, schema: 'sales', mode: 'read' },
  })
})

test('secrets are asked for again only where some were typed', async () => {
  await using stage = await startStage({ connections: [connectionOf({ name: 'db', card: 'postgres' })] })
  stage.connecting.control.fail = 'The database does not answer.'
  const member = stage.as('member')
  await member.command('reconnect db')
  await modalLike(stage, /Leave empty to keep/)
  await member.submit({ Mode: 'read' })
  await modalLike(stage, /The database does not answer/)
  expect(JSON.stringify(await member.modal())).not.toContain('enter secrets again')
})

test('connect without pressing the menu: the form of the chosen card comes on submit', async () => {
  await using stage = await startStage()
  const member = stage.as('member')
  await member.command('connect')
  await modalLike(stage, /connect_pick/)
  await member.submit({ Service: 'filesystem' })
  await modalLike(stage, /"Name"/)
})

test('a closed modal is no reason not to be told', async () => {
  await using stage = await startStage()
  const member = stage.as('member')
  stage.connecting.control.delayMs = 400
  await member.command('connect filesystem', 'general')
  await modalLike(stage, /"Name"/)
  await member.submit({})
  await member.close()
  await eventually(async () => {
    const seen = await member.messages('general')
    expect(seen.find((one) => /Connected! 2 filesystem tools/.test(one.text))?.ephemeral).toBe(true)
  })
})

test('typos get the nearest word as a button', async () => {
  await using stage = await startStage({ connections: [connectionOf()] })
  const member = stage.as('member')
  await member.command('conect filesystm')
  const word = await told(stage, /Did you mean \/mcp connect filesystm/)
  await member.press({ channel: DM }, word.ts, 'Yes, connect filesystm')
  const card = await told(stage, /no service called "filesystm"/i)
  await member.press({ channel: DM }, card.ts, 'Connect filesystem')
  await modalLike(stage, /"filesystem-2"/)
  await member.command('test filesytem')
  await told(stage, /You have no connection called "filesytem"\. Did you mean filesystem\?/)
})

test.each([
  ['hlep', 'Yes, help', /anything that could do harm waits for approval/],
  ['hlp', 'Yes, help', /anything that could do harm waits for approval/],
  ['add', 'Yes, connect', undefined],
  ['remove', 'Yes, disconnect', /Which connection do you want to disconnect/],
])('/mcp %s suggests what is meant', async (typed, button, then) => {
  await using stage = await startStage({ connections: [connectionOf()] })
  const member = stage.as('member')
  await member.command(typed)
  const word = await told(stage, new RegExp(`There is no "/mcp ${typed}"`))
  await member.press({ channel: DM }, word.ts, button)
  if (then) await told(stage, then)
  else await modalLike(stage, /connect_pick/)
})

test('people in a suggestion go by their names', async () => {
  await using stage = await startStage()
  const owner = stage.as('owner')
  await owner.command('aprovers @owner')
  const word = await told(stage, /Did you mean \/mcp approvers @owner\?/, 'owner')
  expect(JSON.stringify(word.blocks?.[0])).not.toContain('UOWNER01')
  await owner.press({ channel: DM }, word.ts, 'Yes, approvers @owner')
  await told(stage, /There is 1 approver\./, 'owner')
  expect(stage.ruling.approvers()).toEqual(['UOWNER01'])
})

test('a word after tools that is no connection is looked for in all', async () => {
  await using stage = await startStage({
    connections: [connectionOf(), connectionOf({ id: newConnectionId(), name: 'other', card: 'postgres' })],
  })
  const member = stage.as('member')
  await member.command('tools write')
  await told(stage, /2 tools of your connections matching "write"/)
  await member.command('tools nope')
  const word = await told(stage, /no tool matches that\. Your connections: filesystem and other\./)
  await member.press({ channel: DM }, word.ts, 'other')
  await told(stage, /2 tools of other/)
})

test('a tool that takes SQL is listed as such', async () => {
  await using stage = await startStage({ connections: [connectionOf()] })
  stage.connecting.connect.word = () => ({
    class: 'write',
    vouched: true,
    idempotent: false,
    sql: { argument: 'sql', dialect: 'sqlite' },
  })
  await stage.as('member').command('tools filesystem')
  await told(stage, /asks before SQL that changes something/)
})

test('help, list, tools, test', async () => {
  const many = Array.from({ length: 23 }, (_, at) => ({
    name: `tool_${at}`,
    description: `Number ${at}`,
    inputSchema: {},
  }))
  await using stage = await startStage({ connections: [connectionOf({ tools: many })] })
  const member = stage.as('member')
  await member.command('')
  const help = await told(stage, /Connect your tools, then ask me/)
  expect(help.ephemeral).toBe(true)
  await member.press({ channel: DM }, help.ts, 'My connections')
  await told(stage, /:large_green_circle: connected · 23 tools · not used yet/)
  await member.command('tools filesystem')
  const tools = await told(stage, /page 1 of 3/)
  await member.press({ channel: DM }, tools.ts, 'Next')
  await told(stage, /page 2 of 3/)
  await member.press({ channel: DM }, tools.ts, 'Search')
  await modalLike(stage, /Press Enter to search/)
  await member.submit({ Search: 'number 17' })
  await modalLike(stage, /1 tool of filesystem matching/)
  await member.command('test')
  await told(stage, /works\. 2 tools, answered in 12 ms/)
  stage.connecting.control.fail = 'The server refuses the token.'
  await member.command('test filesystem')
  const failed = await told(stage, /The server refuses the token/)
  await member.press({ channel: DM }, failed.ts, 'Reconnect filesystem')
  await modalLike(stage, /"Reconnect"/)
})

test('disconnect asks first and names what is lost', async () => {
  await using stage = await startStage({ connections: [connectionOf({ credential: 'connection/x' })] })
  const member = stage.as('member')
  await member.command('disconnect filesystem')
  const asked = await told(stage, /You lose its 2 tools, the saved secret and your always-allow rules/)
  expect(stage.connecting.rows).toHaveLength(1)
  await member.press({ channel: DM }, asked.ts, 'Disconnect')
  await told(stage, /Disconnected filesystem\. Its secret and its tools are gone; files it made for you stay/)
  expect(stage.connecting.rows).toHaveLength(0)
})

test('approvers are set by owners, from mentions', async () => {
  await using stage = await startStage()
  await stage.as('member').command('approvers @approver')
  await told(stage, /Only an owner or admin/)
  expect(stage.ruling.approvers()).toEqual([])
  const owner = stage.as('owner')
  await owner.command('approvers @approver @owner')
  await told(stage, /There are 2 approvers/, 'owner')
  expect(stage.ruling.approvers()).toEqual(['UAPPROV1', 'UOWNER01'])
  await owner.command('approvers nobodyhere')
  await told(stage, /I don't know who "nobodyhere" is/, 'owner')
  await owner.command('approvers <@UNOPE>')
  await told(stage, /I don't know who "@UNOPE" is/, 'owner')
  await owner.command('approvers none')
  await told(stage, /There are no approvers/, 'owner')
})

test('rules are listed and taken back', async () => {
  await using stage = await startStage()
  stage.ruling.own.push(ruleOf())
  const member = stage.as('member')
  await member.command('rules')
  const rules = await told(stage, /Always allow \*write_file\* of \*filesystem\*/)
  await member.press({ channel: DM }, rules.ts, 'Revoke')
  await told(stage, /Revoked: I will ask before write_file again/)
  expect(stage.ruling.own).toEqual([])
  await told(stage, /You have no rules of your own/)
})

test('a button of a view is found without saying which view', async () => {
  await using stage = await startStage({ connections: [connectionOf()] })
  const member = stage.as('member')
  await expect(member.post('press', { button: 'Help' })).rejects.toThrow(/channel, ts: missing.*no modal open/)
  await expect(member.post('press', { button: 'Help', ts: '1.2' })).rejects.toThrow(/channel: missing/)
  await expect(member.post('press', { button: 'Help', channel: 'dm' })).rejects.toThrow(/ts: missing/)
  await expect(member.post('press', {})).rejects.toThrow(/button:/)
  await eventually(async () => expect(JSON.stringify(await member.home())).toContain('Your connections'))
  await member.post('press', { button: 'Connect a tool' })
  await modalLike(stage, /connect_pick/)
  await member.post('press', { button: 'Service', value: 'postgres' })
  await modalLike(stage, /Connection string/)
  await expect(member.post('press', { button: 'Help' })).rejects.toThrow(/there is no .+Help.+ here/)
  await member.post('press', { button: 'Help', home: true })
  await modalLike(stage, /could do harm waits/)
})

test('the Home tab: what waits for me comes first, decides there, and follows changes', async () => {
  await using stage = await startStage({ connections: [connectionOf()] })
  stage.ruling.own.push(ruleOf())
  const member = stage.as('member')
  const home = async () => JSON.stringify(await member.home())
  await eventually(async () => expect(await home()).toContain('Your connections'))
  await member.dm('write')
  const run = await stage.next()
  run.emit(replies('', { id: 'toolu_1', tool: 'write_file', input: { path: 'a', content: 'b' } }))
  run.emit(asks('toolu_1', ['UMEMBER1']))
  await run.settle()
  await eventually(async () => expect(await home()).toContain('1 approval waiting for you'))
  await member.post('press', { home: true, button: 'Approve' })
  await eventually(() => expect(stage.answers).toHaveLength(1))
  await eventually(async () => expect(await home()).not.toContain('waiting for you'))
  await member.post('press', { home: true, button: 'Revoke' })
  await eventually(async () => expect(await home()).not.toContain('Revoke'))
  await member.post('press', { home: true, button: 'Test' })
  await modalLike(stage, /works: 2 tools, answered in 12 ms/)
  await member.close()
  await member.post('press', { home: true, button: 'Tools' })
  await modalLike(stage, /2 tools of filesystem/)
})
