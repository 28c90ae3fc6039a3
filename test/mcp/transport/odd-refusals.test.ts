import { createServer, type ServerResponse } from 'node:http'
import { json } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type McpHouse, remote, startMcpHouse, textOf } from '../../support/mcp-house.ts'

const signal = new AbortController().signal
let house: McpHouse
beforeEach(async () => {
  house = await startMcpHouse({ allow: ['127.0.0.1'], toolTimeoutSeconds: 5, limits: { callSeconds: 8 } })
})
afterEach(() => house[Symbol.asyncDispose]())

const Message = z.looseObject({ id: z.union([z.string(), z.number()]).optional(), method: z.string() })
type Refusal = (response: ServerResponse, id: string | number) => void
type Refusals = Record<string, Refusal>

const RESULTS: Record<string, object> = {
  initialize: {
    protocolVersion: '2025-06-18',
    capabilities: { tools: {} },
    serverInfo: { name: 'old', version: '1' },
  },
  'tools/list': { tools: [{ name: 'echo', description: 'Echoes', inputSchema: { type: 'object' } }] },
  'tools/call': { content: [{ type: 'text', text: 'done' }] },
}

const answer = (response: ServerResponse, body: unknown, status = 200) =>
  void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
const status =
  (code: number, body = ''): Refusal =>
  (response) =>
    void response.writeHead(code).end(body)
const error =
  (message: string, { code = -32_000, id, http = 200 }: { code?: number; id?: unknown; http?: number } = {}): Refusal =>
  (response, asked) =>
    answer(response, { jsonrpc: '2.0', error: { code, message }, id: id === undefined ? asked : id }, http)

/** A server of the old protocol that refuses some methods in a way of its own, as long as they are in `refusals`. */
async function startOldServer(refusals: Refusals) {
  const heard: string[] = []
  const server = createServer(async (request, response) => {
    if (request.method !== 'POST') return void response.writeHead(405).end()
    const { id, method } = Message.parse(await json(request))
    heard.push(method)
    if (id === undefined) return void response.writeHead(202).end()
    const refusal = refusals[method]
    if (refusal !== undefined) return refusal(response, id)
    if (method === 'initialize') response.setHeader('mcp-session-id', 's1')
    answer(response, { jsonrpc: '2.0', id, result: RESULTS[method] ?? {} })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    target: remote(`http://127.0.0.1:${port}/mcp`),
    heard,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

describe('a server of the old protocol that refuses the new one', () => {
  it.each<[string, Refusal]>([
    ['with 401', status(401)],
    ['with 403', status(403, 'forbidden')],
    ['with 404', status(404)],
    ['with 405', status(405)],
    ['with 500', status(500, 'oops')],
    ['with 502', status(502)],
    ['with 503', status(503)],
    ['with 204', status(204)],
    ['with 202', status(202)],
    ['with a web page', (response) => void response.setHeader('content-type', 'text/html').end('<h1>Hi</h1>')],
    ['with an empty body', status(200)],
    ['with empty JSON', (response) => void response.setHeader('content-type', 'application/json').end()],
    ['with silence', () => undefined],
    ['by ending the connection', (response) => void response.socket?.destroy()],
    ['with an error without id', error('no such method', { code: -32_601, id: null })],
    ['with an error with a foreign id', error('no such method', { code: -32_601, id: 'server-error' })],
    [
      'with an error in an array',
      (r, id) => answer(r, [{ jsonrpc: '2.0', id, error: { code: -32_601, message: 'x' } }]),
    ],
    ['with an empty array', (response) => answer(response, [])],
  ])(
    '%s is connected all the same',
    async (_, refusal) => {
      await using server = await startOldServer({ 'server/discover': refusal })
      const began = Date.now()
      const probe = await house.mcp.probe(server.target, {}, signal)
      expect(probe).toMatchObject({ era: { kind: 'legacy' }, protocolVersion: '2025-06-18' })
      expect(Date.now() - began).toBeLessThan(12_000)
    },
    20_000,
  )

  it.each<[string, Refusal, Refusal, RegExp]>([
    ['403 twice', status(403), status(403), /does not allow this.*\(403\)/],
    ['401, then 404', status(401), status(404), /sign-in \(401\)/],
    ['403, then 500', status(403), status(500), /\(403\)/],
    ['500, then 401', status(500), status(401), /sign-in \(401\)/],
    ['404, then 500', status(404), status(500), /\(500\)/],
    ['500, then 404', status(500), status(404), /\(404\)/],
  ])('and the old one too hears the truer reason: %s', async (_, discover, initialize, message) => {
    await using server = await startOldServer({ 'server/discover': discover, initialize })
    await expect(house.mcp.probe(server.target, {}, signal)).rejects.toMatchObject({
      name: 'AppError',
      message: expect.stringMatching(message),
    })
  })
})

describe('a lost session', () => {
  it.each<[string, Refusal]>([
    ['404', status(404)],
    ['400', status(400)],
    ['410', status(410)],
    ['401 with words', error('Session expired', { http: 401 })],
    ['403 with words', error('Invalid session', { http: 403 })],
    ['500 with words', error('session not found', { http: 500 })],
    ['503 in plain text', status(503, 'Unknown session id')],
    ['500 in a field of its own', (response) => answer(response, { detail: 'Session has expired' }, 500)],
    ['200, -32001', error('Session not found', { code: -32_001 })],
    ['200, no id', error('Session not found', { code: -32_001, id: null })],
    ['200, invalid session', error('Invalid session ID')],
    ['200, no valid session', error('Bad Request: No valid session ID provided')],
    ['200, not initialized', error('Bad Request: Server not initialized')],
    ['200, expired', error('Your session has expired', { code: -32_603 })],
    ['200, before initialize', error('Received request before initialization was complete', { code: -32_602 })],
  ])('known by %s is replaced once, and the call is made on the new one', async (_, refusal) => {
    const refusals: Refusals = {}
    await using server = await startOldServer(refusals)
    const connection = await house.connected(server.target)
    expect(textOf(await house.call(connection, 'echo'))).toBe('done')
    const before = server.heard.filter((method) => method === 'initialize').length
    refusals['tools/call'] = (response, id) => {
      delete refusals['tools/call']
      refusal(response, id)
    }
    expect(textOf(await house.call(connection, 'echo'))).toBe('done')
    expect(server.heard.filter((method) => method === 'initialize')).toHaveLength(before + 1)
    expect(server.heard.filter((method) => method === 'tools/call')).toHaveLength(3)
  })

  it.each<[string, Refusal]>([
    ['of the tool’s own', error('The browser session of the tab you opened for example.com was not found')],
    ['of another thing', error('Checkout session not found')],
    ['that timed out on its way', error('Request timed out', { code: -32_001 })],
    ['500 without words', status(500, 'oops')],
  ])('is not what a failure says %s: the call is not repeated', async (_, refusal) => {
    const refusals: Refusals = { 'tools/call': refusal }
    await using server = await startOldServer(refusals)
    const connection = await house.connected(server.target)
    await house.call(connection, 'echo')
    expect(server.heard.filter((method) => method === 'tools/call')).toHaveLength(1)
  })

  it('of a server that loses each one is replaced once, and the person hears it', async () => {
    await using server = await startOldServer({ 'tools/call': error('Session not found', { code: -32_001 }) })
    const connection = await house.connected(server.target)
    expect(await house.call(connection, 'echo')).toMatchObject({
      kind: 'failed',
      message: expect.stringMatching(/keeps forgetting/),
    })
    expect(server.heard.filter((method) => method === 'tools/call')).toHaveLength(2)
  })
})
