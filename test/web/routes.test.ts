import { createServer, request } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createWeb } from '../../src/web/routes.ts'
import { freePort } from '../support/free-port.ts'
import { memoryLog } from '../support/log.ts'

let broken = false
const { log, text } = memoryLog()
const web = createWeb({
  log,
  health: () => (broken ? Promise.reject(new Error('odd')) : Promise.resolve({ database: 'ok' })),
  clientDocument: {
    toJSON: () => {
      throw new Error('odd')
    },
  },
  finishSignIn: () => Promise.reject(new Error('odd')),
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
const statusOf = (path: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, agent: false }, (answer) => resolve(answer.resume().statusCode))
      .on('error', reject)
      .end()
  })

test('odd targets are only not found', async () => {
  for (const path of ['//', '//[', '/nothing', 'http://[', '/healthzz']) expect(await statusOf(path), path).toBe(404)
})

test('health is told, also when it cannot be found out', async () => {
  expect(await statusOf('/healthz?x=1')).toBe(200)
  broken = true
  expect(await statusOf('/healthz')).toBe(500)
  expect(text()).toContain('health could not be found out')
})

test('a route that breaks costs its own connection, and is logged', async () => {
  await expect(statusOf('/oauth/client.json')).rejects.toThrow('socket hang up')
  expect(text()).toContain('request could not be answered')
  expect(await statusOf('/nothing')).toBe(404)
})
