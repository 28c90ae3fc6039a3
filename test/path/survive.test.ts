import { createHmac } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer, connect as dial, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { joinSockets } from '../support/join-sockets.ts'
import { startLedger } from '../support/ledger.ts'
import { lookOf } from '../support/person.ts'
import { breaksMidway, fails, overloaded, says, wishes } from '../support/scripted-model.ts'
import { startWorld, type World } from '../support/world.ts'

async function count(world: World, sql: string): Promise<number> {
  const client = new Client({ connectionString: world.databaseUrl })
  await client.connect()
  try {
    return Number((await client.query<{ many: string }>(sql)).rows[0]?.many)
  } finally {
    await client.end()
  }
}

/** The status that the app answers a request of Slack with. */
async function sendSigned(world: World, body: string, retry = 0): Promise<number> {
  const timestamp = String(Math.floor(Date.now() / 1_000))
  const signature = `v0=${createHmac('sha256', world.signingSecret).update(`v0:${timestamp}:${body}`).digest('hex')}`
  const headers = {
    'content-type': 'application/json',
    'x-slack-request-timestamp': timestamp,
    'x-slack-signature': signature,
    ...(retry > 0 && { 'x-slack-retry-num': String(retry), 'x-slack-retry-reason': 'http_timeout' }),
  }
  return (await fetch(`http://127.0.0.1:${world.port}/slack/events`, { method: 'POST', headers, body })).status
}

test('word that Slack holds events back is acknowledged and logged', async () => {
  await using world = await startWorld()
  const body = JSON.stringify({
    token: 'x',
    type: 'app_rate_limited',
    team_id: 'TLOCAL01',
    minute_rate_limited: 1,
    api_app_id: 'A1',
  })
  const began = Date.now()
  expect(await sendSigned(world, body)).toBe(200)
  expect(Date.now() - began).toBeLessThan(2_500)
  expect(world.log()).toContain('holds events back')
})

test('Slack’s retries of one event give one run', async () => {
  await using world = await startWorld({ model: [says('Once.')] })
  const { thread: ts } = await world.as('member').say('general', 'nothing for the app')
  const event = {
    type: 'app_mention',
    user: 'UMEMBER1',
    text: '<@UPATCHB1> say hi',
    ts,
    channel: 'CGENERAL1',
    event_ts: ts,
    team: 'TLOCAL01',
  }
  const body = JSON.stringify({
    type: 'event_callback',
    team_id: 'TLOCAL01',
    api_app_id: 'ALOCAL001',
    event_id: 'Ev1',
    event_time: 1,
    event,
    authorizations: [
      { enterprise_id: null, team_id: 'TLOCAL01', user_id: 'UPATCHB1', is_bot: true, is_enterprise_install: false },
    ],
  })
  const send = (retry: number) => sendSigned(world, body, retry)
  expect(await Promise.all([send(0), send(1), send(2)])).toEqual([200, 200, 200])
  expect(await send(3)).toBe(200)
  await eventually(async () =>
    expect(await count(world, "select count(*) as many from runs where status = 'closed'")).toBe(1),
  )
  expect(await count(world, 'select count(*) as many from runs')).toBe(1)
  expect(world.model.requests).toHaveLength(1)
})

test('an MCP server killed mid-run: the call’s end is told, the next call works', async () => {
  await using world = await startWorld({
    model: [
      wishes('everything__trigger-long-running-operation', { duration: 20, steps: 20 }),
      wishes('everything__echo', { message: 'still here' }),
      says('It came back.'),
    ],
  })
  const member = world.as('member')
  await member.connect('everything')
  const where = await member.dm('go')
  const first = await member.see(where, /"Approve"|"Stop"/)
  if (/"Approve"/.test(JSON.stringify(first.blocks))) await member.press(where, first.ts, 'Approve')
  await eventually(async () =>
    expect(await count(world, "select count(*) as many from run_events where type = 'called'")).toBe(1),
  )
  await sleep(1_000)
  const killed = childrenNamed('server-everything')
  expect(killed.length).toBeGreaterThan(0)
  for (const pid of killed) process.kill(pid, 'SIGKILL')
  await member.see(where, /It came back/, 30_000)
  expect(JSON.stringify(world.model.requests.at(-1)?.messages)).toContain('Echo: still here')
})

/** Own children (and theirs) whose command line names the server. */
function childrenNamed(name: string): number[] {
  const all = readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
  const read = (pid: number, file: string): string => {
    try {
      return readFileSync(`/proc/${pid}/${file}`, 'utf8')
    } catch {
      return ''
    }
  }
  const parentOf = (pid: number): number => Number(/\) \w (\d+)/.exec(read(pid, 'stat'))?.[1] ?? 0)
  const isOurs = (pid: number): boolean => pid === process.pid || (pid > 1 && isOurs(parentOf(pid)))
  return all.filter((pid) => read(pid, 'cmdline').includes(name) && isOurs(parentOf(pid)))
}

test('a write whose server breaks off in the middle: plainly unknown, done again only when asked', async () => {
  await using ledger = await startLedger()
  await using world = await startWorld({
    model: [wishes('custom__enter', { id: 'one' }), says('I cannot tell whether it is in.'), says('Now it is in.')],
    change: (settings) => ({ ...settings, egressAllow: [ledger.host] }),
  })
  const member = world.as('member')
  await member.connect('custom', { url: ledger.url })
  const where = await member.dm('enter one')
  ledger.breakNext()
  await member.decide(where, 'Approve')
  await member.see(where, /I cannot tell/)
  expect(JSON.stringify(world.model.requests.at(-1)?.messages)).toContain('may or may not have happened')
  expect(ledger.entries.get('one')).toBe(1)
  const told = await member.see(where, /"Try again"/)
  expect(lookOf(told)).toMatch(/can't tell whether/)
  await member.press(where, told.ts, 'Try again')
  await member.press(where, told.ts, 'Try again').catch(() => undefined)
  await member.decide(where, 'Approve')
  await member.see(where, /Now it is in/)
  expect(ledger.entries.get('one'), 'once by itself, once because somebody asked, whatever was double-clicked').toBe(2)
})

test('a read whose server is too slow: a button makes the same call again, and no more than asked', async () => {
  const slow = wishes('everything__trigger-long-running-operation', { duration: 20, steps: 1 })
  await using world = await startWorld({
    model: [slow, says('It was too slow.'), says('Still too slow.')],
    change: (settings) => ({ ...settings, mcp: { ...settings.mcp, toolTimeoutSeconds: 1 } }),
  })
  const member = world.as('member')
  await member.connect('everything')
  const where = await member.dm('go')
  const told = await member.see(where, /It was too slow.*"Try again"/s)
  expect(lookOf(told)).toMatch(/did not answer this time/)
  const calls = "select count(*) as many from run_events where type = 'called'"
  expect(await count(world, calls)).toBe(1)
  await member.press(where, told.ts, 'Try again')
  await member.press(where, told.ts, 'Try again').catch(() => undefined)
  await member.see(where, /Still too slow/)
  expect(await count(world, calls), 'once more, however often it was pressed').toBe(2)
})

test('the model’s API is overloaded and failing for a while: the person is told, and gets the answer', async () => {
  await using world = await startWorld({
    model: [overloaded(2), fails(500, { times: 2 }), breaksMidway('Let me look'), says('Here it is.')],
  })
  const member = world.as('member')
  const where = await member.dm('hello')
  await member.see(where, /trying again in \d+ s/)
  await member.see(where, /Here it is/, 60_000)
  const texts = (await member.messages('dm', where.thread)).map((one) => one.text).join('\n')
  expect(texts, 'words of a broken turn do not stay').not.toContain('Let me look')
})

test('a key the API refuses ends the run with what to do', async () => {
  await using world = await startWorld({ model: [fails(401)] })
  const member = world.as('member')
  const where = await member.dm('hello')
  await member.see(where, /key/i)
})

test('the database goes away for 10 s and comes back', { timeout: 120_000 }, async () => {
  await using gate = await startGate()
  await using world = await startWorld({
    model: [wishes('filesystem__write_file', { path: 'a.txt', content: 'a' }), says('Written at last.')],
    change: (settings) => ({
      ...settings,
      database: {
        kind: 'postgres',
        url: gate.open(settings.database.kind === 'postgres' ? settings.database.url : ''),
      },
    }),
  })
  const member = world.as('member')
  await member.connect('filesystem')
  const where = await member.dm('write a.txt')
  const card = await member.see(where, /"Approve"/)
  gate.close()
  await member.press(where, card.ts, 'Approve').catch(() => undefined)
  const late = await member.dm('are you there?').catch(() => undefined)
  await sleep(10_000)
  world.model.script(says('I am here again.'))
  gate.reopen()
  await member.press(where, card.ts, 'Approve').catch(() => undefined)
  await member.see(where, /Written at last|I am here again/, 40_000)
  // A request that could not be stored is not kept, and the person is told so.
  if (late) await member.see(late, /Written at last|I am here again|I did not keep this. Please ask again/, 90_000)
  expect(await count(world, "select count(*) as many from run_events where type = 'answered'")).toBe(1)
})

/** A door between the app and its database that can be shut: connections break, new ones are refused. */
async function startGate() {
  let target: { path: string } | undefined
  let shut = false
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    if (shut || !target) return void socket.destroy()
    const upstream = dial(target)
    for (const one of [socket, upstream]) {
      sockets.add(one)
      one.on('close', () => sockets.delete(one))
    }
    joinSockets(socket, upstream)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    /** The same database, through the gate. */
    open(url: string): string {
      const host = decodeURIComponent(/[?&]host=([^&]+)/.exec(url)?.[1] ?? '')
      target = { path: `${host}/.s.PGSQL.5432` }
      return `postgres://postgres@127.0.0.1:${port}/${/\/([\w]+)\?/.exec(url)?.[1]}`
    },
    close(): void {
      shut = true
      for (const socket of sockets) socket.destroy()
    },
    reopen(): void {
      shut = false
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
