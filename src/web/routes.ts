import type { IncomingMessage, ServerResponse } from 'node:http'
import type { SignInResult } from '../connect/sign-in/finish-sign-in.ts'
import { errorChainOf } from '../errors.ts'
import type { Log } from '../log.ts'
import { renderErrorPage, renderSignedInPage, sendPage } from './pages.ts'

/** `audit`: whether its rows are as they were written; absent until that was looked at. */
export type HealthStatus = { database: 'ok' | 'away'; audit?: 'ok' | 'broken' }

export type WebDeps = {
  health(): Promise<HealthStatus>
  /** Who we are to authorization servers; undefined where none could fetch it. */
  clientDocument: Record<string, unknown> | undefined
  finishSignIn(brought: URLSearchParams, signal: AbortSignal): Promise<SignInResult>
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
    sendPage(response, signedIn.ok ? 200 : 400, renderSignedInPage(signedIn))
  } catch (error) {
    log.error({ reason: errorChainOf(error) }, 'sign-in could not be finished')
    sendPage(response, 500, renderErrorPage())
  }
}

/** 200 while this process can do its work, 503 while its database is away. */
async function health(deps: WebDeps, response: ServerResponse): Promise<void> {
  try {
    const found = await deps.health()
    json(response, found.database === 'ok' ? 200 : 503, { app: 'patchbay', pid: process.pid, ...found })
  } catch (error) {
    deps.log.error({ reason: errorChainOf(error) }, 'health could not be found out')
    json(response, 500, { app: 'patchbay', pid: process.pid })
  }
}

function json(response: ServerResponse, status: number, body: object, caching = 'no-store'): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': caching }).end(JSON.stringify(body))
}

/** Undefined for a target that is no path. */
function targetOf({ url = '/' }: IncomingMessage): URL | undefined {
  return URL.canParse(url, 'http://localhost') ? new URL(url, 'http://localhost') : undefined
}
