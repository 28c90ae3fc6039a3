import type { Readable } from 'node:stream'
import { Agent, buildConnector, type Dispatcher, Pool } from 'undici'
import { AppError } from '../errors.ts'
import { decodeBody, isDecodingError } from './decode-body.ts'
import { brokenOffErrorFor, CONNECT_MS, unsentErrorFor } from './egress-error.ts'
import { createGuardedLookup, type Destination, destinationOf, type Guard } from './guard.ts'

// Shorter than the 5 s after which Node's own servers hang up, so that an idle connection is not closed during a request.
const KEEP_ALIVE_MS = 4_000
// More than any honest answer of a tool; a larger one would only fill our memory.
export const MAX_BODY_BYTES = 32 * 1024 * 1024
const NO_BODY = new Set([101, 204, 205, 304])

const POOL: Pool.Options = {
  keepAliveTimeout: KEEP_ALIVE_MS,
  // A server's own hint must not keep a connection, and with it a checked address, for longer.
  keepAliveMaxTimeout: KEEP_ALIVE_MS,
  // Node's own default, said here so that no NODE_OPTIONS changes it.
  maxHeaderSize: 16 * 1024,
  // How long an answer may take is the caller's signal's to say.
  headersTimeout: 0,
  bodyTimeout: 0,
}

export type HttpExchangeRequest = {
  url: URL
  method: string
  headers: Headers
  body: Buffer | undefined
  signal: AbortSignal
}

/** In PEM form: a certificate of our own with its key, and CAs that stand in for the public ones. */
export type TlsOptions = { cert?: string; key?: string; ca?: string }

/** A pool of keep-alive connections, each to an address that the guard allowed. It never reads a proxy variable. */
export const createGuardedAgent = (guard: Guard, tls: TlsOptions = {}): Agent =>
  new Agent({
    factory: (origin) =>
      new Pool(origin, { ...POOL, connect: connectorTo(destinationOf(new URL(origin)), guard, tls) }),
  })

/** Connects to the address that was checked; any failure here is one of a request that was never sent. */
function connectorTo(to: Destination, guard: Guard, tls: TlsOptions): buildConnector.connector {
  const lookup = createGuardedLookup(to, guard)
  const connect = buildConnector({ timeout: CONNECT_MS, lookup, allowH2: false, ...tls })
  return (options, done) =>
    connect(options, (...[error, socket]) => {
      if (error === null) done(null, socket)
      else done(unsentErrorFor(options.host ?? options.hostname, error), null)
    })
}

/** One request, one answer, no redirects. Throws AppErrors; an abort throws the signal's reason. */
export async function sendHttpRequest(ask: HttpExchangeRequest, agent: Agent): Promise<Response> {
  const { url, method, headers, body, signal } = ask
  signal.throwIfAborted()
  try {
    const answer = await agent.request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method,
      headers: Object.fromEntries(headers),
      body: body ?? null,
      signal,
    })
    return responseOf(answer, url.host)
  } catch (error) {
    if (signal.aborted) throw signal.reason
    throw brokenOffErrorFor(url.host, error)
  }
}

function responseOf({ statusCode: status, statusText, headers: sent, body }: Dispatcher.ResponseData, host: string) {
  // The reader of the body gets the error; without one it would be unhandled.
  body.on('error', () => undefined)
  const headers = headersOf(sent)
  if (NO_BODY.has(status) || status < 200 || status > 599) {
    body.resume()
    return new Response(null, { status: NO_BODY.has(status) ? status : 502, headers })
  }
  const decoded = decodeBody(body, headers.get('content-encoding'), host)
  if (decoded !== body) {
    decoded.on('error', () => undefined)
    // They speak of the body as it went over the wire.
    headers.delete('content-encoding')
    headers.delete('content-length')
  }
  return new Response(limitedBody(decoded, host), { status, statusText, headers })
}

function headersOf(sent: Dispatcher.ResponseData['headers']): Headers {
  const headers = new Headers()
  for (const [name, values] of Object.entries(sent))
    for (const value of [values ?? []].flat()) headers.append(name, value)
  return headers
}

/** The body, up to MAX_BODY_BYTES. Cancelled before it was read, it still ends the request. */
function limitedBody(body: Readable, host: string): ReadableStream<Uint8Array> {
  const chunks: AsyncIterator<Uint8Array> = body[Symbol.asyncIterator]()
  let bytes = 0
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await chunks.next().catch((error: unknown) => throwReadable(host, error))
        if (done === true) return controller.close()
        bytes += value.length
        if (bytes > MAX_BODY_BYTES) {
          body.destroy()
          throw tooLargeError(host)
        }
        controller.enqueue(value)
      },
      cancel: () => void body.destroy(),
    },
    { highWaterMark: 0 },
  )
}

function throwReadable(host: string, error: unknown): never {
  if (!isDecodingError(error)) throw error
  throw new AppError('tool_failed', `${host} sent a packed answer that cannot be unpacked. Tell whoever runs it.`, {
    cause: error,
  })
}

function tooLargeError(host: string): AppError {
  return new AppError(
    'limit_reached',
    `${host} sent more than ${MAX_BODY_BYTES / 1024 / 1024} MB, ${MAX_BODY_BYTES / 1024 / 1024} MB are possible; ask for a part.`,
  )
}
