import type { ServerResponse } from 'node:http'
import { expect, it } from 'vitest'
import { remote, startMcpHouse, strange, textOf } from '../../support/mcp-house.ts'
import { type RawMessage, startRawServer } from '../../support/raw-server.ts'

const JSON_TYPE = 'application/json'
const STREAM = 'text/event-stream'
const RESULT = '{"content":[{"type":"text","text":"done"}]}'
const whole = (id: RawMessage['id'], result = RESULT) =>
  `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${result}}`
const ODD_NUMBERS = '{"content":[{"type":"text","text":"done"}],"structuredContent":{"mean":NaN,"least":-Infinity}}'
const RAW_CONTROL = '{"content":[{"type":"text","text":"do\u0015ne"}]}'

const PROGRESS = '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"call-4","progress":0}}'
const withError = (id: RawMessage['id'], error: string) => whole(id).replace('"result"', `"error":${error},"result"`)

type Answer = { type?: string; body(id: RawMessage['id']): string; text?: string; structured?: unknown }

/** How a server words the answer of a call that succeeded. None may lose it; in docs/field-notes.md are the reports. */
const WORDED: Record<string, Answer> = {
  'as a text': { type: 'text/plain; charset=utf-8', body: (id) => whole(id) },
  'without a type': { body: (id) => whole(id) },
  'under a type of its own': { type: 'application/json-rpc', body: (id) => whole(id) },
  'with a byte order mark': { type: JSON_TYPE, body: (id) => `\ufeff${whole(id)}` },
  'with a byte order mark in a stream': { type: STREAM, body: (id) => `data: \ufeff${whole(id)}\n\n` },
  'with numbers of Python': {
    type: JSON_TYPE,
    body: (id) => whole(id, ODD_NUMBERS),
    structured: { mean: 'NaN', least: '-Infinity' },
  },
  'with numbers of Python in a stream': {
    type: STREAM,
    body: (id) => `data: ${whole(id, ODD_NUMBERS)}\n\n`,
    structured: { mean: 'NaN', least: '-Infinity' },
  },
  'with raw control characters': { type: JSON_TYPE, body: (id) => whole(id, RAW_CONTROL), text: 'do\u0015ne' },
  'with raw control characters in a stream': {
    type: STREAM,
    body: (id) => `data: ${whole(id, RAW_CONTROL)}\n\n`,
    text: 'do\u0015ne',
  },
  'with its id as a text': { type: JSON_TYPE, body: (id) => whole(String(id)) },
  'always with the id 0': { type: JSON_TYPE, body: () => whole(0) },
  'without an id': { type: JSON_TYPE, body: () => `{"jsonrpc":"2.0","result":${RESULT}}` },
  'in a batch': { type: JSON_TYPE, body: (id) => `[${PROGRESS},${whole(id)}]` },
  'in a batch in a stream': {
    type: STREAM,
    body: (id) => `event: message\nid: 7\ndata: [${PROGRESS},${whole(id)}]\n\n`,
  },
  'in a batch of one in a stream': { type: STREAM, body: (id) => `data: [${whole(id)}]\n\n` },
  'beside an error that is false': { type: JSON_TYPE, body: (id) => withError(id, 'false') },
  'beside an empty error': { type: JSON_TYPE, body: (id) => withError(id, '{}') },
  'beside an error without words': { type: STREAM, body: (id) => `data: ${withError(id, '""')}\n\n` },
  'after heartbeats as data': {
    type: STREAM,
    body: (id) =>
      `: ping\n\ndata:\n\ndata: {"type":"heartbeat"}\n\nevent: keepalive\ndata: {}\n\nevent: ping\ndata: 2026\n\ndata: ${whole(id)}\n\n`,
  },
  'between progress for nobody': {
    type: STREAM,
    body: (id) =>
      [
        `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"call-4","progress":0}}`,
        whole(id),
      ]
        .map((message) => `data: ${message}\n\n`)
        .join(''),
  },
}

it.each(Object.entries(WORDED))('an answer %s is read', async (_, { type, body, text = 'done', structured }) => {
  await using server = await startRawServer(
    {},
    {
      'tools/call': (response, { id }) =>
        response.writeHead(200, type === undefined ? {} : { 'content-type': type }).end(body(id)),
    },
  )
  await using house = await startMcpHouse({ allow: ['127.0.0.1'], toolTimeoutSeconds: 3 })
  const outcome = await house.call(await house.connected(remote(server.url)), 'work')
  expect(textOf(outcome)).toBe(text)
  if (structured !== undefined) expect(outcome).toMatchObject({ structured })
})

it.each([400, 405, 406, 422, 500, 501])('a notification refused with %i ends nothing', async (status) => {
  const odd = { 'notifications/initialized': (response: ServerResponse) => response.writeHead(status).end() }
  await using server = await startRawServer({ work: { answers: { content: 'done' } } }, odd)
  await using house = await startMcpHouse({ allow: ['127.0.0.1'], toolTimeoutSeconds: 3 })
  expect(textOf(await house.call(await house.connected(remote(server.url)), 'work'))).toBe('done')
})

it.each([
  ['an error without an id', { text: '"error":{"code":-32000,"message":"no such user"}', noId: true }, 'no such user'],
  ['numbers of Python', { text: '"result":{"content":"done","structuredContent":{"mean":NaN}}' }, 'done'],
  ['raw control characters', { text: '"result":{"content":"do\u0015ne"}' }, 'do\u0015ne'],
])('over stdio, %s is read', async (_, args, text) => {
  await using house = await startMcpHouse({ toolTimeoutSeconds: 3 })
  expect(textOf(await house.call(await house.connected(strange(house)), 'raw', args))).toBe(text)
})

it.each([
  ['byte order marks', '\ufeff'],
  ['the signs of a terminal', '\u001b]1337;RemoteHost=@mini.local\u0007\u001b[?1034h'],
])('over stdio, %s are no part of a message', async (_, start) => {
  await using house = await startMcpHouse({ toolTimeoutSeconds: 3 })
  const connection = await house.connected(strange(house, { FIXTURE_LINE_START: start }))
  expect(textOf(await house.call(connection, 'echo', { text: 'done' }))).toBe('done')
})

it('over stdio, a batch is read', async () => {
  await using house = await startMcpHouse({ toolTimeoutSeconds: 3 })
  const env = { FIXTURE_LINE_START: `[${PROGRESS},`, FIXTURE_LINE_END: ']' }
  expect(textOf(await house.call(await house.connected(strange(house, env)), 'echo', { text: 'done' }))).toBe('done')
})
