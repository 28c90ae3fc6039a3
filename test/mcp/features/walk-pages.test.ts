import type { ServerResponse } from 'node:http'
import { expect, it } from 'vitest'
import { remote, startMcpHouse } from '../../support/mcp-house.ts'
import { answerJson, type RawMessage, SOUND, startRawServer } from '../../support/raw-server.ts'

const tool = (name: string) => ({ name, description: name, inputSchema: { type: 'object' } })
const prompt = (name: string) => ({ name, description: name })
const JSON_TYPE = { 'content-type': 'application/json' }
const error = (code: number, message: string) => ({ jsonrpc: '2.0', error: { code, message } })
const NOT_SENT = 'the server did not send them this time'
type Page = { names: string[]; nextCursor?: string | number | null }

/** Which page a server sends for a cursor, what of the list comes of it and how often it is asked; in docs/field-notes.md are the reports. */
const PAGED: Record<string, { page: (cursor: string | undefined) => Page; names: string[]; asked: number }> = {
  'goes on after an empty cursor': {
    page: (cursor) => (cursor === undefined ? { names: ['a'], nextCursor: '' } : { names: ['b'] }),
    names: ['a', 'b'],
    asked: 2,
  },
  'says an empty cursor on its only page': {
    page: () => ({ names: ['a', 'b'], nextCursor: '' }),
    names: ['a', 'b'],
    asked: 2,
  },
  'gives the same cursor for ever': {
    page: () => ({ names: ['a', 'b'], nextCursor: '2' }),
    names: ['a', 'b'],
    asked: 2,
  },
  'goes round in circles': {
    page: (cursor) => (cursor === '1' ? { names: ['b'], nextCursor: '2' } : { names: ['a'], nextCursor: '1' }),
    names: ['a', 'b'],
    asked: 3,
  },
  'ends with null': { page: () => ({ names: ['a'], nextCursor: null }), names: ['a'], asked: 1 },
  'counts with numbers': {
    page: (cursor) => (cursor === undefined ? { names: ['a'], nextCursor: 0 } : { names: ['b'] }),
    names: ['a', 'b'],
    asked: 2,
  },
}

it.each(Object.entries(PAGED))('a list that %s is read once, without a word', async (_, { page, names, asked }) => {
  const list = (field: string, item: (name: string) => object) => (response: ServerResponse, message: RawMessage) => {
    const { names: listed, ...rest } = page(message.params?.cursor)
    answerJson(response, message.id, { [field]: listed.map(item), ...rest })
  }
  await using server = await startRawServer(
    {},
    {
      initialize: (response, { id }) =>
        answerJson(response, id, { ...SOUND, capabilities: { tools: {}, prompts: {} } }),
      'tools/list': list('tools', tool),
      'prompts/list': list('prompts', prompt),
    },
  )
  await using house = await startMcpHouse({ allow: ['127.0.0.1'] })
  const connection = await house.connected(remote(server.url))
  const tools = await house.mcp.refresh(connection, new AbortController().signal)
  expect(tools.map(({ name }) => name)).toEqual(names)
  expect(server.requests.filter((method) => method === 'tools/list')).toHaveLength(asked)
  expect((await house.registry.get(connection.id))?.unusableTools).toEqual([])
  const prompts = await house.mcp.prompts(connection, new AbortController().signal)
  expect(prompts.map(({ name }) => name)).toEqual(names)
})

type Failure = { how: string; fail(response: ServerResponse, message: RawMessage): void; why: string }
const FAILURES: Failure[] = [
  {
    how: 'an error of the server',
    fail: (response, { id }) =>
      void response.writeHead(200, JSON_TYPE).end(JSON.stringify({ ...error(-32603, 'No db'), id })),
    why: 'the server could not list them: "No db"',
  },
  {
    how: 'a cursor it no longer knows',
    fail: (response, { id }) =>
      void response.writeHead(200, JSON_TYPE).end(JSON.stringify({ ...error(-32602, 'Bad cursor'), id })),
    why: 'the server could not list them: "Bad cursor"',
  },
  {
    how: 'a method it no longer knows',
    fail: (response, { id }) =>
      void response.writeHead(200, JSON_TYPE).end(JSON.stringify({ ...error(-32601, 'None'), id })),
    why: 'the server could not list them: "None"',
  },
  { how: 'a 500', fail: (response) => void response.writeHead(500).end('down'), why: NOT_SENT },
  { how: 'a broken connection', fail: (response) => void response.destroy(), why: NOT_SENT },
]

it.each(FAILURES)(
  'a later page that fails with $how hides neither the pages before it nor known tools',
  async (failure) => {
    let broken = false
    const list = (field: string, item: (name: string) => object) => (response: ServerResponse, message: RawMessage) => {
      if (message.params?.cursor === undefined)
        return answerJson(response, message.id, { [field]: [item('a')], nextCursor: '2' })
      if (broken) return failure.fail(response, message)
      answerJson(response, message.id, { [field]: [item('b')] })
    }
    await using server = await startRawServer(
      {},
      {
        initialize: (response, { id }) =>
          answerJson(response, id, { ...SOUND, capabilities: { tools: {}, prompts: {} } }),
        'tools/list': list('tools', tool),
        'prompts/list': list('prompts', prompt),
      },
    )
    await using house = await startMcpHouse({ allow: ['127.0.0.1'] })
    const { signal } = new AbortController()
    const connection = await house.connected(remote(server.url))
    await house.mcp.refresh(connection, signal)
    broken = true
    const known = (await house.registry.get(connection.id)) ?? connection
    expect((await house.mcp.refresh(known, signal)).map(({ name }) => name)).toEqual(['a', 'b'])
    const after = await house.registry.get(connection.id)
    expect(after?.tools.map(({ name }) => name)).toEqual(['a', 'b'])
    expect(after?.unusableTools).toEqual([{ tool: '(those on further pages)', why: failure.why }])
    expect((await house.mcp.prompts(connection, signal)).map(({ name }) => name)).toEqual(['a'])
    broken = false
    await house.mcp.refresh(after ?? connection, signal)
    expect((await house.registry.get(connection.id))?.unusableTools).toEqual([])
  },
)
