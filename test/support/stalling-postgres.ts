import { connect, createServer, type Socket } from 'node:net'

/** A way to the Postgres of `url` that can be made to let nothing through for a while, as a network or a busy server does. */
export async function startStallingPostgres(url: string) {
  const target = new URL(url)
  const socket = `${target.searchParams.get('host')}/.s.PGSQL.5432`
  const links = new Set<ReturnType<typeof link>>()
  let stalled = false
  const server = createServer((client) => {
    const made = link(client, connect(socket), () => stalled)
    links.add(made)
    client.once('close', () => links.delete(made))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `postgres://${target.username}:${target.password}@127.0.0.1:${port}${target.pathname}?sslmode=disable`,
    /** Nothing is let through from now on until the returned function is called. */
    stall(): () => void {
      stalled = true
      return () => {
        stalled = false
        for (const { flush } of links) flush()
      }
    },
    async [Symbol.asyncDispose]() {
      for (const { end } of links) end()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** What a client sent during a stall is dropped when it dies before the end of it. */
function link(client: Socket, there: Socket, isStalled: () => boolean) {
  let held: Buffer[] = []
  client.on('data', (data: Buffer) => {
    if (isStalled()) held.push(data)
    else there.write(data)
  })
  there.pipe(client)
  const end = () => {
    client.destroy()
    there.destroy()
  }
  for (const one of [client, there]) {
    one.on('error', end)
    one.on('close', end)
    one.on('end', end)
  }
  return {
    end,
    flush() {
      for (const data of held) there.write(data)
      held = []
    },
  }
}
