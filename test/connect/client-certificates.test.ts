import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { readCards } from '../../src/cards/read.ts'
import { findPemProblems } from '../../src/connect/connections/check-pem.ts'
import { createEgress } from '../../src/egress/egress.ts'
import { UserId, WorkspaceId } from '../../src/ids.ts'
import { CA, CLIENT, CLIENT_KEY, LOCKED_KEY, OLD, OTHER_KEY, SERVER, SERVER_KEY } from '../fixtures/certificates.ts'
import { startConnectHouse } from '../support/connect-house.ts'
import { ROOT } from '../support/paths.ts'

const BY = { workspace: WorkspaceId.parse('T0000000001'), user: UserId.parse('U0000000001') }
const custom = readCards(join(ROOT, 'run-cards')).find(({ name }) => name === 'custom')

test.each<[string, Record<string, string>, RegExp | undefined]>([
  ['all of it', { clientCertificate: CLIENT, clientKey: CLIENT_KEY, serverCa: CA }, undefined],
  ['a chain', { clientCertificate: CLIENT + CA, clientKey: CLIENT_KEY }, undefined],
  ['a CA alone', { serverCa: CA }, undefined],
  ['no certificate', { clientCertificate: 'MIIB', clientKey: CLIENT_KEY }, /no certificate in PEM form/],
  ['half of one', { serverCa: CA.slice(0, 200) + CA.slice(-27) }, /Copy it again, all of it/],
  ['an old one', { clientCertificate: OLD, clientKey: CLIENT_KEY }, /expired on 2020-02-01/],
  ['a locked key', { clientCertificate: CLIENT, clientKey: LOCKED_KEY }, /locked with a password/],
  ['no key', { clientCertificate: CLIENT, clientKey: CLIENT }, /no private key in PEM form/],
  ['half a key', { clientCertificate: CLIENT, clientKey: CLIENT_KEY.replace(/\n.+\n/, '\n') }, /cannot read this key/],
  ["another's key", { clientCertificate: CLIENT, clientKey: OTHER_KEY }, /belongs to another certificate/],
  ['a certificate alone', { clientCertificate: CLIENT }, /works only with its key/],
  ['a key alone', { clientKey: CLIENT_KEY }, /works only with its certificate/],
])('of certificates, %s is told in words', (_what, filled, words) => {
  if (custom === undefined) throw new Error('there is no such card')
  const found = findPemProblems(custom, filled).map(({ message }) => message)
  if (words === undefined) expect(found).toEqual([])
  else expect(found).toEqual([expect.stringMatching(words)])
})

/** An MCP server that lets in who has a certificate of its CA; at `/away` it sends elsewhere. */
async function startMutualServer(away = '') {
  const seen: string[] = []
  const node = toNodeHandler(
    createMcpHandler(() => {
      const server = new McpServer({ name: 'mutual', version: '1.0.0' })
      server.registerTool('who', { inputSchema: z.object({}) }, async () => ({ content: [] }))
      return server
    }),
  )
  const tls = { cert: SERVER, key: SERVER_KEY, ca: CA, requestCert: true, rejectUnauthorized: false }
  const server = createServer(tls, (request, response) => {
    const { subject } = (request.socket as TLSSocket).getPeerCertificate()
    seen.push(String(subject?.CN))
    if (request.url === '/away') return void response.writeHead(307, { location: away }).end()
    if (subject?.CN !== 'client') return void response.writeHead(403).end()
    void node(request as Parameters<typeof node>[0], response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return { host, url: `https://${host}/mcp`, seen, [Symbol.dispose]: () => void server.close().closeAllConnections() }
}

test('a connection comes with its own certificate and trusts its own CA, and no other connection does', async () => {
  using server = await startMutualServer()
  await using house = await startConnectHouse({ allow: [server.host] })
  const connect = (name: string, inputs: Record<string, string>) =>
    house.connect.connect(
      BY,
      { card: 'custom', name, inputs: { url: server.url, ...inputs } },
      AbortSignal.timeout(20_000),
    )
  const own = { clientCertificate: CLIENT, clientKey: CLIENT_KEY, serverCa: CA }
  expect(await connect('own', own)).toMatchObject({ ok: true, connection: { tools: [{ name: 'who' }] } })
  expect(await connect('without', {})).toMatchObject({ ok: false })
  expect(await connect('stranger', { serverCa: CA })).toMatchObject({ ok: false })
  expect(new Set(server.seen)).toEqual(new Set(['client', 'undefined']))
  const rows = await house.everythingInTheDatabase()
  for (const secret of [CLIENT_KEY, CLIENT, CA]) expect(rows).not.toContain(secret.split('\n')[1])
})

test('a certificate is shown to no address that its own redirects to', async () => {
  using other = await startMutualServer()
  using first = await startMutualServer(`https://${other.host}/`)
  using egress = createEgress({ allow: [first.host, other.host] })
  const fetch = egress.fetchOver({ cert: CLIENT, key: CLIENT_KEY, ca: CA })
  await expect(fetch(`https://${first.host}/away`)).rejects.toThrow()
  expect([first.seen, other.seen]).toEqual([['client'], []])
})
