import {
  type Client,
  type PriorDiscovery,
  SdkError,
  SdkErrorCode,
  SdkHttpError,
  SSEClientTransport,
  StreamableHTTPClientTransport,
  UnauthorizedError,
} from '@modelcontextprotocol/client'
import { findAppError } from '../../egress/egress-error.ts'
import type { TlsOptions } from '../../egress/exchange.ts'
import { AppError, errorChainOf } from '../../errors.ts'
import { withDeadline } from '../../timing.ts'
import { classifyError, statusIn, toAppError } from '../protocol/classify-error.ts'
import { createMessageReader } from '../protocol/message-reader.ts'
import { createUnknownVersionError, olderVersionsFor } from '../protocol/older-versions.ts'
import {
  fillHeaders,
  fillPlaceholders,
  type HttpTarget,
  hasKnownAddress,
  serverUrlOf,
} from '../protocol/server-target.ts'
import { createAwsSignedFetch, signingOf } from './aws-signed-fetch.ts'
import { createLenientFetch } from './lenient-fetch.ts'
import { detectDeadStreams, refuseEmptyStreams } from './lost-streams.ts'
import type { ConnectedClient, OpenDeps, Session, SessionRequest, Wiring } from './session.ts'

const CONNECT_MS = 15_000
// Silence to the new protocol leaves time for the old one.
const PROBE_MS = 7_000
// Ending the session is a courtesy to the server, so it must not delay the close.
const TERMINATE_MS = 1_000
/** How servers that only know HTTP+SSE answer a POST (measured: 404, 400; the specification says 405). */
const SSE_STATUSES = new Set([400, 404, 405])

const REFUSED_STATUSES = new Set([401, 403])
const AFTER_DISCOVER = new Set<string>([SdkErrorCode.EraNegotiationFailed, SdkErrorCode.RequestTimeout])
const MIN_CONNECT_MS = 2_000

const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/
const HEADER_VALUE = /^[\x20-\x7e]*$/

type HttpOpening = SessionRequest & { target: HttpTarget }

/** Streamable HTTP with the old or new protocol; HTTP+SSE where the server supports nothing else. */
export async function openHttpSession(
  deps: OpenDeps,
  opening: HttpOpening,
  wiring: Wiring,
  signal: AbortSignal,
): Promise<Session> {
  const { target, secrets } = opening
  const values = { ...target.values, ...secrets }
  const url = serverUrlOf(target, secrets)
  const { bearer } = opening
  const fetch = lenientFetchOf(deps.egress.fetchOver(tlsOptionsOf(target, values)), signingOf(target, values))
  const logFailure = (error: unknown) =>
    deps.log.warn({ what: 'close transport', error: errorChainOf(error) }, 'mcp background work failed')
  const optionsFor = (client: Client, kind: 'streamable' | 'sse') => {
    // A new stream of HTTP+SSE is a new session.
    const onDead = () => client.close().catch(logFailure)
    const watched = detectDeadStreams(fetch, kind === 'sse', onDead)
    return {
      requestInit: { headers: headersOf(target, values) },
      fetch: bearer?.bind(watched) ?? watched,
      ...(bearer && { authProvider: bearer.provider }),
    }
  }
  const connect = async (
    client: Client,
    transport: StreamableHTTPClientTransport | SSEClientTransport,
    prior?: PriorDiscovery,
    timeout = CONNECT_MS,
  ) => {
    // The SDK does not look at the signal while it negotiates.
    const stop = () => transport.close().catch(logFailure)
    signal.addEventListener('abort', stop, { once: true })
    try {
      await client.connect(transport, { signal, timeout, ...(prior && { prior }) })
      return client
    } finally {
      signal.removeEventListener('abort', stop)
    }
  }
  const streamable: Open<Session> = async (versions, prior = wiring.prior, timeout = CONNECT_MS) => {
    const client = wiring.newClient(PROBE_MS, versions)
    const transport = new StreamableHTTPClientTransport(url, optionsFor(client, 'streamable'))
    const connected = await connect(client, transport, versions ? { kind: 'legacy' } : prior, timeout)
    return wiring.finish(
      closableClient(connected, () => transport.terminateSession()),
      'other',
    )
  }
  const sse = async (versions?: string[]) => {
    const client = wiring.newClient(PROBE_MS, versions)
    const transport = new SSEClientTransport(url, optionsFor(client, 'sse'))
    const connected = await connect(client, transport, { kind: 'legacy' })
    return wiring.finish(
      closableClient(connected, () => Promise.resolve()),
      'sse',
    )
  }
  try {
    const either: Attempt<Session> = (versions) => streamableOrOlder(streamable, wiring.prior, { versions, signal })
    return await offeringOlder(opening.era?.kind === 'sse' ? sse : (versions) => streamableOrSse(either, sse, versions))
  } catch (error) {
    signal.throwIfAborted()
    throw createOpenError(opening, error)
  }
}

/** What was filled in of it. */
function tlsOptionsOf({ tls = {} }: HttpTarget, values: Record<string, string>): TlsOptions {
  const [cert, key, ca] = [tls.certificate, tls.key, tls.ca].map((text) => text && fillPlaceholders(text, values))
  return { ...(cert && { cert }), ...(key && { key }), ...(ca && { ca }) }
}

function lenientFetchOf(
  plain: typeof globalThis.fetch,
  signing: ReturnType<typeof signingOf>,
): typeof globalThis.fetch {
  const fetch = signing === undefined ? plain : createAwsSignedFetch(plain, signing)
  return createLenientFetch(refuseEmptyStreams(fetch), createMessageReader())
}

type Attempt<T> = (versions?: string[]) => Promise<T>
type Open<T> = (versions?: string[], prior?: PriorDiscovery, timeout?: number) => Promise<T>

/** Offers older revisions of the protocol to a server that refuses ours. */
async function offeringOlder<T>(connect: Attempt<T>): Promise<T> {
  try {
    return await connect()
  } catch (refusal) {
    for (const versions of olderVersionsFor(refusal)) {
      try {
        return await connect(versions)
      } catch (error) {
        if (olderVersionsFor(error).length === 0) throw error
      }
    }
    throw refusal
  }
}

/** A server that refuses the new protocol's first question, in whatever way, may still know the old one. */
async function streamableOrOlder<T>(
  open: Open<T>,
  prior: PriorDiscovery | undefined,
  { versions, signal }: { versions: string[] | undefined; signal: AbortSignal },
): Promise<T> {
  const until = Date.now() + CONNECT_MS
  try {
    return await open(versions)
  } catch (error) {
    if (versions || signal.aborted || prior?.kind === 'legacy' || !mayKnowOlder(error)) throw error
    const left = Math.max(MIN_CONNECT_MS, until - Date.now())
    return await open(versions, { kind: 'legacy' }, left).catch((later: unknown) =>
      Promise.reject(truerOf(error, later)),
    )
  }
}

/** Not where a sign-in is offered, nothing was sent, there is too much of it, or initialize was already tried. */
function mayKnowOlder(error: unknown): boolean {
  const own = findAppError(error)
  if (own !== undefined) return own.code === 'tool_failed'
  if (error instanceof UnauthorizedError) return false
  if (error instanceof SdkHttpError) return error.status >= 500 || REFUSED_STATUSES.has(error.status)
  return error instanceof SdkError && AFTER_DISCOVER.has(error.code)
}

/** Of two failures, one that speaks of access; otherwise what was said to initialize, which every server knows. */
function truerOf(first: unknown, later: unknown): unknown {
  const [before, after] = [first, later].map((error) => REFUSED_STATUSES.has(statusIn(error) ?? 0))
  return before && !after ? first : later
}

/** When both fail, the first error is thrown: most servers do not know HTTP+SSE. */
async function streamableOrSse<T>(streamable: Attempt<T>, sse: Attempt<T>, versions?: string[]): Promise<T> {
  try {
    return await streamable(versions)
  } catch (error) {
    if (!SSE_STATUSES.has(statusIn(error) ?? 0)) throw error
    return await sse(versions).catch(() => Promise.reject(error))
  }
}

function closableClient(client: Client, terminate: () => Promise<void>): ConnectedClient {
  const close = async () => {
    await withDeadline(
      terminate().catch(() => undefined),
      TERMINATE_MS,
      undefined,
    )
    await client.close()
  }
  return { client, close }
}

/** Throws when a value cannot be a header, without saying the value. */
function headersOf(target: HttpTarget, values: Record<string, string>): Record<string, string> {
  const headers = fillHeaders(target.headers, values)
  const sound = Object.entries(headers).every(([name, value]) => HEADER_NAME.test(name) && HEADER_VALUE.test(value))
  if (sound) return headers
  throw new AppError(
    'input_invalid',
    `${target.title}: the header or its value has characters that are not allowed there. Check both.`,
  )
}

function createOpenError({ target, secrets, bearer }: HttpOpening, error: unknown): AppError {
  const unknown = createUnknownVersionError(target.title, error)
  if (unknown !== undefined) return unknown
  const signedIn = Object.keys(secrets).length > 0
  const label = {
    title: target.title,
    docs: target.docs,
    seconds: CONNECT_MS / 1000,
    signedIn,
    known: hasKnownAddress(target),
    signsIn: bearer !== undefined,
    connecting: true,
  }
  const failure = classifyError(error, label)
  if (failure.why !== 'gone' || failure.code !== 'tool_failed') return toAppError(failure, error)
  return toAppError(
    {
      ...failure,
      code: 'server_refused',
      message: `${target.title} does not answer as an MCP server does. Check the address.`,
    },
    error,
  )
}
