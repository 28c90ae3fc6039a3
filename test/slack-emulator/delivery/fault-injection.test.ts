import { createServer } from 'node:http'
import { WebClient } from '@slack/web-api'
import { describe, expect, it } from 'vitest'
import { type SlackEmulatorOptions, startSlackEmulator } from '../../../slack-emulator/start-slack-emulator.ts'
import { createRateLimits } from '../../../slack-emulator/web-api/rate-limits.ts'
import { handClock } from '../../support/clock.ts'
import { controls, log, portOf, silent, stopServer, until } from '../emulator-with-bolt.ts'

async function begin(more: Partial<SlackEmulatorOptions> = {}) {
  const slack = await startSlackEmulator({ port: 0, mode: 'http', appUrls: [], log, ...more })
  const options = {
    slackApiUrl: slack.apiUrl,
    retryConfig: { retries: 0 },
    logger: silent,
    rejectRateLimitedCalls: true,
  }
  const client = new WebClient(slack.botToken, options)
  const raw = (method: string, args: object = {}) =>
    fetch(`${slack.apiUrl}${method}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${slack.botToken}`, 'content-type': 'application/json' },
      body: JSON.stringify(args),
    })
  return { slack, client, raw, people: controls(slack), [Symbol.asyncDispose]: () => slack[Symbol.asyncDispose]() }
}

describe('injected faults', () => {
  it('brings statuses, refusals and slowness, as often as ordered', async () => {
    await using world = await begin()
    await world.people.act('faults', { method: 'auth.test', status: 503, times: 2 })
    await world.people.act('faults', { method: 'auth.test', error: 'account_inactive' })
    expect((await world.raw('auth.test')).status).toBe(503)
    expect((await world.raw('users.info', { user: 'UMEMBER1' })).status, 'another method answers').toBe(200)
    expect((await world.raw('auth.test')).status).toBe(503)
    expect(await (await world.raw('auth.test')).json()).toEqual({ ok: false, error: 'account_inactive' })
    expect(await world.client.auth.test()).toMatchObject({ ok: true })
    await world.people.act('faults', { method: '*', delay: 120 })
    const began = performance.now()
    await world.client.auth.test()
    expect(performance.now() - began).toBeGreaterThan(115)
  })

  it('a 429 says when to come back, in the way the client understands', async () => {
    await using world = await begin()
    await world.people.act('faults', { method: 'auth.test', status: 429, retry_after: 7 })
    await expect(world.client.auth.test()).rejects.toMatchObject({ retryAfter: 7 })
  })

  it('can be cleared; a fault that changes nothing is refused', async () => {
    await using world = await begin()
    await world.people.act('faults', { method: 'auth.test', status: 500, times: 9 })
    await world.people.act('clear-faults', {})
    expect(await world.client.auth.test()).toMatchObject({ ok: true })
    expect(await world.people.act('faults', { method: 'auth.test' })).toMatchObject({ status: 400 })
    expect(await world.people.act('faults', { method: 'auth.test', status: 200 })).toMatchObject({ status: 400 })
  })
})

it('the older names of the fault routes still work', async () => {
  await using world = await begin()
  const fault = { method: 'auth.test', status: 503, times: 2 }
  expect(await world.people.act('weather', fault)).toMatchObject({ status: 200 })
  const listed = await fetch(`${world.slack.url}/local/weather`).then((answer) => answer.json())
  expect(listed).toEqual({ faults: [fault], weather: [fault] })
  await world.people.act('sunshine', {})
  expect(await world.client.auth.test()).toMatchObject({ ok: true })
})

describe('rate limits', () => {
  it.each([
    ['chat.startStream', 20, 3],
    ['chat.update', 50, 2],
    ['views.publish', 100, 1],
  ])('%s: %i a minute, then a pause', (method, calls, seconds) => {
    const clock = handClock()
    const limits = createRateLimits(clock.now)
    for (let at = 0; at < calls; at += 1) expect(limits.wait(method, {})).toBeUndefined()
    expect(limits.wait(method, {})).toBe(seconds)
    clock.move(seconds * 1_000)
    expect(limits.wait(method, {})).toBeUndefined()
  })

  it('posts: about one a second in each channel, with short bursts', () => {
    const clock = handClock()
    const limits = createRateLimits(clock.now)
    const post = (channel: string) => limits.wait('chat.postMessage', { channel })
    for (let at = 0; at < 10; at += 1) expect(post('C1')).toBeUndefined()
    expect(post('C1')).toBe(1)
    expect(post('C2'), 'another channel is not held up').toBeUndefined()
    clock.move(1_000)
    expect(post('C1')).toBeUndefined()
    expect(post('C1')).toBe(1)
  })

  it.each(['conversations.replies', 'conversations.history'])('%s: one a minute for a distributed app', (method) => {
    const clock = handClock()
    const [own, distributed] = [createRateLimits(clock.now), createRateLimits(clock.now, { distributed: true })]
    const calls = (limits: typeof own) => [1, 2].map(() => limits.wait(method, { channel: 'C1' }))
    expect([calls(own), own.pageSize()]).toEqual([[undefined, undefined], 1_000])
    expect([calls(distributed), distributed.pageSize()]).toEqual([[undefined, 60], 15])
    clock.move(30_000)
    expect(distributed.wait(method, {})).toBe(30)
    distributed.pass(30)
    expect(distributed.wait(method, {})).toBeUndefined()
    distributed.set('generous')
    expect(distributed.pageSize()).toBe(1_000)
  })

  it('strict, and when asked so generous that nobody meets them', async () => {
    await using world = await begin({ rateLimits: 'generous' })
    const update = () => world.raw('chat.update', { channel: 'CGENERAL1', ts: '1.000000', text: 'x' })
    for (let at = 0; at < 60; at += 1) expect((await update()).status).toBe(200)
    await world.people.act('limits', { rate_limits: 'strict' })
    const statuses: number[] = []
    for (let at = 0; at < 51; at += 1) statuses.push((await update()).status)
    expect(statuses.slice(0, 50).every((status) => status === 200)).toBe(true)
    expect(statuses[50]).toBe(429)
    const refused = await update()
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(await refused.json()).toEqual({ ok: false, error: 'ratelimited' })
  })
})

it('an event that is not acknowledged comes again at once, after a minute and after five, on the given clock', async () => {
  const clock = handClock()
  const nums: (string | undefined)[] = []
  const ear = createServer((request, response) => {
    nums.push(request.headers['x-slack-retry-num']?.toString())
    request.resume()
    response.writeHead(500).end()
  })
  await new Promise<void>((resolve) => ear.listen(0, '127.0.0.1', resolve))
  await using world = await begin({
    now: clock.now,
    after: clock.after,
    appUrls: [`http://127.0.0.1:${portOf(ear)}/slack/events`],
  })
  await world.people.act('say', { as: 'member', channel: 'general', text: 'hello' })
  await until(() => clock.waiting().includes(0))
  clock.move(0)
  await until(() => clock.waiting().includes(60_000))
  clock.move(59_999)
  expect(nums).toEqual([undefined, '1'])
  clock.move(1)
  await until(() => clock.waiting().includes(300_000))
  clock.move(300_000)
  await until(() => nums.length === 4)
  expect(nums).toEqual([undefined, '1', '2', '3'])
  await stopServer(ear)
})

describe('an agent session', () => {
  it('lapses after an hour of processing, and its words go when the app speaks', async () => {
    const clock = handClock()
    await using world = await begin({ now: clock.now })
    const { ts } = await world.people.act('say', { as: 'member', channel: 'general', text: 'work' })
    const thread = { channel: 'CGENERAL1', thread_ts: ts }
    const seen = () => world.people.look('messages', { as: 'member', channel: 'general', thread_ts: ts })
    const set = { channel_id: 'CGENERAL1', thread_ts: ts, status: 'processing', initiator_user_id: 'UMEMBER1' }
    expect(await world.client.apiCall('agents.sessions.setStatus', set)).toMatchObject({ agent_status: 'processing' })
    await world.client.assistant.threads.setStatus({ channel_id: 'CGENERAL1', thread_ts: ts, status: 'is thinking…' })
    expect(await seen()).toMatchObject({ session: { status: 'processing', words: 'is thinking…' } })
    await world.client.chat.postMessage({ ...thread, text: 'done' })
    expect(await seen()).toMatchObject({ session: { words: '' } })
    clock.move(60 * 60_000)
    expect(await seen()).toMatchObject({ session: { status: 'active' } })
    expect(await world.people.act('stop', { as: 'member', ...thread })).toMatchObject({ status: 409 })
  })
})

describe('files that people send', () => {
  it('come as one file_share message, as JSON or as a form', async () => {
    await using world = await begin()
    const data = Buffer.from('hello').toString('base64')
    const sent = { as: 'member', channel: 'general', name: 'a.txt', mimeType: 'text/plain', data, text: 'look' }
    expect(await world.people.act('upload', sent)).toMatchObject({ status: 200 })
    const form = new FormData()
    form.set('as', 'member')
    form.set('channel', 'general')
    form.set('one', new File(['x,y'], 'b.csv', { type: 'text/csv' }))
    form.set('two', new File(['{}'], 'c.json'))
    await fetch(`${world.slack.url}/local/upload`, { method: 'POST', body: form })
    const shown = await world.people.messages('member', 'general')
    expect(shown.map(({ files }) => files.map((file) => [file.name, file.mimetype]))).toEqual([
      [['a.txt', 'text/plain']],
      [
        ['b.csv', 'text/csv'],
        ['c.json', 'application/json'],
      ],
    ])
    const [file] = shown[0]?.files ?? []
    const read = (headers: Record<string, string>) => fetch(file?.url ?? '', { headers })
    expect(await (await read({ authorization: `Bearer ${world.slack.botToken}` })).text()).toBe('hello')
    expect(await (await read({ authorization: 'Bearer xoxb-wrong' })).text()).toContain('Sign in')
    expect(await world.people.act('upload', { as: 'member', channel: 'general' })).toMatchObject({ status: 400 })
  })
})
