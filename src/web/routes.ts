import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Connect } from '../connect/connect-types.ts'
import type { SecretPages } from '../connect/secret-entry-types.ts'
import { errorChainOf } from '../errors.ts'
import type { Log } from '../log.ts'
import { addressOf, createAddressLimit } from './address-limit.ts'
import { cookieHeaderFor, cookieOptionsFor, cookiesOf } from './cookies.ts'
import { renderBusyPage, renderErrorPage, SAFE_HEADERS, sendPage } from './pages.ts'
import { readForm } from './read-form.ts'
import { renderEnteredPage, renderNoSecretPage, renderSecretPage } from './render-secret-page.ts'
import { renderCodePage, renderFailedSignInPage, renderNoSignInPage, renderSignInPage } from './render-sign-in-pages.ts'

/** `database`: how its newest call ended, and when. `audit`: whether its rows are as they were written; absent until that was looked at. */
export type HealthStatus = { database: DatabaseStatus | undefined; audit?: 'ok' | 'broken' | undefined }
type DatabaseStatus = { state: 'ok'; at: string } | { state: 'failed'; at: string; kind: string; message: string }

export type WebDeps = {
  health(): HealthStatus
  /** Asks the database; rejects when it does not answer. */
  ready(): Promise<unknown>
  /** Who we are to authorization servers; undefined where none could fetch it. */
  clientDocument: Record<string, unknown> | undefined
  connect: Pick<Connect, 'openSignIn' | 'finishSignIn'> & { secretPages: Pick<SecretPages, 'look' | 'enter'> }
  /** Where authorization servers send browsers back to. */
  callbackUrl: string
  log: Log
}

// A person looks at a blank page meanwhile.
const FINISH_MS = 60_000
/** A person needs a handful of pages; an office may share one address. */
const PAGES_PER_MINUTE = 120

type Visit = { request: IncomingMessage; response: ServerResponse; query: URLSearchParams; rest: string }
type Route = (deps: WebDeps, visit: Visit) => void | Promise<void>

/** The door for browsers and load balancers. Returns false for a path that is not its own. */
export function createWeb(deps: WebDeps): (request: IncomingMessage, response: ServerResponse) => boolean {
  const mayVisit = createAddressLimit(PAGES_PER_MINUTE)
  return (request, response) => {
    const url = targetOf(request)
    const found = url && routeFor(url.pathname)
    if (url === undefined || found === undefined) return false
    const { route, name, rest, limited } = found
    const address = limited === true ? addressOf(request) : undefined
    if (address !== undefined && !mayVisit(address)) {
      sendPage(response, 429, renderBusyPage(), { 'retry-after': '60' })
      return true
    }
    answer(route, deps, { request, response, query: url.searchParams, rest }).catch((error: unknown) => {
      // Not the path: the links of sign-ins are secrets.
      deps.log.error({ path: name, reason: errorChainOf(error) }, 'request could not be answered')
      response.destroy()
    })
    return true
  }
}

/** A route that throws at once fails like one that throws later. */
const answer = async (route: Route, ...visit: Parameters<Route>): Promise<void> => route(...visit)

const ROUTES: Record<string, { route: Route; limited?: boolean } | undefined> = {
  '/healthz': { route: health },
  '/readyz': { route: ready },
  '/oauth/client.json': { route: document },
  '/oauth/callback': { route: callback, limited: true },
}
/** What stands behind the name is a link's secret part. */
const LINKS: Record<string, Route | undefined> = { '/sign-in': signInStart, '/secret': secretPage }

function routeFor(path: string) {
  const exact = ROUTES[path]
  if (exact !== undefined) return { ...exact, name: path, rest: '' }
  const [, name = '', rest = ''] = /^(\/[a-z-]+)\/([\w-]{20,100})$/.exec(path) ?? []
  const route = LINKS[name]
  return route && { route, name, rest, limited: true }
}

function document({ clientDocument }: WebDeps, { response }: Visit): void {
  if (clientDocument === undefined)
    response.writeHead(404, { ...SAFE_HEADERS, 'content-type': 'text/plain' }).end('There is nothing here.')
  else json(response, 200, clientDocument, 'public, max-age=3600')
}

/** Reading it changes nothing, so a mail filter that opens links does no harm. */
async function signInStart(deps: WebDeps, { response, rest }: Visit): Promise<void> {
  try {
    const page = await deps.connect.openSignIn(rest)
    if (page === undefined) return sendPage(response, 404, renderNoSignInPage())
    const cookie = cookieHeaderFor(page.cookie, cookieOptionsFor(new URL(deps.callbackUrl)))
    sendPage(response, 200, renderSignInPage(page), { 'set-cookie': cookie })
  } catch (error) {
    deps.log.error({ reason: errorChainOf(error) }, 'sign-in page could not be shown')
    sendPage(response, 500, renderErrorPage())
  }
}

async function secretPage(deps: WebDeps, { request, response, rest }: Visit): Promise<void> {
  const { secretPages } = deps.connect
  try {
    const page = await secretPages.look(rest)
    if (page === undefined) return sendPage(response, 404, renderNoSecretPage())
    if (request.method !== 'POST') return sendPage(response, 200, renderSecretPage(page))
    const values = await readForm(request)
    if (values === undefined) return sendPage(response, 413, renderSecretPage(page, 'That is too long.'))
    if (!page.fields.some(({ name }) => (values[name]?.trim() ?? '') !== ''))
      return sendPage(response, 400, renderSecretPage(page, 'Nothing was entered yet.'))
    const entered = await secretPages.enter(rest, values)
    if (entered) sendPage(response, 200, renderEnteredPage())
    else sendPage(response, 404, renderNoSecretPage())
  } catch (error) {
    deps.log.error({ reason: errorChainOf(error) }, 'secret page failed')
    sendPage(response, 500, renderErrorPage())
  }
}

async function callback(deps: WebDeps, { request, response, query }: Visit): Promise<void> {
  const scope = cookieOptionsFor(new URL(deps.callbackUrl))
  try {
    const brought = { params: query, cookies: cookiesOf(request) }
    const answered = await deps.connect.finishSignIn(brought, AbortSignal.timeout(FINISH_MS))
    if ('retryUrl' in answered) return redirect(response, answered.retryUrl, cookieHeaderFor(answered.cookie, scope))
    if ('code' in answered) return sendPage(response, 200, renderCodePage(answered))
    sendPage(response, 400, renderFailedSignInPage(answered))
  } catch (error) {
    deps.log.error({ reason: errorChainOf(error) }, 'sign-in could not be finished')
    sendPage(response, 500, renderErrorPage())
  }
}

function redirect(response: ServerResponse, location: string, cookie: string): void {
  response.writeHead(302, { ...SAFE_HEADERS, location, 'set-cookie': cookie }).end()
}

/** 200 while this process lives: restarting it brings no database back. */
function health(deps: WebDeps, { response }: Visit): void {
  json(response, 200, { app: 'patchbay', pid: process.pid, ...deps.health() })
}

/** A load balancer asks every few seconds, and waits no longer. */
const READY_MS = 3_000

/** 503 while the database does not answer: nothing is to be sent here. */
async function ready(deps: WebDeps, { response }: Visit): Promise<void> {
  const late = new AbortController()
  const answered = await Promise.race([
    deps.ready().then(
      () => true,
      (error: unknown) => {
        deps.log.debug({ reason: errorChainOf(error) }, 'not ready')
        return false
      },
    ),
    sleep(READY_MS, false, { ref: false, signal: late.signal }).catch(() => false),
  ])
  late.abort()
  json(response, answered ? 200 : 503, { app: 'patchbay', pid: process.pid, ready: answered, ...deps.health() })
}

function json(response: ServerResponse, status: number, body: object, caching = 'no-store'): void {
  response
    .writeHead(status, { ...SAFE_HEADERS, 'content-type': 'application/json', 'cache-control': caching })
    .end(JSON.stringify(body))
}

/** Undefined for a target that is no path. */
function targetOf({ url = '/' }: IncomingMessage): URL | undefined {
  return URL.canParse(url, 'http://localhost') ? new URL(url, 'http://localhost') : undefined
}
