import { createServer, request } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { AppError } from '../../src/errors.ts'
import { createWeb, type HealthStatus } from '../../src/web/routes.ts'
import { freePort } from '../support/free-port.ts'
import { memoryLog } from '../support/log.ts'

let database: HealthStatus['database']
let answer: () => Promise<unknown> = () => Promise.resolve()
const { log, text } = memoryLog()
const web = createWeb({
  log,
  health: () => ({ database }),
  ready: () => answer(),
  clientDocument: {
    toJSON: () => {
      throw new Error('odd')
    },
  },
  connect: {
    openSignIn: async () => undefined,
    finishSignIn: () => Promise.reject(new Error('odd')),
    secretPages: { look: async () => undefined, enter: async () => false },
  },
  callbackUrl: 'https://patchbay.acme.dev/oauth/callback',
})
const server = createServer((incoming, response) => {
  if (!web(incoming, response)) response.writeHead(404).end()
})
let port = 0
beforeAll(async () => {
  port = await freePort()
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
})
afterAll(() => void server.close())

/** Sends the target as it stands, which fetch would not. */
const statusOf = (path: string, headers = {}): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, headers, agent: false }, (answer) => resolve(answer.resume().statusCode))
      .on('error', reject)
      .end()
  })

test('odd targets are only not found', async () => {
  for (const path of ['//', '//[', '/nothing', 'http://[', '/healthzz']) expect(await statusOf(path), path).toBe(404)
})

test('health stays 200 and tells how the newest call to the database ended', async () => {
  const at = '2026-11-28T12:00:00.000Z'
  const ends: HealthStatus['database'][] = [
    undefined,
    { state: 'ok', at },
    { state: 'failed', at, kind: 'password_wrong', message: 'The password is wrong.' },
  ]
  for (const end of ends) {
    database = end
    const found = await fetch(`http://127.0.0.1:${port}/healthz?x=1`)
    expect(found.status).toBe(200)
    expect(await found.json()).toEqual({ app: 'patchbay', pid: process.pid, ...(end && { database: end }) })
  }
})

test('ready is 503 where the database refuses or says nothing', async () => {
  expect(await statusOf('/readyz')).toBe(200)
  answer = () => Promise.reject(new AppError('database_unavailable', 'away'))
  expect(await statusOf('/readyz')).toBe(503)
  answer = () => new Promise(() => undefined)
  expect(await statusOf('/readyz')).toBe(503)
})

test('a route that breaks costs its own connection, and is logged', async () => {
  await expect(statusOf('/oauth/client.json')).rejects.toThrow('socket hang up')
  expect(text()).toContain('request could not be answered')
  expect(await statusOf('/nothing')).toBe(404)
})

test('every answer says that it is shown in no frame, kept nowhere and taken for nothing else', async () => {
  for (const path of ['/healthz', '/readyz', '/oauth/callback?state=x', `/sign-in/${'x'.repeat(43)}`]) {
    const { headers } = await fetch(`http://127.0.0.1:${port}${path}`)
    expect(headers.get('content-security-policy'), path).toMatch(/^default-src 'none'.+frame-ancestors 'none'/)
    expect(headers.get('content-security-policy'), path).not.toContain('unsafe')
    expect(headers.get('x-content-type-options'), path).toBe('nosniff')
    expect(headers.get('referrer-policy'), path).toBe('no-referrer')
    expect(headers.get('cache-control'), path).toBe('no-store')
  }
})

test('an address that asks for page after page has to wait; load balancers do not', async () => {
  const statuses: (number | undefined)[] = []
  const of = (address: string) => ({ 'x-forwarded-for': address })
  for (let at = 0; at < 125; at++) statuses.push(await statusOf('/oauth/callback?state=x', of('198.51.100.1')))
  expect(statuses.slice(0, 100)).not.toContain(429)
  expect(statuses.at(-1)).toBe(429)
  expect(await statusOf('/oauth/callback?state=x', of('198.51.100.2'))).not.toBe(429)
  expect(await statusOf('/healthz', of('198.51.100.1'))).toBe(200)
})
