import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { expect, test } from 'vitest'
import { startSlackEmulator } from '../../slack-emulator/start-slack-emulator.ts'
import { createTestDatabase } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { freePort } from '../support/free-port.ts'
import { startInstance } from '../support/instance.ts'
import { memoryLog } from '../support/log.ts'
import { startServerProcess } from '../support/mcp-house.ts'
import { lookOf, personIn, type Seat } from '../support/person.ts'
import { type Script, says, startScriptedModel, wishes } from '../support/scripted-model.ts'
import { startWorld, type World, type WorldOptions } from '../support/world.ts'

type Row = Record<string, unknown>

async function rows(databaseUrl: string, sql: string): Promise<Row[]> {
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    return (await client.query<Row>(sql)).rows
  } finally {
    await client.end()
  }
}

const given = (url: string) => rows(url, 'select status, answered_by from input_requests order by created_at')
const events = async (url: string) =>
  (await rows(url, 'select type from run_events order by run_id, seq')).map((row) => row.type)

/** A server of the new protocol in a process of its own, and what it noted. */
async function startAsking() {
  const folder = await mkdtemp(join(tmpdir(), 'patchbay-asking-'))
  const log = join(folder, 'log')
  const server = await startServerProcess('http-asks.ts', ['0'], { FIXTURE_LOG: log })
  return {
    host: `127.0.0.1:${server.port}`,
    url: `http://127.0.0.1:${server.port}/mcp`,
    noted(what: string): string[] {
      try {
        return readFileSync(log, 'utf8')
          .split('\n')
          .filter((line) => line.startsWith(what))
      } catch {
        return []
      }
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

type Asking = Awaited<ReturnType<typeof startAsking>>

const worldWith = (asking: Asking, model: Script[], more: WorldOptions = {}): Promise<World> =>
  startWorld({ ...more, model, change: (settings) => ({ ...settings, egressAllow: [asking.host] }) })

/** Connects the server as "shop" and lets its call go ahead. */
async function begin(member: Seat, asking: Asking, text = 'order a desk', channel: 'dm' | 'general' = 'dm') {
  await member.connect('custom', { Name: 'shop', Address: asking.url })
  const where = channel === 'dm' ? await member.dm(text) : await member.mention(text)
  await member.decide(where, 'Approve')
  return where
}

const order = wishes('shop__order', { item: 'desk' })

test('a form of the new protocol is answered in a modal: bad values stand at their field, good ones go on', async () => {
  await using asking = await startAsking()
  await using world = await worldWith(asking, [order, says('Ordered.')])
  const member = world.as('member')
  const where = await begin(member, asking)
  const card = await member.see(where, /"Answer"/)
  expect(lookOf(card)).toMatch(/\*shop asks:\* Whose account is it\?/)
  expect(lookOf(card)).toContain('Only you can answer')
  expect(lookOf(card)).not.toContain('http-asks')
  await eventually(async () =>
    expect(await rows(world.databaseUrl, 'select status, owner from runs')).toEqual([
      { status: 'suspended', owner: null },
    ]),
  )
  await member.press(where, card.ts, 'Answer')
  await eventually(async () => expect(JSON.stringify(await member.modal())).toContain('Do not enter passwords'))
  const bad = await member
    .post('submit', { values: { Owner: 'A', Seats: '3' } })
    .catch((error: unknown) => String(error))
  expect(JSON.stringify(bad)).toMatch(/at least 2/)
  const worse = await member.submit({ Owner: 'Ada', Seats: '3', Mail: 'ada@example.c.' })
  expect(worse).toMatchObject({ ok: false, errors: { 'field 2': expect.stringContaining('e-mail') } })
  expect(await given(world.databaseUrl)).toEqual([{ status: 'pending', answered_by: null }])
  expect(await member.submit({ Owner: 'Ada', Seats: '4', Mail: 'ada@example.com', Plan: 'Large' })).toMatchObject({
    ok: true,
  })
  await member.see(where, /Ordered\./)
  expect(asking.noted('order')).toHaveLength(2)
  const [, state, answer] = /^order desk (.*?) (\{.*)$/.exec(asking.noted('order').at(-1) ?? '') ?? []
  expect(state).toBe('state of desk: "ü" \\ %')
  expect(JSON.parse(answer ?? '')).toEqual({
    action: 'accept',
    content: { owner: 'Ada', seats: 4, mail: 'ada@example.com', plan: 'l' },
  })
  const after = await eventually(async () => {
    const found = (await member.messages(where.channel, where.thread)).find((one) => one.ts === card.ts)
    expect(lookOf(found ?? card)).toContain('Answered by <@UMEMBER1>')
    return found ?? card
  })
  expect(lookOf(after)).not.toContain('"Answer"')
  expect(lookOf(after)).not.toContain('ada@example.com')
})

test.each([
  ['decline', 'Declined by'],
  ['cancel', 'Closed without an answer'],
] as const)('a form is met with %s, and the server hears it', async (action, words) => {
  await using asking = await startAsking()
  await using world = await worldWith(asking, [order, says('All right.')])
  const member = world.as('member')
  const where = await begin(member, asking)
  const card = await member.see(where, /"Answer"/)
  if (action === 'decline') await member.press(where, card.ts, 'Decline')
  else {
    await member.press(where, card.ts, 'Answer')
    await eventually(async () => expect(await member.modal()).not.toBeNull())
    await member.close()
  }
  await member.see(where, /All right\./)
  await member.see(where, new RegExp(words))
  expect(asking.noted('order').at(-1)).toContain(`{"action":"${action}"}`)
})

test('only who asked may answer; two clicks and two windows give one answer', async () => {
  await using asking = await startAsking()
  await using world = await worldWith(asking, [order, says('Okay.')])
  const [member, owner] = [world.as('member'), world.as('owner')]
  const where = await begin(member, asking, 'order a desk', 'general')
  const card = await member.see(where, /"Answer"/)
  await owner.press(where, card.ts, 'Answer')
  await owner.see(where, /Only <@UMEMBER1>, who asked for this, can answer/)
  await owner.press(where, card.ts, 'Decline')
  expect(await owner.modal()).toBeNull()
  expect(await given(world.databaseUrl)).toEqual([{ status: 'pending', answered_by: null }])
  await member.press(where, card.ts, 'Answer')
  await eventually(async () => expect(await member.modal()).not.toBeNull())
  const clicks = await Promise.allSettled([
    member.submit({ Owner: 'Ada', Seats: '1' }),
    member.press(where, card.ts, 'Decline'),
    member.press(where, card.ts, 'Decline'),
  ])
  expect(clicks.some((click) => click.status === 'fulfilled')).toBe(true)
  await member.see(where, /Okay\./)
  expect(asking.noted('order')).toHaveLength(2)
  expect((await events(world.databaseUrl)).filter((type) => type === 'given_input')).toHaveLength(1)
})

test('two rounds are two questions, one after the other', async () => {
  await using asking = await startAsking()
  await using world = await worldWith(asking, [wishes('shop__twice', {}), says('Twice.')])
  const member = world.as('member')
  const where = await begin(member, asking)
  const first = await member.see(where, /asks:\* First/)
  await member.press(where, first.ts, 'Answer')
  await eventually(async () => expect(await member.modal()).not.toBeNull())
  await member.submit({ Owner: 'Ada', Seats: '1' })
  const second = await member.see(where, /asks:\* Second/)
  await member.press(where, second.ts, 'Answer')
  await eventually(async () => expect(JSON.stringify(await member.modal())).toContain('Sure?'))
  await member.submit({ 'Sure?': 'Yes' })
  await member.see(where, /Twice\./)
  expect(asking.noted('twice')).toEqual(['twice new', 'twice one', 'twice two'])
  expect((await events(world.databaseUrl)).filter((type) => type === 'called')).toHaveLength(3)
})

test('a server that only wants to be asked again is, and one that never ends is given up', async () => {
  await using asking = await startAsking()
  const model = [wishes('shop__later', {}), wishes('shop__endless', {}), says('So it is.')]
  await using world = await worldWith(asking, model)
  const member = world.as('member')
  const where = await begin(member, asking)
  await eventually(
    async () => expect(JSON.stringify(world.model.requests.at(-1)?.messages)).toContain('now it is done'),
    15_000,
  )
  await member.decide(where, 'Approve')
  await member.see(where, /So it is/, 30_000)
  expect(asking.noted('later')).toEqual(['later 2', 'later 1', 'later 0'])
  expect(asking.noted('endless')).toHaveLength(11)
  expect(JSON.stringify(world.model.requests.at(-1)?.messages)).toContain('kept asking for more')
})

test('a page to open: its whole address, and a word when one is done', async () => {
  await using asking = await startAsking()
  await using world = await worldWith(asking, [
    wishes('shop__page', { url: 'https://pay.example.com/order?id=7' }),
    wishes('shop__page', { url: 'http://pay.example.com/' }),
    says('Paid.'),
  ])
  const member = world.as('member')
  const where = await begin(member, asking)
  const card = await member.see(where, /"Open pay\.example\.com"/)
  expect(lookOf(card)).toContain('"text":"pay.example.com","style":{"bold":true}')
  expect(lookOf(card)).toContain('/order?id=7')
  await member.press(where, card.ts, 'Open pay.example.com')
  expect(await given(world.databaseUrl), 'to look is no answer').toEqual([{ status: 'pending', answered_by: null }])
  await member.press(where, card.ts, 'I’m done')
  await eventually(() => expect(asking.noted('page').at(-1)).toBe('page {"action":"accept"}'))
  await member.decide(where, 'Approve')
  await member.see(where, /Paid\./)
  expect(JSON.stringify(world.model.requests.at(-1)?.messages)).toContain('is not an https address')
})

test('in a channel the page is shown to who asked alone', async () => {
  await using asking = await startAsking()
  await using world = await worldWith(asking, [
    wishes('shop__page', { url: 'https://pay.example.com/secret-path' }),
    says('Paid.'),
  ])
  const member = world.as('member')
  const where = await begin(member, asking, 'pay it', 'general')
  const card = await member.see(where, /"See the page"/)
  expect(lookOf(card)).not.toContain('secret-path')
  await member.press(where, card.ts, 'See the page')
  await eventually(async () => expect(JSON.stringify(await member.modal())).toContain('secret-path'))
  await member.pressInModal('I’m done')
  await member.see(where, /Paid\./)
  expect(asking.noted('page').at(-1)).toBe('page {"action":"accept"}')
})

test('Stop while a question is open: nobody is asked any more, and the call does not go on', async () => {
  await using asking = await startAsking()
  await using world = await worldWith(asking, [order])
  const member = world.as('member')
  const where = await begin(member, asking)
  const card = await member.see(where, /"Answer"/)
  await member.press(where, card.ts, 'Answer')
  await eventually(async () => expect(await member.modal()).not.toBeNull())
  await member.dm('stop', where.thread)
  await member.see(where, /Okay, I stopped/)
  await member.see(where, /Not needed any more/)
  await member.submit({ Owner: 'Ada', Seats: '1' })
  const late = JSON.stringify(await member.modal())
  expect(late).toContain('Not needed any more')
  expect(late, 'what was typed is not lost').toContain('Owner: Ada')
  expect(await given(world.databaseUrl)).toEqual([{ status: 'over', answered_by: null }])
  expect(asking.noted('order')).toHaveLength(1)
})

test('the answer comes twenty hours later, after a restart, from Home', async () => {
  await using asking = await startAsking()
  await using world = await worldWith(asking, [order, says('Ordered at last.')])
  const member = world.as('member')
  const where = await begin(member, asking)
  await member.see(where, /"Answer"/)
  await eventually(async () =>
    expect(await rows(world.databaseUrl, 'select status from runs')).toEqual([{ status: 'suspended' }]),
  )
  await rows(
    world.databaseUrl,
    "update input_requests set created_at = created_at - interval '20 hours', expires_at = expires_at - interval '20 hours'",
  )
  await world.restart()
  await member.post('open', {})
  await eventually(async () =>
    expect(JSON.stringify(await member.home())).toContain('question waiting for your answer'),
  )
  await member.pressInHome('Answer')
  await eventually(async () => expect(await member.modal()).not.toBeNull())
  expect(await member.submit({ Owner: 'Ada', Seats: '2' })).toMatchObject({ ok: true })
  await member.see(where, /Ordered at last/)
  await member.see(where, /Answered by/)
  expect(asking.noted('order')).toHaveLength(2)
})

test('nobody answers for a day: the server hears that as cancelled', async () => {
  await using asking = await startAsking()
  await using world = await worldWith(asking, [order, says('Never mind.')])
  const member = world.as('member')
  const where = await begin(member, asking)
  const card = await member.see(where, /"Answer"/)
  await rows(world.databaseUrl, "update input_requests set expires_at = now() - interval '1 second'")
  await member.press(where, card.ts, 'Decline')
  await member.see(where, /Never mind/)
  await member.see(where, /Nobody answered in time/)
  expect(asking.noted('order').at(-1)).toContain('{"action":"cancel"}')
})

test('an instance is killed while a question is open: another one goes on with the answer', {
  timeout: 90_000,
}, async () => {
  await using resources = new AsyncDisposableStack()
  const asking = resources.use(await startAsking())
  const dataDir = await mkdtemp(join(tmpdir(), 'patchbay-elicit-'))
  resources.defer(() => rm(dataDir, { recursive: true, force: true }))
  const database = resources.use(await createTestDatabase())
  const model = resources.use(await startScriptedModel(order, says('Ordered elsewhere.')))
  const ports = [await freePort(), await freePort()]
  const appUrls = ports.map((port) => `http://127.0.0.1:${port}/slack/events`)
  const slack = resources.use(await startSlackEmulator({ port: 0, mode: 'http', appUrls, log: memoryLog().log }))
  const start = (port: number) => {
    const instance = startInstance({
      SLACK_BOT_TOKEN: slack.botToken,
      SLACK_SIGNING_SECRET: slack.signingSecret,
      SLACK_API_URL: slack.apiUrl,
      DATABASE_URL: database.url,
      ANTHROPIC_BASE_URL: model.baseURL,
      EGRESS_ALLOW: asking.host,
      DATA_DIR: dataDir,
      PORT: String(port),
    })
    resources.defer(async () => {
      instance.kill('SIGKILL')
      await instance.ended
    })
    return instance
  }
  const first = start(ports[0] ?? 0)
  await first.ready
  const member = personIn(slack.url, 'member')
  const where = await begin(member, asking)
  const card = await member.see(where, /"Answer"/)
  first.kill('SIGKILL')
  await first.ended
  await start(ports[1] ?? 0).ready
  await eventually(() => member.press(where, card.ts, 'Answer'), 20_000)
  await eventually(async () => expect(await member.modal()).not.toBeNull())
  await member.submit({ Owner: 'Ada', Seats: '2' })
  await member.see(where, /Ordered elsewhere/, 30_000)
  expect(asking.noted('order')).toHaveLength(2)
})

const ask = wishes('everything__trigger-elicitation-request', {})

/** Connects the reference server of the old protocol, and lets its call go ahead. */
async function beginOld(member: Seat) {
  await member.connect('everything')
  const where = await member.dm('ask me')
  await member.decide(where, 'Approve')
  return where
}

test('the old protocol: the server waits on the wire, the time left is shown and moves, the answer goes through', {
  timeout: 90_000,
}, async () => {
  await using world = await startWorld({ model: [ask, says('Thank you.')] })
  const member = world.as('member')
  const where = await beginOld(member)
  const card = await member.see(where, /"Answer"/)
  const leftIn = (look: string) => /(\d:\d\d) left/.exec(look)?.[1]
  const first = leftIn(lookOf(card))
  expect(first).toMatch(/^[12]:/)
  expect(await rows(world.databaseUrl, 'select live, kind from input_requests')).toEqual([{ live: true, kind: 'form' }])
  await member.press(where, card.ts, 'Answer')
  await eventually(async () => expect(await member.modal()).not.toBeNull())
  const form = JSON.stringify(await member.modal())
  for (const kind of ['email_text_input', 'url_text_input', 'datepicker', 'number_input', 'multi_static_select'])
    expect(form).toContain(kind)
  await eventually(async () => {
    const now = (await member.messages(where.channel, where.thread)).find((one) => one.ts === card.ts)
    expect(leftIn(lookOf(now ?? card))).not.toBe(first)
  }, 40_000)
  await member.submit({ String: 'Ada' })
  await member.see(where, /Thank you\./)
  await member.see(where, /Answered by <@UMEMBER1>/)
  const read = JSON.stringify(world.model.requests.at(-1)?.messages)
  expect(read).toContain('Name: Ada')
  expect(read).toContain('Favorite Integer: 42')
})

test('the old protocol hears no; nobody in time means cancelled; Stop ends the call', { timeout: 90_000 }, async () => {
  await using world = await startWorld({ model: [ask, ask, says('Enough.'), ask] })
  const member = world.as('member')
  const where = await beginOld(member)
  const first = await member.see(where, /"Answer"/)
  await member.press(where, first.ts, 'Decline')
  await member.decide(where, 'Approve')
  await member.see(where, /"Answer"/)
  expect(JSON.stringify(world.model.requests.at(-1)?.messages)).toContain('User declined')
  await rows(
    world.databaseUrl,
    "update input_requests set expires_at = now() - interval '1 second' where status = 'pending'",
  )
  await member.see(where, /Enough\./, 40_000)
  await member.see(where, /Nobody answered in time/)
  expect(JSON.stringify(world.model.requests.at(-1)?.messages)).toContain('User cancelled')
  const again = await member.dm('once more')
  await member.decide(again, 'Approve')
  await member.see(again, /"Answer"/)
  await member.dm('stop', again.thread)
  await member.see(again, /Okay, I stopped/)
  await member.see(again, /Not needed any more/)
})

test('the old protocol’s page by its error: the call is made again when one is done, not when one declines', async () => {
  const page = wishes('everything__trigger-url-elicitation', { url: 'https://example.com/go', errorPath: true })
  await using world = await startWorld({ model: [page, says('Done with it.')] })
  const member = world.as('member')
  const where = await beginOld(member)
  const first = await member.see(where, /"Open modelcontextprotocol\.io"/)
  await eventually(async () =>
    expect(await rows(world.databaseUrl, 'select status from runs')).toEqual([{ status: 'suspended' }]),
  )
  await member.press(where, first.ts, 'I’m done')
  const second = await member.see(where, /"Open example\.com"/)
  await member.press(where, second.ts, 'Decline')
  await member.see(where, /Done with it/)
  expect(JSON.stringify(world.model.requests.at(-1)?.messages)).toContain('User declined to open the URL')
})

test('the holder dies while the old protocol waits: plainly unknown, and not done again', {
  timeout: 90_000,
}, async () => {
  await using world = await startWorld({ model: [ask, says('I cannot tell.')] })
  const member = world.as('member')
  const where = await beginOld(member)
  const card = await member.see(where, /"Answer"/)
  await world.restart()
  await member.see(where, /I cannot tell/, 40_000)
  await member.see(where, /Not needed any more/)
  expect(JSON.stringify(world.model.requests.at(-1)?.messages)).toContain('may or may not have happened')
  await expect(member.press(where, card.ts, 'Answer')).rejects.toThrow(/nothing to press/)
  expect((await events(world.databaseUrl)).filter((type) => type === 'called')).toHaveLength(1)
})
