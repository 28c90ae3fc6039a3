import { expect, test } from 'vitest'
import { createMessageReader } from '../../../src/mcp/protocol/message-reader.ts'
import { createLenientFetch } from '../../../src/mcp/transport/lenient-fetch.ts'
import { refuseEmptyStreams } from '../../../src/mcp/transport/lost-streams.ts'

const REQUEST = { method: 'POST', body: JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'tools/call' }) }
const event = (message: unknown, more = '') => `${more}data: ${JSON.stringify(message)}\n\n`
const answer = { jsonrpc: '2.0', id: 7, result: { content: [{ type: 'text', text: 'done' }] } }
const progress = (message: string) => ({ jsonrpc: '2.0', method: 'notifications/progress', params: { message } })

/** What the SDK reads of a stream that ends, or breaks, after these parts. */
async function readAfter(parts: (string | Uint8Array)[], breaks: boolean): Promise<string> {
  async function* body() {
    for (const part of parts) yield typeof part === 'string' ? new TextEncoder().encode(part) : part
    if (breaks) throw new TypeError('terminated')
  }
  const fetch = createLenientFetch(async () => {
    return new Response(ReadableStream.from(body()), { headers: { 'content-type': 'text/event-stream' } })
  }, createMessageReader())
  const response = await fetch('http://server/', REQUEST)
  return response.text()
}
const LOST = /"id":7,"error":\{"code":-32077/

test.each<[string, (string | Uint8Array)[]]>([
  ['nothing', []],
  ['a comment', [': keep-alive id: 7\n\n']],
  ['words that look like an id of an event', [event(progress('uuid: 5, id: 6'))]],
  ['words that look like an answer', [event(progress('{"result": 1, "error": "none"}'))]],
  [
    'a notification with a field called error',
    [event({ jsonrpc: '2.0', method: 'notifications/message', params: { error: 'x', result: 'y' } })],
  ],
  ['an answer to another request', [event({ ...answer, id: 6 })]],
  ['an error of another request', [event({ jsonrpc: '2.0', id: 6, error: { code: 1, message: 'no' } })]],
  ['half an answer', [event(answer).slice(0, 30)]],
  ['an answer without the end of its event', [event(answer).trimEnd()]],
  ['data that is no JSON', ['data: id: result error\n\n']],
  ['a field called identity', ['identity: 1\ndata: {}\n\n']],
  ['half a letter', [new Uint8Array([0x64, 0xc3])]],
])('a stream that brought only %s is lost, ended or broken', async (_, parts) => {
  expect(await readAfter(parts, false)).toMatch(LOST)
  expect(await readAfter(parts, true)).toMatch(LOST)
})

test.each<[string, (string | Uint8Array)[]]>([
  ['the answer', [event(answer)]],
  ['the answer in parts of a byte', [...event(answer)]],
  ['the answer with other line ends', [event(answer).replaceAll('\n', '\r\n')]],
  ['the answer over two lines of data', ['data: {"jsonrpc":"2.0","id":7,\ndata: "result":{}}\n\n']],
  ['an error', [event({ jsonrpc: '2.0', id: 7, error: { code: 1, message: 'no' } })]],
  ['an error without an id', [event({ jsonrpc: '2.0', error: { code: 1, message: 'no' } })]],
  ['an answer whose id is null', [event({ ...answer, id: null })]],
  ['an answer whose id is a text', [event({ ...answer, id: '7' })]],
  ['an answer after that to another request', [event({ ...answer, id: 6 }), event(answer)]],
  ['a batch', [event([progress('x'), answer])]],
  ['an event with an id, to go on from', [event(progress('x'), 'id: 1\n')]],
])('a stream that brought %s is left alone', async (_, parts) => {
  expect(await readAfter(parts, false)).not.toMatch(LOST)
})

const STREAM = { 'content-type': 'text/event-stream' }

/** How a server answers the GET for its stream, and how often it is asked when the client comes back each time it ends. */
test.each<[string, () => Response, number]>([
  ['a page', () => new Response('<h1>Hi</h1>', { headers: { 'content-type': 'text/html' } }), 1],
  ['a JSON-RPC error', () => Response.json({ jsonrpc: '2.0', id: null, error: { code: -32601, message: 'no' } }), 1],
  ['a stream that ends at once', () => new Response('', { headers: STREAM }), 3],
  ['a stream that only greets', () => new Response(': connected\n\nretry: 10\n\n', { headers: STREAM }), 3],
  ['a stream that breaks', () => new Response(brokenBody(), { headers: STREAM }), 3],
  ['a stream that brings something each time', () => new Response(event(progress('x')), { headers: STREAM }), 10],
  ['a stream to be taken up again', () => new Response('id: 1\ndata:\n\n', { headers: STREAM }), 10],
  ['a refusal', () => new Response(null, { status: 500 }), 10],
])('a client is kept from asking for ever for %s', async (_, answerGet, most) => {
  let asked = 0
  const fetch = refuseEmptyStreams(async (_input, init) => {
    if (init?.method === 'POST') return new Response('posted')
    asked += 1
    return answerGet()
  })
  const get = () => fetch('http://server/', { headers: { accept: 'text/event-stream' } })
  for (let time = 0; time < 10; time++) await (await get()).text().catch(() => undefined)
  expect(asked).toBe(most)
  if (most < 10) expect((await get()).status).toBe(405)
  expect(await (await fetch('http://server/', REQUEST)).text()).toBe('posted')
})

function brokenBody(): ReadableStream<Uint8Array> {
  return new ReadableStream({ pull: (stream) => stream.error(new TypeError('terminated')) })
}
