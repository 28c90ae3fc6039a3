import { createServer, type RequestListener, type Server } from 'node:http'
import { addressOf, isProxyAddress } from './address-limit.ts'
import { SAFE_HEADERS } from './pages.ts'

/** Slack and browsers send their headers at once; who does not holds a connection for nothing. */
const HEADERS_MS = 10_000
/** What is sent here is small: an event of Slack's, a form. */
const REQUEST_MS = 30_000
/** How long a half-open connection may be left beyond that. */
const CHECK_MS = 2_000
/** Far more than Slack, browsers and load balancers open. */
const MAX_CONNECTIONS = 4_000
/** A browser opens six; an office may share one address. */
const MAX_PER_ADDRESS = 100

/** Both doors of the port: pages of ours, and what Slack sends. */
export const listenerFor =
  (web: (...request: Parameters<RequestListener>) => boolean, slack: RequestListener | undefined): RequestListener =>
  (request, response) => {
    if (web(request, response)) return
    if (slack && request.url?.startsWith('/slack/')) slack(request, response)
    else response.writeHead(404, { ...SAFE_HEADERS, 'content-type': 'text/plain' }).end('There is nothing here.')
  }

/** A server that half-open and slow connections of one address do not close to others. Not listening yet. */
export function createPublicServer(
  listener: RequestListener,
  { isProxy = isProxyAddress, headersMs = HEADERS_MS, checkMs = CHECK_MS } = {},
): Server {
  const times = { headersTimeout: headersMs, requestTimeout: REQUEST_MS, connectionsCheckingInterval: checkMs }
  const server = createServer(times, listener)
  server.maxConnections = MAX_CONNECTIONS
  const open = new Map<string, number>()
  server.on('connection', (socket) => {
    const { remoteAddress = '' } = socket
    // A proxy brings everybody's.
    if (isProxy(remoteAddress)) return
    const address = addressOf({ socket, headers: {} }) ?? ''
    const count = (open.get(address) ?? 0) + 1
    open.set(address, count)
    socket.once('close', () => {
      const left = (open.get(address) ?? 1) - 1
      if (left === 0) open.delete(address)
      else open.set(address, left)
    })
    if (count > MAX_PER_ADDRESS) socket.destroy()
  })
  return server
}
