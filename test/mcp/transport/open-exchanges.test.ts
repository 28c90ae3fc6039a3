import { once } from 'node:events'
import { createServer } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import { createEgress } from '../../../src/egress/egress.ts'
import { LOST_STREAM_CODE } from '../../../src/mcp/protocol/lost-stream-error.ts'
import { createMessageReader } from '../../../src/mcp/protocol/message-reader.ts'
import { createLenientFetch } from '../../../src/mcp/transport/lenient-fetch.ts'
import { eventually } from '../../support/eventually.ts'

const closing: AsyncDisposableStack[] = []
afterEach(async () => {
  for (const one of closing.splice(0)) await one.disposeAsync()
})

const event = (message: unknown, more = '') => `${more}data: ${JSON.stringify(message)}\n\n`
const ANSWER = event({ jsonrpc: '2.0', id: 7, result: {} })
const PROGRESS = { jsonrpc: '2.0', method: 'notifications/progress', params: {} }
const SSE = 'text/event-stream'

/** A server that sends a part of an answer, if any, and ends nothing by itself. */
async function startHoldingServer(type: string | undefined, part: string) {
  const stack = new AsyncDisposableStack()
  closing.push(stack)
  let open = 0
  const server = createServer(async (request, response) => {
    const sent = (await request.toArray()).join('')
    if (sent.includes('notifications/')) return void response.writeHead(202).end()
    open++
    response.on('close', () => open--)
    if (type === undefined) return
    response.writeHead(200, { 'content-type': type }).flushHeaders()
    response.write(part)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  stack.defer(() => void server.close())
  stack.defer(() => server.closeAllConnections())
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`
  const egress = stack.use(createEgress({ allow: ['127.0.0.1'] }))
  const fetch = createLenientFetch(egress.fetch, createMessageReader())
  const post = (message: object) => fetch(url, { method: 'POST', body: JSON.stringify({ jsonrpc: '2.0', ...message }) })
  return {
    open: () => open,
    call: (id: number | string) => post({ id, method: 'tools/call' }).then((response) => response.text()),
    cancel: (requestId: unknown) => post({ method: 'notifications/cancelled', params: { requestId } }),
  }
}

test.each<[string, string | undefined, string, RegExp]>([
  ['says nothing', undefined, '', /abort/i],
  ['begins a JSON answer', 'application/json', '{"jsonrpc":', /abort/i],
  ['opens a stream', SSE, ': hi\n\n', /"id":7,"error"/],
  ['reports progress', SSE, event(PROGRESS), /"id":7,"error"/],
  ['sends events with ids', SSE, event(PROGRESS, 'id: 1\n'), /"id":7,"error"/],
])('a cancelled request to a server that %s is ended, and not gone on with', async (_, type, part, read) => {
  const server = await startHoldingServer(type, part)
  const other = server.call('7').catch(() => 'closed')
  const called = server.call(7).catch((error: unknown) => String(error))
  await eventually(() => expect(server.open()).toBe(2))
  expect((await server.cancel(7)).status).toBe(202)
  expect(await called).toMatch(read)
  await eventually(() => expect(server.open(), 'the other request goes on').toBe(1))
  await server.cancel('7')
  await other
  await eventually(() => expect(server.open()).toBe(0))
})

test.each<[string, string]>([
  ['an answer', ANSWER],
  ['an answer with an id', `id: 1\n${ANSWER}`],
  ['an answer whose id is a text', ANSWER.replace('7', '"7"')],
  ['an error without an id', event({ jsonrpc: '2.0', error: { code: 1, message: 'no' } })],
  ['an answer after progress with an id', `${event(PROGRESS, 'id: 1\n')}${ANSWER}`],
])('a stream that a server leaves open after %s is ended with nothing added', async (_, part) => {
  const server = await startHoldingServer(SSE, part)
  const read = await server.call(7)
  expect(read.match(/^data: /gm)).toHaveLength(part.match(/^data: /gm)?.length ?? 0)
  expect(read).not.toContain(String(LOST_STREAM_CODE))
  await eventually(() => expect(server.open()).toBe(0))
})

test.each<[string, string]>([
  ['progress', event(PROGRESS)],
  ['an answer to another request', event({ jsonrpc: '2.0', id: 6, result: {} })],
  ['an error of another request', event({ jsonrpc: '2.0', id: 'x', error: { code: 1, message: 'no' } })],
])('an answer of many seconds is waited for after %s', async (_, part) => {
  const server = await startHoldingServer(SSE, part)
  const called = server.call(7)
  await server.cancel(8)
  const first = await Promise.race([called, new Promise((over) => setTimeout(over, 3_500, 'waiting'))])
  expect(first).toBe('waiting')
  await server.cancel(7)
  await called
})

test('an error without an id ends none of two requests', async () => {
  const server = await startHoldingServer(SSE, event({ jsonrpc: '2.0', error: { code: 1, message: 'no' } }))
  const called = [server.call(7), server.call(8)]
  await eventually(() => expect(server.open()).toBe(2))
  await new Promise((over) => setTimeout(over, 3_500))
  expect(server.open()).toBe(2)
  await Promise.all([server.cancel(7), server.cancel(8)])
  for (const one of called) expect(await one).toMatch(/"error":\{"code":-32077/)
})
