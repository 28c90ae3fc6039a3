import { once } from 'node:events'
import type { Server } from 'node:http'
import { connect, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { listen } from '../../src/http.ts'
import { addressOf, createAddressLimit } from '../../src/web/address-limit.ts'
import { createPublicServer } from '../../src/web/public-server.ts'
import { freePort } from '../support/free-port.ts'

const visit = (remoteAddress: string, forwarded: string | undefined) =>
  addressOf({ socket: { remoteAddress }, headers: { 'x-forwarded-for': forwarded } })

test.each([
  ['203.0.113.7', undefined, '203.0.113.7'],
  ['::ffff:203.0.113.7', undefined, '203.0.113.7'],
  // Who comes from outside may write there what they like.
  ['203.0.113.7', '198.51.100.1', '203.0.113.7'],
  // Our proxy adds the last one.
  ['10.0.0.3', 'made up, 198.51.100.1', '198.51.100.1'],
  ['::1', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['::1', 'nonsense', undefined],
  ['10.0.0.3', undefined, undefined],
  ['2001:db8::5', undefined, '2001:db8:0:0'],
])('a request from %s, forwarded for %s, is of %s', (peer, forwarded, address) => {
  expect(visit(peer, forwarded)).toBe(address)
})

test('an address has its share of each minute, and no address takes that of another', () => {
  let now = 0
  const may = createAddressLimit(2, () => now)
  expect([may('a'), may('a'), may('a'), may('b')]).toEqual([true, true, false, true])
  now = 60_000
  expect(may('a')).toBe(true)
})

/** Opens connections that never say what they want. */
async function openHalf(port: number, count: number): Promise<Socket[]> {
  const sockets = Array.from({ length: count }, () =>
    connect(port, '127.0.0.1')
      .on('error', () => undefined)
      .resume(),
  )
  await Promise.all(sockets.map((socket) => once(socket, 'connect')))
  return sockets
}

async function stop(server: Server): Promise<void> {
  server.close()
  server.closeAllConnections()
  await once(server, 'close')
}

test('one address keeps a hundred connections open and no more; a proxy brings everybody’s', async () => {
  const port = await freePort()
  const outside = createPublicServer((_, response) => response.end('here'), { isProxy: () => false })
  await listen(outside, port, '127.0.0.1')
  const first = await openHalf(port, 100)
  const [over] = await openHalf(port, 1)
  if (over !== undefined && !over.destroyed) await once(over, 'close')
  expect(first.filter(({ destroyed }) => destroyed)).toEqual([])
  await stop(outside)
  const behind = createPublicServer((_, response) => response.end('here'))
  await listen(behind, port, '127.0.0.1')
  await openHalf(port, 150)
  expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe('here')
  await stop(behind)
})

test('a connection that does not send its headers is closed', async () => {
  const port = await freePort()
  const server = createPublicServer(() => undefined, { headersMs: 200, checkMs: 50 })
  await listen(server, port, '127.0.0.1')
  const [silent, slow] = await openHalf(port, 2)
  slow?.write('GET / HTTP/1.1\r\nHost: x\r\n')
  await Promise.all([silent, slow].map((socket) => socket && once(socket, 'close')))
  await stop(server)
})
