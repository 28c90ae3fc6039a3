import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, expect, test } from 'vitest'
import { createEgress } from '../../src/egress/egress.ts'
import { createAwsSignedFetch } from '../../src/mcp/transport/aws-signed-fetch.ts'

const open = new Set<AsyncDisposableStack>()
afterEach(async () => {
  for (const one of open) await one.disposeAsync()
  open.clear()
})

async function stage(send: (response: ServerResponse) => void) {
  const things = new AsyncDisposableStack()
  open.add(things)
  const server = createServer((request, response) => {
    request.resume()
    send(response.writeHead(200, { 'content-type': 'text/event-stream' }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  things.defer(() => server.closeAllConnections())
  things.defer(() => void server.close())
  const address = server.address()
  const egress = things.use(createEgress({ allow: ['127.0.0.1'] }))
  return { egress, url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/` }
}

const EVENT = 'data: {}\n\n'
const later = (act: () => void) => void setTimeout(act, 2)
const TIMES = 40

function withHeadersFirst(response: ServerResponse): void {
  response.flushHeaders()
  later(() => response.end(EVENT))
}

function inTwoParts(response: ServerResponse, [first, second]: [string, string]): void {
  response.write(first)
  later(() => response.end(second))
}

// An uncaught 'error' of a kept-alive socket (nodejs/node#65938) fails the run; in the app it ended the process.
test.each<[string, (response: ServerResponse) => void]>([
  ['its end is in the same packet', (response) => response.end(EVENT)],
  ['its end comes with the body, after the headers', withHeadersFirst],
  ['its end comes with the second part', (response) => inTwoParts(response, ['data: ', '{}\n\n'])],
  ['its end comes later', (response) => inTwoParts(response, [EVENT, ''])],
])('an abort right after the last bytes of an answer ends nothing else: %s', async (_when, send) => {
  const { egress, url } = await stage(send)
  for (let time = 0; time < TIMES; time++) {
    const stop = new AbortController()
    const response = await egress.fetch(url, { method: 'POST', body: 'x', signal: stop.signal })
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    for (let text = ''; !text.endsWith('}\n\n'); ) text += (await reader?.read())?.value ?? ''
    stop.abort()
    await reader?.read().catch(() => undefined)
    await new Promise<void>((resolve) => later(resolve))
  }
  const response = await egress.fetch(url)
  expect(await response.text()).toBe(EVENT)
})

test('an abort while the connection is still being made is heard at once', async () => {
  const silent = createTcpServer(() => undefined).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const address = silent.address()
  using egress = createEgress({ allow: ['127.0.0.1'] })
  const url = `https://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`
  const began = performance.now()
  await expect(egress.fetch(url, { signal: AbortSignal.timeout(100) })).rejects.toMatchObject({ name: 'TimeoutError' })
  expect(performance.now() - began).toBeLessThan(3_000)
  silent.close()
})

const signedFetch = (fetch: typeof globalThis.fetch) =>
  createAwsSignedFetch(fetch, { service: 'x', region: 'eu-west-1', keyId: 'id', secret: 'secret', session: undefined })

test.each<[string, (fetch: typeof globalThis.fetch) => typeof globalThis.fetch, (response: ServerResponse) => void]>([
  ['no answer yet', (fetch) => fetch, () => undefined],
  ['headers only', (fetch) => fetch, (response) => response.flushHeaders()],
  ['a part of the body', (fetch) => fetch, (response) => response.write('data: ')],
  ['no answer yet, signed for AWS', signedFetch, () => undefined],
])('an abort is heard after a garbage collection: %s', async (_when, wrap, send) => {
  const { egress, url } = await stage(send)
  const stop = new AbortController()
  const answer = wrap(egress.fetch)(url, { method: 'POST', body: 'x', signal: stop.signal }).then((r) => r.text())
  const ended = answer.then(
    () => 'answered',
    (error: unknown) => String(error),
  )
  await collectGarbage()
  stop.abort(new Error('stopped'))
  expect(await Promise.race([ended, sleep(5_000, 'not heard')])).toBe('Error: stopped')
})

async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc')
  for (let time = 0; time < 5; time++) {
    await sleep(30)
    runInNewContext('gc()')
  }
}

test('an answer that nobody reads is given up when its body is cancelled', async () => {
  let closed = 0
  const { egress, url } = await stage((response) => {
    response.write(EVENT)
    response.once('close', () => {
      closed += 1
    })
  })
  await (await egress.fetch(url)).body?.cancel()
  await expect.poll(() => closed).toBe(1)
})
