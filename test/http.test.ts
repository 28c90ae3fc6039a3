import { Agent, createServer, get, type ServerResponse } from 'node:http'
import { expect, test } from 'vitest'
import { closeServer, listen } from '../src/http.ts'
import { freePort } from './support/free-port.ts'

/** Keeps connections for longer than a test may take. */
async function startServer(answer: (response: ServerResponse) => void) {
  const server = createServer((_request, response) => answer(response))
  server.keepAliveTimeout = 120_000
  const port = await freePort()
  await listen(server, port, '127.0.0.1')
  return { server, port }
}

/** Resolves with the status, or with what became of the request instead. */
const ask = (port: number, agent: Agent): Promise<number | string> =>
  new Promise((resolve) => {
    get({ host: '127.0.0.1', port, agent }, (response) => {
      response.resume()
      response.once('end', () => resolve(response.statusCode ?? 0))
    }).once('error', (error) => resolve(error.message))
  })

test('closing lets a request under way be answered, and does not wait for its connection to be used again', async () => {
  const asked = Promise.withResolvers<ServerResponse>()
  const { server, port } = await startServer(asked.resolve)
  const answered = ask(port, new Agent({ keepAlive: true }))
  const response = await asked.promise
  const closed = closeServer(server)
  response.end('late')
  expect(await answered).toBe(200)
  await closed
})

test('closing cuts off a request that nobody answers', async () => {
  const asked = Promise.withResolvers<ServerResponse>()
  const { server, port } = await startServer(asked.resolve)
  const answered = ask(port, new Agent({ keepAlive: true }))
  await asked.promise
  await closeServer(server)
  expect(await answered).toBe('socket hang up')
})
