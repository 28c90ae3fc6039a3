import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { App, BlockAction } from '@slack/bolt'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type SlackEmulator, startSlackEmulator } from '../../../slack-emulator/start-slack-emulator.ts'
import {
  boltOverHttp,
  boltOverSocket,
  controls,
  log,
  mrkdwn,
  plain,
  portOf,
  startWorld,
  stopServer,
  until,
} from '../emulator-with-bolt.ts'

const Callback = z.looseObject({
  event_id: z.string(),
  event: z.looseObject({ type: z.string(), text: z.string().optional() }),
})
const Frame = z.looseObject({
  type: z.string(),
  envelope_id: z.string().optional(),
  payload: z.looseObject({ event_id: z.string().optional() }).optional(),
})

/** An app that only writes down what it gets, and answers with the statuses it is given, then 200. */
async function startEar(statuses: number[] = []) {
  const heard: { headers: Record<string, unknown>; body: z.infer<typeof Callback> }[] = []
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      heard.push({ headers: request.headers, body: Callback.parse(JSON.parse(body)) })
      response.writeHead(statuses.shift() ?? 200).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    heard,
    url: `http://127.0.0.1:${portOf(server)}/slack/events`,
    server,
    [Symbol.asyncDispose]: () => stopServer(server),
  }
}

const start = (more: Partial<Parameters<typeof startSlackEmulator>[0]> = {}) =>
  startSlackEmulator({ port: 0, mode: 'http', appUrls: [], log, retryDelaysMs: [0, 20, 20], ...more })
const say = (slack: SlackEmulator, words: string) =>
  controls(slack).act('say', { as: 'member', channel: 'general', text: words })

describe('events over HTTP', () => {
  it('are tried again with the number and the reason, under the same id, and given up after the last', async () => {
    await using ear = await startEar([500, 404, 500, 500])
    await using slack = await start({ appUrls: [ear.url] })
    await say(slack, 'one')
    await until(() => ear.heard.length === 4)
    expect(ear.heard.map(({ headers }) => [headers['x-slack-retry-num'], headers['x-slack-retry-reason']])).toEqual([
      [undefined, undefined],
      ['1', 'http_error'],
      ['2', 'http_error'],
      ['3', 'http_error'],
    ])
    expect(new Set(ear.heard.map(({ body }) => body.event_id)).size).toBe(1)
    await say(slack, 'two')
    await until(() => ear.heard.length === 5)
    expect(ear.heard[4]?.body).toMatchObject({
      type: 'event_callback',
      team_id: 'TLOCAL01',
      api_app_id: 'APATCHB1',
      is_ext_shared_channel: false,
      authorizations: [{ team_id: 'TLOCAL01', user_id: 'UPATCHB1', is_bot: true, is_enterprise_install: false }],
      event: { type: 'message', text: 'two', user: 'UMEMBER1', channel: 'CGENERAL1', channel_type: 'channel' },
    })
  })

  it('come again after three seconds of silence', async () => {
    const nums: (number | undefined)[] = []
    const slow = (bolt: App) => {
      bolt.use(async ({ context, next }) => {
        nums.push(context.retryNum)
        if (context.retryNum === undefined) await new Promise((resolve) => setTimeout(resolve, 3_500))
        await next()
      })
    }
    await using slack = await start()
    const stuck = createServer(() => undefined)
    await new Promise<void>((resolve) => stuck.listen(0, '127.0.0.1', resolve))
    const bolt = await boltOverHttp(slack, slow)
    slack.setAppUrls([`http://127.0.0.1:${portOf(stuck)}/`, bolt.url])
    const begin = Date.now()
    await say(slack, 'one')
    await until(() => nums.length === 1)
    expect(nums).toEqual([1])
    expect(Date.now() - begin).toBeGreaterThan(2_900)
    await bolt.stop()
    await stopServer(stuck)
  }, 15_000)

  it('a mention in a channel is two events, in a DM one, and own messages come back', async () => {
    await using ear = await startEar()
    await using slack = await start({ appUrls: [ear.url] })
    await say(slack, 'hey @Patchbay')
    await until(() => ear.heard.length === 2)
    expect(ear.heard.map(({ body }) => body.event.type).sort()).toEqual(['app_mention', 'message'])
    expect(ear.heard[0]?.body.event_id).not.toBe(ear.heard[1]?.body.event_id)
    await controls(slack).act('say', { as: 'owner', channel: 'dm', text: 'hey @Patchbay' })
    await until(() => ear.heard.length === 4)
    const inDm = ear.heard.slice(2).map(({ body }) => body.event)
    expect(inDm.map((event) => event.type).sort()).toEqual(['app_home_opened', 'message'])
    expect(inDm.find((event) => event.type === 'message')).toMatchObject({ channel_type: 'im', channel: 'DOWNER01' })
  })

  it('go round several apps, past those that refuse the connection', async () => {
    await using one = await startEar()
    await using two = await startEar()
    const dead = await startEar()
    await dead[Symbol.asyncDispose]()
    await using slack = await start({ appUrls: [one.url, dead.url, two.url] })
    for (let i = 0; i < 6; i++) await say(slack, `message ${i}`)
    await until(() => one.heard.length + two.heard.length === 6)
    expect([one.heard.length, two.heard.length].sort()).toEqual([2, 4])
    expect([...one.heard, ...two.heard].every(({ headers }) => headers['x-slack-retry-num'] === undefined)).toBe(true)
  })

  it('wait while no app listens, and count that as no attempt; a command does not wait', async () => {
    await using slack = await start()
    const gone = await startEar()
    await gone[Symbol.asyncDispose]()
    slack.setAppUrls([gone.url])
    await say(slack, 'early')
    const command = await controls(slack).act('command', { as: 'member', channel: 'general', text: 'help' })
    expect(command).toMatchObject({ status: 502, error: expect.stringContaining('nothing listens at') })
    await using ear = await startEar()
    slack.setAppUrls([ear.url])
    await until(() => ear.heard.length === 1)
    expect(ear.heard[0]?.headers['x-slack-retry-num']).toBeUndefined()
    expect(await controls(slack).look('deliveries', {})).toMatchObject({
      deliveries: [{ attempt: 0, outcome: 'acked' }],
    })
  })

  it('of a burst of 500 each is delivered, once', async () => {
    let got = 0
    const counting = (bolt: App) => {
      bolt.message(async () => {
        got++
      })
    }
    await using world = await startWorld('http', counting)
    const said = Array.from({ length: 500 }, (_, i) =>
      world.act('say', { as: 'member', channel: 'general', text: `message ${i}` }),
    )
    await Promise.all(said)
    await until(() => got >= 500)
    await world.act('say', { as: 'member', channel: 'general', text: 'the last' })
    await until(() => got > 500)
    expect(got).toBe(501)
  })
})

describe('events over Socket Mode', () => {
  it('each go to one of two sockets, and come again when one goes silent', async () => {
    await using slack = await start({ mode: 'socket' })
    const got: string[] = []
    const listen = (name: string) => (bolt: App) => {
      bolt.message(async ({ message }) => {
        if (message.subtype === undefined) got.push(`${name}:${message.text}`)
      })
    }
    const one = await boltOverSocket(slack, listen('one'))
    const two = await boltOverSocket(slack, listen('two'))
    for (let i = 0; i < 10; i++) await say(slack, `m${i}`)
    await until(() => got.length === 10)
    expect(new Set(got.map((line) => line.split(':')[1])).size).toBe(10)
    expect(got.filter((line) => line.startsWith('one'))).toHaveLength(5)
    await one.stop()
    await say(slack, 'after')
    await until(() => got.includes('two:after'))
    await two.stop()
  })

  it('wait for a socket, are retried unacknowledged; a button press is not', async () => {
    await using slack = await start({ mode: 'socket' })
    await say(slack, 'early')
    const opened = await fetch(`${slack.apiUrl}apps.connections.open`, {
      method: 'POST',
      headers: { authorization: `Bearer ${slack.appToken}` },
    })
    const { url }: { url: string } = JSON.parse(await opened.text())
    const frames: z.infer<typeof Frame>[] = []
    const socket = new WebSocket(url)
    socket.addEventListener('message', ({ data }) => frames.push(Frame.parse(JSON.parse(String(data)))))
    await until(() => frames.length === 2)
    expect(frames[0]).toMatchObject({ type: 'hello', num_connections: 1, connection_info: { app_id: 'APATCHB1' } })
    expect(frames[1]).toMatchObject({
      type: 'events_api',
      accepts_response_payload: false,
      retry_attempt: 0,
      retry_reason: '',
    })
    await until(() => frames.length === 3)
    expect(frames[2]).toMatchObject({
      retry_attempt: 1,
      retry_reason: 'http_timeout',
      payload: { event_id: frames[1]?.payload?.event_id },
    })
    expect(frames[2]?.envelope_id).not.toBe(frames[1]?.envelope_id)
    socket.send(JSON.stringify({ envelope_id: frames[2]?.envelope_id, payload: {} }))
    const command = await controls(slack).act('command', { as: 'member', channel: 'general', text: 'help' })
    expect(command.status).toBe(502)
    expect(frames.filter((frame) => frame.type === 'slash_commands')).toHaveLength(1)
    const again = new WebSocket(url)
    await new Promise((resolve) => again.addEventListener('error', resolve))
    socket.close()
  }, 20_000)
})

describe('what is used up', () => {
  const at = { clock: Date.now() }
  const asking = (answer: (body: BlockAction, client: App['client']) => Promise<void>) => (bolt: App) => {
    bolt.message('ask', async ({ say: answerWith }) => {
      const button = { type: 'button' as const, text: plain('Go'), action_id: 'go' }
      await answerWith({ text: 'ready', blocks: [{ type: 'section', text: mrkdwn('x'), accessory: button }] })
    })
    bolt.action<BlockAction>('go', async ({ ack, body, client }) => {
      await ack()
      await answer(body, client)
    })
  }
  const pressGo = async (world: Awaited<ReturnType<typeof startWorld>>) => {
    await world.act('say', { as: 'member', channel: 'general', text: 'ask' })
    const ready = await until(async () =>
      (await world.messages('member', 'general')).find((one) => one.text === 'ready'),
    )
    expect(await world.act('press', { as: 'member', channel: 'general', ts: ready.ts, button: 'Go' })).toMatchObject({
      ok: true,
    })
  }
  const post = (url: string, body: object) =>
    fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })

  it('a response_url takes five messages in thirty minutes, and can replace and delete', async () => {
    let url = ''
    const keep = async (body: BlockAction) => {
      url = body.response_url
    }
    await using world = await startWorld('http', asking(keep), { now: () => at.clock })
    await pressGo(world)
    await until(() => url !== '')
    expect((await post(url, { text: 'new' })).status).toBe(200)
    expect((await post(url, { text: 'x', blocks: [{ type: 'nonsense' }] })).status).toBe(400)
    expect((await post(url, { text: 'replaced', replace_original: true })).status).toBe(200)
    expect((await world.messages('owner', 'general')).map((one) => one.text)).toEqual(['ask', 'replaced'])
    expect((await post(url, { delete_original: true })).status).toBe(200)
    expect((await post(url, { text: 'all see', response_type: 'in_channel' })).status).toBe(200)
    expect(await (await post(url, { text: 'sixth' })).text()).toBe('used_url')
    expect((await world.messages('owner', 'general')).map((one) => one.text)).toEqual(['ask', 'all see'])
    url = ''
    await pressGo(world)
    await until(() => url !== '')
    at.clock += 30 * 60_000 + 1
    expect(await (await post(url, { text: 'late' })).text()).toBe('expired_url')
  })

  it('a trigger opens one modal within three seconds', async () => {
    const errors: string[] = []
    const open = async (body: BlockAction, client: App['client']) => {
      const view = { type: 'modal' as const, title: plain('x'), blocks: [{ type: 'divider' as const }] }
      const word = (error: { data: { error: string } }) => error.data.error
      const attempt = () => client.views.open({ trigger_id: body.trigger_id, view }).then(() => 'ok', word)
      if (errors.length > 0) at.clock += 3_001
      errors.push(await attempt())
      errors.push(await attempt())
    }
    await using world = await startWorld('http', asking(open), { now: () => at.clock })
    await pressGo(world)
    await until(() => errors.length === 2)
    await pressGo(world)
    await until(() => errors.length === 4)
    expect(errors).toEqual(['ok', 'exchanged_trigger_id', 'expired_trigger_id', 'expired_trigger_id'])
  })
})

describe('the journal', () => {
  it('brings everything back after a kill, and delivers what was pending', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'emulator-'))
    const first = await start({ folder })
    const said = await say(first, 'remember me')
    const upload = {
      method: 'POST',
      headers: { authorization: `Bearer ${first.botToken}`, 'content-type': 'application/json' },
    }
    const posted = await fetch(`${first.apiUrl}chat.postMessage`, {
      ...upload,
      body: JSON.stringify({ channel: 'CGENERAL1', thread_ts: said.ts, text: 'I do' }),
    })
    expect(await posted.json()).toMatchObject({ ok: true })
    // As a kill would leave it: the half-written last line is all that is lost.
    const journal = await readFile(join(folder, 'journal.ndjson'), 'utf8')
    await first[Symbol.asyncDispose]()
    await writeFile(join(folder, 'journal.ndjson'), `${journal}{"c":"messages","k":"CGE`)

    await using ear = await startEar()
    await using second = await start({ folder, appUrls: [ear.url] })
    expect(second.botToken).toBe(first.botToken)
    await until(() => ear.heard.length === 2)
    expect(ear.heard.map(({ body }) => body.event.text).sort()).toEqual(['I do', 'remember me'])
    const thread = await controls(second).messages('owner', 'general', said.ts)
    expect(thread.map((one) => one.text)).toEqual(['remember me', 'I do'])
    const next = await say(second, 'later')
    expect(next.ts > (thread[1]?.ts ?? '')).toBe(true)
    await until(() => ear.heard.length === 3)
    await until(
      async () => !(await readFile(join(folder, 'journal.ndjson'), 'utf8')).trim().endsWith('attempt":0,"reason":""}}'),
    )
    await rm(folder, { recursive: true })
  })
})
