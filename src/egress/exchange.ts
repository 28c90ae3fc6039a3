import type { ClientRequest, IncomingMessage, Agent as PlainAgent } from 'node:http'
import { request as plainRequest } from 'node:http'
import { type Agent as TlsAgent, request as tlsRequest } from 'node:https'
import { Readable } from 'node:stream'
import { AppError } from '../errors.ts'
import { destinationOf, type Guard, guardedLookup } from './guard.ts'
import { brokenOff, neverSent } from './trouble.ts'

// DNS, TCP and TLS together; a server that needs longer is down for a person who waits.
const CONNECT_MS = 10_000
// More than any honest answer of a tool; a larger one would only fill our memory.
export const MAX_BODY_BYTES = 32 * 1024 * 1024
// Node's own default, said here so that no NODE_OPTIONS changes it.
const MAX_HEADER_BYTES = 16 * 1024
const NO_BODY = new Set([101, 204, 205, 304])

class Late extends Error {
  readonly code = 'ETIMEDOUT'
}

export type Agents = { plain: PlainAgent; tls: TlsAgent }
export type Ask = { url: URL; method: string; headers: Headers; body: Buffer | undefined; signal: AbortSignal }

/** One request, one answer, no redirects. Throws AppErrors; an abort throws the signal's reason. */
export function exchange(ask: Ask, guard: Guard, agents: Agents): Promise<Response> {
  return new Promise((resolve, reject) => {
    ask.signal.throwIfAborted()
    const request = open(ask, guard, agents)
    let sent = false
    const abort = () => request.destroy(asError(ask.signal.reason))
    ask.signal.addEventListener('abort', abort, { once: true })
    const done = () => ask.signal.removeEventListener('abort', abort)
    watchConnecting(request, ask.url.host, () => {
      sent = true
    })
    request.on('error', (error) => {
      done()
      if (ask.signal.aborted) reject(ask.signal.reason)
      else reject(sent ? brokenOff(ask.url.host, error) : neverSent(ask.url.host, error))
    })
    request.once('response', (message) => {
      message.once('close', done)
      // Whoever reads the body sees the error there; nobody may be reading.
      message.on('error', () => request.destroy())
      resolve(answerOf(message, ask.url.host))
    })
    request.end(ask.body)
  })
}

function open({ url, method, headers, body }: Ask, guard: Guard, agents: Agents): ClientRequest {
  const to = destinationOf(url)
  const secure = url.protocol === 'https:'
  const sent = Object.fromEntries(headers)
  if (body !== undefined) sent['content-length'] = String(body.length)
  const options = {
    method,
    headers: sent,
    host: to.host,
    port: to.port,
    path: `${url.pathname}${url.search}`,
    maxHeaderSize: MAX_HEADER_BYTES,
    lookup: guardedLookup(to, guard),
  }
  return secure ? tlsRequest({ ...options, agent: agents.tls }) : plainRequest({ ...options, agent: agents.plain })
}

/** Tells when the connection stands (a kept one does from the start); one that does not stand in time is given up. */
function watchConnecting(request: ClientRequest, host: string, connected: () => void): void {
  const late = `${host} did not answer within ${CONNECT_MS / 1000} s. Check the address, and whether the server is up.`
  const timer = setTimeout(
    () => request.destroy(new AppError('server_unreachable', late, { cause: new Late('no connection in time') })),
    CONNECT_MS,
  )
  const stand = () => {
    clearTimeout(timer)
    connected()
  }
  request.once('close', () => clearTimeout(timer))
  request.once('socket', (socket) => {
    if (request.reusedSocket) stand()
    else socket.once('encrypted' in socket ? 'secureConnect' : 'connect', stand)
  })
}

function answerOf(message: IncomingMessage, host: string): Response {
  const headers = new Headers()
  for (let at = 0; at + 1 < message.rawHeaders.length; at += 2)
    headers.append(message.rawHeaders[at] ?? '', message.rawHeaders[at + 1] ?? '')
  const status = message.statusCode ?? 502
  if (NO_BODY.has(status) || status < 200 || status > 599) {
    message.resume()
    return new Response(null, { status: NO_BODY.has(status) ? status : 502, headers })
  }
  return new Response(Readable.toWeb(Readable.from(capped(message, host))), {
    status,
    statusText: message.statusMessage ?? '',
    headers,
  })
}

async function* capped(message: IncomingMessage, host: string): AsyncGenerator<Uint8Array> {
  let bytes = 0
  for await (const chunk of message) {
    bytes += chunk.length
    if (bytes > MAX_BODY_BYTES)
      throw new AppError(
        'tool_failed',
        `${host} sent more than ${MAX_BODY_BYTES / 1024 / 1024} MB, which is more than Patchbay takes.`,
      )
    yield chunk
  }
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason))
}
