import { createServer, type RequestListener } from 'node:http'
import { brotliCompressSync, createGzip, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { afterEach, expect, test } from 'vitest'
import { createEgress } from '../../src/egress/egress.ts'
import { MAX_BODY_BYTES } from '../../src/egress/exchange.ts'

let open = new AsyncDisposableStack()
afterEach(async () => {
  await open.disposeAsync()
  open = new AsyncDisposableStack()
})

async function fetchFrom(listener: RequestListener): Promise<Response> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  open.defer(() => {
    server.close()
    server.closeAllConnections()
  })
  const address = server.address()
  const egress = open.use(createEgress({ allow: ['127.0.0.1'] }))
  return egress.fetch(`http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`)
}
const answer = (encoding: string, body: Buffer) =>
  fetchFrom((_request, response) => response.writeHead(200, { 'content-encoding': encoding }).end(body))

const TEXT = 'wäre '.repeat(10_000)

test.each<[string, Buffer]>([
  ['gzip', gzipSync(TEXT)],
  ['x-gzip', gzipSync(TEXT)],
  ['GZIP', gzipSync(TEXT)],
  ['deflate', deflateSync(TEXT)],
  ['br', brotliCompressSync(TEXT)],
  ['zstd', zstdCompressSync(TEXT)],
  ['deflate, gzip', gzipSync(deflateSync(TEXT))],
  ['identity', Buffer.from(TEXT)],
  ['', Buffer.from(TEXT)],
])('an answer packed as "%s" is read', async (encoding, body) => {
  const response = await answer(encoding, body)
  expect(await response.text()).toBe(TEXT)
})

test('an empty answer that says it is packed is empty', async () => {
  expect(await (await answer('gzip', Buffer.alloc(0))).text()).toBe('')
})

test('a packed event arrives when it is sent, not when the answer ends', async () => {
  const response = await fetchFrom((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' })
    const gzip = createGzip()
    gzip.pipe(response)
    gzip.write('data: {}\n\n')
    gzip.flush()
  })
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  expect((await reader?.read())?.value).toBe('data: {}\n\n')
  await reader?.cancel()
})

test('an answer in a packing that nobody knows, or that is broken, is told as that', async () => {
  await expect(answer('compress', Buffer.from('x'))).rejects.toMatchObject({
    code: 'tool_failed',
    message: expect.stringContaining('(compress)'),
  })
  const broken = await answer('gzip', Buffer.from('no gzip at all'))
  await expect(broken.text()).rejects.toMatchObject({ message: expect.stringContaining('cannot be unpacked') })
})

test('a small answer that unpacks to more than the limit is refused', async () => {
  const bomb = gzipSync(Buffer.alloc(MAX_BODY_BYTES + 1))
  expect(bomb.length).toBeLessThan(100_000)
  await expect((await answer('gzip', bomb)).text()).rejects.toMatchObject({ code: 'limit_reached' })
})
