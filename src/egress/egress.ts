import { isIP, type Socket } from 'node:net'
import type { Agent } from 'undici'
import { AppError } from '../errors.ts'
import { isNeverReachable, isPublicAddress } from './address.ts'
import { type AllowedHosts, readAllowed } from './allow.ts'
import { createGuardedAgent, type HttpExchangeRequest, sendHttpRequest, type TlsOptions } from './exchange.ts'
import {
  checkAddress,
  createPrivateAddressError,
  type Destination,
  destinationOf,
  type Guard,
  resolvedAddressesOf,
  resolveHost,
} from './guard.ts'
import { connectSocket } from './socket.ts'

const MAX_REDIRECTS = 5
const REDIRECTS = new Set([301, 302, 303, 307, 308])
/** What may follow a redirect to another origin: nothing a person or card put there. */
const TRAVELLING_HEADERS = new Set(['accept', 'accept-encoding', 'content-type'])

export type Egress = {
  /**
   * The only way out to addresses people type: https alone (http for EGRESS_ALLOW hosts), public addresses alone, the
   * checked address being the one connected to, each redirect checked again, answers of at most MAX_BODY_BYTES
   * and headers of MAX_HEADER_BYTES. How long an answer may take is the signal's to say. Proxy variables are ignored. Throws `egress_refused` and `server_unreachable` (never sent), `tool_failed` (broke off).
   */
  fetch: typeof fetch
  /** For what is not HTTP: a TCP connection under the same rules. Throws `egress_refused` and `server_unreachable`, or the signal's reason. */
  connect(to: Destination, signal?: AbortSignal): Promise<Socket>
  /** The same with certificates for the address that is asked, and for none that it redirects to. */
  fetchOver(tls: TlsOptions): typeof fetch
  /** For an address that another program will open, where it leads: throws `egress_refused` or `server_unreachable`. */
  check(url: string): Promise<Destination>
  /** The part of `fetch`'s rules that needs no network, for a field that is being filled in: throws `egress_refused`. */
  precheck(url: string): void
  [Symbol.dispose](): void
}

/** `allow` as EGRESS_ALLOW has it; throws `config_invalid`. */
export function createEgress(o: { allow: string[]; resolve?: Guard['resolve'] }): Egress {
  const allowed = readAllowed(o.allow)
  const guard = { allowed, resolve: o.resolve ?? resolveHost }
  const agent = createGuardedAgent(guard)
  const agents = createTlsAgents(guard)
  const follow = async (ask: HttpExchangeRequest, { redirect, hops, over }: Way): Promise<Response> => {
    checkUrl(ask.url, allowed)
    const own = over !== undefined && over.origin === ask.url.origin ? agents.of(over.tls) : agent
    const response = await sendHttpRequest(ask, own)
    const location = response.headers.get('location')
    if (redirect === 'manual' || location === null || !REDIRECTS.has(response.status)) return response
    await response.body?.cancel()
    if (redirect === 'error' || hops >= MAX_REDIRECTS)
      throw new AppError(
        'egress_refused',
        `${ask.url.host} redirects to another address. Enter the final address instead.`,
      )
    const next = redirectedRequest(ask, parseUrl(location, ask.url), response.status)
    return follow(next, { redirect, hops: hops + 1, over })
  }
  const fetchOver =
    (tls?: TlsOptions): typeof fetch =>
    async (input, init) => {
      const { redirect, ...ask } = await readRequest(input, init)
      ask.headers.set('accept-encoding', 'identity')
      const over = tls && { origin: ask.url.origin, tls }
      return follow({ ...ask, signal: signalOf(input, init) }, { redirect, hops: 0, over })
    }
  return {
    fetch: fetchOver(),
    fetchOver: (tls) => fetchOver(Object.keys(tls).length === 0 ? undefined : tls),
    connect: (to, signal) => connectSocket(to, guard, signal),
    check: async (url) => {
      const to = destinationOf(parseUrl(url))
      await resolvedAddressesOf(to, guard)
      return to
    },
    precheck: (url) => checkUrl(parseUrl(url), allowed),
    [Symbol.dispose]: () => {
      void agent.destroy()
      agents.destroy()
    },
  }
}

/** Reaches the operator's address even where it is private; without one, no private address. Addresses that people type never use it. */
export const createEgressTo = (address: string | undefined): Egress =>
  createEgress({ allow: address === undefined ? [] : [new URL(address).host] })

type Way = {
  redirect: Request['redirect']
  hops: number
  over: { origin: string; tls: TlsOptions } | undefined
}

/** More connections with certificates of their own than are used at once. */
const MAX_TLS_AGENTS = 100

/** One agent for each set of certificates: their connections are never shared. */
function createTlsAgents(guard: Guard) {
  const agents = new Map<string, Agent>()
  return {
    of(tls: TlsOptions): Agent {
      const key = JSON.stringify(tls)
      const agent = agents.get(key) ?? createGuardedAgent(guard, tls)
      agents.delete(key)
      agents.set(key, agent)
      const [oldest] = agents
      if (agents.size > MAX_TLS_AGENTS && oldest !== undefined) {
        agents.delete(oldest[0])
        // It ends by itself once its requests are done.
        void oldest[1].close()
      }
      return agent
    },
    destroy: () => void [...agents.values()].map((agent) => agent.destroy()),
  }
}

type RequestParts = Omit<HttpExchangeRequest, 'signal'> & Pick<Request, 'redirect'>

/** What is to be sent. Texts, which most bodies are, are read without a Request: to make one takes longer than all the rest. */
async function readRequest(input: Parameters<typeof fetch>[0], init: RequestInit = {}): Promise<RequestParts> {
  if (!(input instanceof Request)) {
    const url = parseUrl(String(input))
    refuseCredentials(url)
    const { method = 'GET', body = null, redirect = 'follow' } = init
    const headers = new Headers(init.headers)
    const sent = { url, method: method.toUpperCase(), headers, redirect }
    if (body === null) return { ...sent, body: undefined }
    if (typeof body === 'string' && headers.has('content-type')) return { ...sent, body: Buffer.from(body) }
  }
  const request = new Request(input, init)
  const { url, method, headers, redirect } = request
  const body = request.body === null ? undefined : Buffer.from(await request.arrayBuffer())
  return { url: new URL(url), method, headers: new Headers(headers), body, redirect }
}

/** The signal that a caller of `fetch` gave: a Request made of it loses an abort once it is garbage-collected (Node 24). */
export const signalOf = (input: Parameters<typeof fetch>[0], init: RequestInit | undefined): AbortSignal =>
  init?.signal ?? (input instanceof Request ? input.signal : new AbortController().signal)

function checkUrl(url: URL, allowed: AllowedHosts): void {
  refuseCredentials(url)
  const to = destinationOf(url)
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && allowed.host(to.host, to.port)))
    throw url.protocol === 'http:' && isLocal(to.host)
      ? createPrivateAddressError(to, ' Then http works, too.')
      : new AppError('egress_refused', `${url.protocol}//${url.host} is not an https address. Use https.`)
  // A literal address is connected to without a look-up, so the look-up's check would never run.
  if (isIP(to.host) !== 0) checkAddress(to.host, to, allowed)
}

/** A host of this machine or of its network, as far as its name says: https would not help. */
const isLocal = (host: string): boolean =>
  isIP(host) === 0
    ? /^(?:localhost|[^.]+|.+\.(?:localhost|local|internal|lan|home\.arpa))\.?$/i.test(host)
    : !isPublicAddress(host) && !isNeverReachable(host)

function refuseCredentials(url: URL): void {
  if (url.username === '' && url.password === '') return
  throw new AppError('egress_refused', 'An address must not contain a user name or password. Take them out.')
}

function redirectedRequest(ask: HttpExchangeRequest, url: URL, status: number): HttpExchangeRequest {
  const headers = new Headers(ask.headers)
  if (url.origin !== ask.url.origin)
    for (const name of [...headers.keys()]) if (!TRAVELLING_HEADERS.has(name)) headers.delete(name)
  // 301 is followed as 308 is: servers that move mean their POST, too.
  const asGet = status === 303 || (ask.method === 'POST' && status === 302)
  if (!asGet) return { ...ask, url, headers }
  headers.delete('content-type')
  return { ...ask, url, headers, method: 'GET', body: undefined }
}

function parseUrl(text: string, base?: URL): URL {
  const url = URL.parse(text, base?.href)
  if (url !== null) return url
  const message =
    base === undefined
      ? 'I cannot read this address. Check it for a typo.'
      : `${base.host} redirects to an address I cannot read. Check the address.`
  throw new AppError('egress_refused', message)
}
