import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { SignInResult, SignInRetry } from '../connect/connect-types.ts'
import { errorChainOf } from '../errors.ts'
import type { Log } from '../log.ts'
import { renderErrorPage, renderSignedInPage, sendPage } from './pages.ts'

/** `database`: how its newest call ended, and when. `audit`: whether its rows are as they were written; absent until that was looked at. */
export type HealthStatus = { database: DatabaseStatus | undefined; audit?: 'ok' | 'broken' }
type DatabaseStatus = { state: 'ok'; at: string } | { state: 'failed'; at: string; kind: string; message: string }

export type WebDeps = {
  health(): HealthStatus
  /** Asks the database; rejects when it does not answer. */
  ready(): Promise<unknown>
  /** Who we are to authorization servers; undefined where none could fetch it. */
  clientDocument: Record<string, unknown> | undefined
  finishSignIn(brought: URLSearchParams, signal: AbortSignal): Promise<SignInResult | SignInRetry>
  log: Log
}

// A person looks at a blank page meanwhile.
const FINISH_MS = 60_000

/** The door for browsers and load balancers. Returns false for a path that is not its own. */
export function createWeb(deps: WebDeps): (request: IncomingMessage, response: ServerResponse) => boolean {
  return (request, response) => {
    const url = targetOf(request)
    const route = url && ROUTES[url.pathname]
    if (url === undefined || route === undefined) return false
    answer(route, deps, response, url.searchParams).catch((error: unknown) => {
      deps.log.error({ path: url.pathname, reason: errorChainOf(error) }, 'request could not be answered')
      response.destroy()
    })
    return true
  }
}

/** A route that throws at once fails like one that throws later. */
const answer = async (route: Route, ...request: Parameters<Route>): Promise<void> => route(...request)

type Route = (deps: WebDeps, response: ServerResponse, brought: URLSearchParams) => void | Promise<void>

const ROUTES: Record<string, Route | undefined> = {
  '/healthz': health,
  '/readyz': ready,
  '/oauth/client.json': document,
  '/oauth/callback': callback,
}

function document({ clientDocument }: WebDeps, response: ServerResponse): void {
  if (clientDocument === undefined)
    response.writeHead(404, { 'content-type': 'text/plain' }).end('There is nothing here.')
  else json(response, 200, clientDocument, 'public, max-age=3600')
}

async function callback(
  { finishSignIn, log }: WebDeps,
  response: ServerResponse,
  brought: URLSearchParams,
): Promise<void> {
  try {
    const signedIn = await finishSignIn(brought, AbortSignal.timeout(FINISH_MS))
    if ('retryUrl' in signedIn) return redirect(response, signedIn.retryUrl)
    sendPage(response, signedIn.ok ? 200 : 400, renderSignedInPage(signedIn))
  } catch (error) {
    log.error({ reason: errorChainOf(error) }, 'sign-in could not be finished')
    sendPage(response, 500, renderErrorPage())
  }
}

function redirect(response: ServerResponse, location: string): void {
  response.writeHead(302, { location, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' }).end()
}

/** 200 while this process lives: restarting it brings no database back. */
function health(deps: WebDeps, response: ServerResponse): void {
  json(response, 200, { app: 'patchbay', pid: process.pid, ...deps.health() })
}

/** A load balancer asks every few seconds, and waits no longer. */
const READY_MS = 3_000

/** 503 while the database does not answer: nothing is to be sent here. */
async function ready(deps: WebDeps, response: ServerResponse): Promise<void> {
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
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': caching }).end(JSON.stringify(body))
}

/** Undefined for a target that is no path. */
function targetOf({ url = '/' }: IncomingMessage): URL | undefined {
  return URL.canParse(url, 'http://localhost') ? new URL(url, 'http://localhost') : undefined
}
