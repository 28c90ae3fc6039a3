import { connect, createServer } from 'node:net'
import { createTestDatabase } from './database.ts'
import { joinSockets } from './join-sockets.ts'

/** A database of a test's own, at an address that a server in another process can be given. */
export async function createTcpDatabase() {
  const database = await createTestDatabase()
  const url = new URL(database.url)
  const socket = `${url.searchParams.get('host')}/.s.PGSQL.5432`
  const server = createServer((client) => joinSockets(client, connect(socket)))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: database.url,
    dsn: `postgres://postgres:none@127.0.0.1:${port}${url.pathname}?sslmode=disable`,
    async [Symbol.asyncDispose]() {
      server.close()
      await database[Symbol.asyncDispose]()
    },
  }
}
