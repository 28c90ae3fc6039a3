import type { ServerResponse } from 'node:http'
import { expect, it } from 'vitest'
import { remote, startMcpHouse, strange, textOf } from '../../support/mcp-house.ts'
import { answerJson, type RawMessage, SOUND, startRawServer } from '../../support/raw-server.ts'

type Refusal = (response: ServerResponse, message: RawMessage) => void

const refuseWith =
  (error: object, status = 200): Refusal =>
  (response, { id }) =>
    response
      .writeHead(status, { 'content-type': 'application/json' })
      .end(JSON.stringify({ jsonrpc: '2.0', id, error }))

/** How a server that only speaks `speaks` refuses another revision, and how often it is asked; in docs/field-notes.md are the reports. */
const REFUSED: Record<string, { refuse: Refusal; speaks: string; asked: number }> = {
  'with an error that names its own': {
    refuse: refuseWith({ code: -32602, message: 'Unsupported protocol version', data: { expected: '2025-06-18' } }),
    speaks: '2025-06-18',
    asked: 2,
  },
  'with an error that names several': {
    refuse: refuseWith({ code: -32602, message: 'protocolVersion must be 2024-11-05 or 2025-03-26' }),
    speaks: '2024-11-05',
    asked: 3,
  },
  'with an error that names none': {
    refuse: refuseWith({ code: -32000, message: 'Unsupported protocol version: 2025-11-25' }),
    speaks: '2024-11-05',
    asked: 4,
  },
  'with a status and words': {
    refuse: (response) =>
      response.writeHead(400).end('Bad Request: Unsupported protocol version (supported versions: 2025-03-26)'),
    speaks: '2025-03-26',
    asked: 2,
  },
  'with a status and an error': {
    refuse: refuseWith({ code: -32000, message: 'Unsupported protocol version', data: ['2025-06-18'] }, 400),
    speaks: '2025-06-18',
    asked: 2,
  },
}

it.each(Object.entries(REFUSED))('a server that refuses our revision %s is offered its own', async (_, it) => {
  const initialize: Refusal = (response, message) =>
    message.params?.protocolVersion === it.speaks
      ? answerJson(response, message.id, { ...SOUND, protocolVersion: it.speaks })
      : it.refuse(response, message)
  await using server = await startRawServer({ work: { answers: { content: 'done' } } }, { initialize })
  await using house = await startMcpHouse({ allow: ['127.0.0.1'] })
  expect(textOf(await house.call(await house.connected(remote(server.url)), 'work'))).toBe('done')
  expect(server.requests.filter((method) => method === 'initialize')).toHaveLength(it.asked)
})

it('so is one over stdio', async () => {
  await using house = await startMcpHouse()
  const connection = await house.connected(strange(house, { FIXTURE_MODE: 'only-2024' }))
  expect(textOf(await house.call(connection, 'echo', { text: 'done' }))).toBe('done')
})

it.each([
  ['2025-12-31', 'speaks a version of MCP that Patchbay does not know (2025-12-31)'],
  ['1.0', 'speaks a version of MCP that Patchbay does not know (1.0)'],
  [undefined, 'speaks a version of MCP that Patchbay does not know.'],
])('a server that answers in %s is told of', async (protocolVersion, words) => {
  const initialize: Refusal = (response, { id }) => answerJson(response, id, { ...SOUND, protocolVersion })
  await using server = await startRawServer({}, { initialize })
  await using house = await startMcpHouse({ allow: ['127.0.0.1'] })
  expect(textOf(await house.call(await house.connected(remote(server.url)), 'work'))).toContain(words)
  expect(server.requests.filter((method) => method === 'initialize')).toHaveLength(1)
})

it('what a server refuses for something else is not asked again', async () => {
  const initialize = refuseWith({ code: -32602, message: 'clientInfo is missing' })
  await using server = await startRawServer({}, { initialize })
  await using house = await startMcpHouse({ allow: ['127.0.0.1'] })
  expect(textOf(await house.call(await house.connected(remote(server.url)), 'work'))).toMatch(/^failed/)
  expect(server.requests.filter((method) => method === 'initialize')).toHaveLength(1)
})
