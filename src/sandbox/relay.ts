import { createServer, type Server as HttpServer } from 'node:http'
import type { Server, Socket } from 'node:net'
import { createServer as createSocketServer } from 'node:net'
import type { Duplex } from 'node:stream'

/** A host and a port, by name or number. */
export type NetworkDestination = { host: string; port: number }

/** Looks the host up, refuses what may not be reached, and connects to the very address it looked up. */
export type SocketConnector = (to: NetworkDestination) => Promise<Socket>

export type RelayDeps = {
  connect: SocketConnector
  /** Hears of what was not let through. */
  onRefused(to: string, error: unknown): void
}

// More than an honest server opens side by side; a hostile one could otherwise use up the app's file descriptors.
const MAX_SOCKETS = 64

/** Whether a host is one of the names, of which `*.example.com` means each below example.com. */
const isHostIn = (hosts: string[], host: string): boolean => {
  const name = host.toLowerCase()
  return hosts.some((one) => (one.startsWith('*.') ? name.endsWith(one.slice(1)) : name === one))
}

/** An HTTP CONNECT proxy on a unix socket, to port 443 of the given hosts alone (RFC 9110, section 9.3.6). */
export function openProxy(path: string, hosts: string[], deps: RelayDeps): Promise<AsyncDisposable> {
  const server = createServer((_request, response) => response.writeHead(403).end())
  server.on('connect', ({ url = '' }, client) => {
    const { host, port } = addressIn(url)
    if (port === 443 && isHostIn(hosts, host)) {
      void joinSockets(client, { host, port }, deps, (found) =>
        client.write(`HTTP/1.1 ${found ? '200 Connection established' : '502 Bad Gateway'}\r\n\r\n`),
      )
      return
    }
    deps.onRefused(url, undefined)
    client.on('error', () => client.destroy())
    client.end('HTTP/1.1 403 Forbidden\r\n\r\n')
  })
  return listenOn(server, path)
}

function addressIn(authority: string): NetworkDestination {
  const [, host = '', port = ''] = /^([a-z0-9._-]{1,253}):(\d{1,5})$/i.exec(authority) ?? []
  return { host, port: Number(port) }
}

/** What connects to the unix socket talks to the address, and to nothing else. */
export function openTcpRelay(path: string, to: NetworkDestination, deps: RelayDeps): Promise<AsyncDisposable> {
  const server = createSocketServer({ pauseOnConnect: true }, (client) => void joinSockets(client, to, deps))
  return listenOn(server, path)
}

async function joinSockets(
  client: Duplex,
  to: NetworkDestination,
  { connect, onRefused }: RelayDeps,
  say?: (found: boolean) => void,
): Promise<void> {
  client.on('error', () => client.destroy())
  const remote = await connect(to).catch((error: unknown) => {
    onRefused(`${to.host}:${to.port}`, error)
    say?.(false)
    client.end()
  })
  if (remote === undefined) return
  remote.on('error', () => client.destroy())
  remote.on('close', () => client.destroy())
  client.on('close', () => remote.destroy())
  if (client.destroyed) return void remote.destroy()
  say?.(true)
  client.pipe(remote).pipe(client)
}

async function listenOn(server: Server | HttpServer, path: string): Promise<AsyncDisposable> {
  const open = new Set<Socket>()
  server.maxConnections = MAX_SOCKETS
  server.on('connection', (socket: Socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
  server.unref()
  return {
    [Symbol.asyncDispose]: async () => {
      for (const socket of open) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
