import { once } from 'node:events'
import { expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { z } from 'zod'
import { DISCONNECT_REASONS } from '../../../slack-emulator/delivery/socket-mode.ts'
import { startSlackEmulator } from '../../../slack-emulator/start-slack-emulator.ts'
import { type Payload, startStubApp } from '../../support/stub-app.ts'
import { controls, log, until } from '../emulator-with-bolt.ts'

const Frame = z.record(z.string(), z.unknown())

/** An app that is nothing but its sockets: it acknowledges what asks for it, and keeps what it heard. */
async function startSockets() {
  const slack = await startSlackEmulator({ port: 0, mode: 'socket', appUrls: [], log })
  const open = async () => {
    const headers = { authorization: `Bearer ${slack.appToken}` }
    const answer = await fetch(`${slack.apiUrl}apps.connections.open`, { method: 'POST', headers })
    const socket = new WebSocket(z.object({ url: z.string() }).parse(await answer.json()).url)
    const heard: Payload[] = []
    socket.on('message', (data) => {
      const frame = Frame.parse(JSON.parse(String(data)))
      heard.push(frame)
      if (frame.envelope_id !== undefined) socket.send(JSON.stringify({ envelope_id: frame.envelope_id }))
    })
    await until(() => heard.length > 0)
    return { socket, heard }
  }
  return { slack, people: controls(slack), open, [Symbol.asyncDispose]: () => slack[Symbol.asyncDispose]() }
}

it('each socket is greeted with the number of them and how long it lives', { timeout: 60_000 }, async () => {
  await using app = await startSockets()
  for (const num_connections of [1, 2]) {
    const { heard } = await app.open()
    expect(heard[0]).toEqual({
      type: 'hello',
      num_connections,
      connection_info: { app_id: 'APATCHB1' },
      debug_info: {
        host: expect.any(String),
        started: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$/),
        build_number: expect.any(Number),
        approximate_connection_time: 18_060,
      },
    })
  }
})

it.concurrent.each(DISCONNECT_REASONS)('a socket is told to go: %s', { timeout: 60_000 }, async (reason) => {
  await using app = await startSockets()
  const { socket, heard } = await app.open()
  await app.people.act('disconnect', { reason })
  await until(() => heard.some(({ type }) => type === 'disconnect'))
  expect(heard.at(-1)).toEqual({ type: 'disconnect', reason, debug_info: { host: expect.any(String) } })
  const next = await app.open()
  await app.people.act('say', { as: 'member', channel: 'general', text: 'hi' })
  await until(() => next.heard.some(({ type }) => type === 'events_api'))
  expect(heard.at(-1)).toMatchObject({ type: 'disconnect' })
  await once(socket, 'close')
})

const LIMITED = {
  token: expect.any(String),
  type: 'app_rate_limited',
  team_id: 'TLOCAL01',
  api_app_id: 'APATCHB1',
  minute_rate_limited: expect.any(Number),
}

it('too many events are told in an envelope of their own', { timeout: 60_000 }, async () => {
  await using app = await startSockets()
  const { heard } = await app.open()
  expect(await app.people.act('app-rate-limited', {})).toMatchObject({ status: 200 })
  expect(heard.at(-1)).toEqual({
    envelope_id: expect.any(String),
    type: 'events_api',
    payload: LIMITED,
    accepts_response_payload: false,
    retry_attempt: 0,
    retry_reason: '',
  })
  expect(await app.people.act('verify-url', {})).toMatchObject({ status: 409 })
})

it.each([
  [({ challenge }: Payload) => ({ challenge }), 200],
  [() => ({ challenge: 'another' }), 502],
  [() => undefined, 502],
])('over HTTP the address is verified, and too many events are told', { timeout: 60_000 }, async (answer, status) => {
  await using app = await startStubApp(answer)
  const people = controls(app.slack)
  expect(await people.act('verify-url', {})).toMatchObject({ status })
  expect(app.heard.at(-1)).toEqual({
    token: expect.any(String),
    type: 'url_verification',
    challenge: expect.any(String),
  })
  expect(await people.act('app-rate-limited', {})).toMatchObject({ status: 200 })
  expect(app.heard.at(-1)).toEqual(LIMITED)
})
