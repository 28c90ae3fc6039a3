import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import type { EmulatorParts } from '../control/emulator-parts.ts'
import { keepAttachment } from '../control/messages/shared-files.ts'
import type { Route } from '../control/routes/route.ts'
import { createActionRoutes, createReadRoutes } from '../control/routes/routes.ts'
import { EmulatorError } from '../errors.ts'
import type { EmulatorLog } from '../log.ts'
import { serveFile, serveResponseUrl, serveUpload } from '../web-api/app-urls.ts'
import type { OAuth } from '../web-api/oauth.ts'
import { readArgs, sendJson, sendText } from '../web-api/request-bodies.ts'
import type { Workspace } from '../workspace/workspace.ts'
import type { WorkspaceEvent } from '../workspace/workspace-events.ts'
import { createPageServer } from './page-server.ts'

type Deps = {
  /** False while the app starts: what a person did then would fail. */
  isOpen(): boolean
  parts: EmulatorParts
  oauth: OAuth
  webApi: (method: string, request: IncomingMessage, response: ServerResponse) => Promise<void>
  log: EmulatorLog
}

type Visit = { request: IncomingMessage; response: ServerResponse; path: string[] }
type Serve = (visit: Visit) => Promise<void> | void

/** Serves everything on the one port, by the first part of the path. */
export function createRequestListener(deps: Deps): RequestListener {
  const [acts, sights] = [createActionRoutes(deps.parts), createReadRoutes(deps.parts)]
  const { servePage, servePart, serveStarting } = createPageServer()
  const doors: Record<string, Serve> = {
    api: ({ path, request, response }) => deps.webApi(path[1] ?? '', request, response),
    '': ({ response }) => (deps.isOpen() ? servePage(response) : serveStarting(response)),
    page: ({ path, request, response }) => servePart(path.slice(1).join('/'), request, response),
    local: (visit) => serveLocal(deps, visit, visit.request.method === 'POST' ? acts : sights),
    response: (visit) => serveResponseUrl(deps.parts, visit),
    archives: ({ path, response }) => serveLink(path, response),
    upload: (visit) => serveUpload(deps.parts, visit),
    files: (visit) => serveFile(deps.parts, visit),
    oauth: ({ request, response }) => deps.oauth.serve(request, response),
  }
  return (request, response) => {
    const path = (request.url ?? '/').split('?')[0]?.split('/').slice(1) ?? []
    const serve = doors[path[0] ?? '']
    if (!isOurs(request, deps.parts.workspace))
      return sendText(response, 403, 'this workspace serves its own machine only')
    if (serve === undefined) return sendText(response, 404, 'not found')
    Promise.resolve(serve({ request, response, path })).catch((error: unknown) => {
      deps.log.error({ err: error, path: request.url }, 'local Slack failed')
      if (!response.headersSent) sendJson(response, 500, { error: 'local Slack failed; see its log' })
    })
  }
}

/** Redirects a permalink to the message's thread in the page. */
function serveLink([, channel = '', message = '']: string[], response: ServerResponse): void {
  const [, seconds = '', rest = ''] = /^p(\d{10})(\d{6})$/.exec(message) ?? []
  response.writeHead(302, { location: `/#/${encodeURIComponent(channel)}/${seconds}.${rest}` }).end()
}

/** Rejects requests from other web pages: DNS rebinding by the host, cross-site forms by the origin. */
function isOurs({ headers }: IncomingMessage, { url, filesUrl }: Workspace): boolean {
  const ports = [new URL(url).port, new URL(filesUrl).port]
  const hosts = ports.flatMap((port) => ['127.0.0.1', 'localhost', '[::1]'].map((name) => `${name}:${port}`))
  const { origin } = headers
  return (
    hosts.includes(headers.host ?? '') && (origin === undefined || hosts.some((host) => origin === `http://${host}`))
  )
}

/** Routes of /local/ whose body or answer is not JSON. */
const OWN: Record<string, (deps: Deps, request: IncomingMessage, response: ServerResponse) => Promise<void> | void> = {
  'GET events': (deps, _request, response) => serveNews(deps, response),
  'POST attach': serveAttach,
}

async function serveLocal(
  deps: Deps,
  { request, response, path }: Visit,
  routes: Record<string, Route>,
): Promise<void> {
  const name = path[1] ?? ''
  const own = OWN[`${request.method} ${name}`]
  if (own !== undefined) return own(deps, request, response)
  const route = routes[name]
  if (route === undefined)
    return sendJson(response, 404, { error: `there is no ${request.method ?? ''} /local/${name}` })
  const input = await readArgs(request)
  if (input === undefined) return sendJson(response, 400, { error: 'the body is not a JSON object' })
  try {
    sendJson(response, 200, await route(input))
  } catch (error) {
    if (!(error instanceof EmulatorError)) throw error
    sendJson(response, statusOf(error), { error: error.message })
  }
}

function statusOf({ code }: EmulatorError): number {
  if (code === 'input_invalid') return 400
  return code === 'app_failed' ? 502 : 409
}

/** GET /local/events: server-sent events that carry ids only, so nobody reads another's messages. */
function serveNews({ parts }: Deps, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  response.write(':\n\n')
  const unwatch = parts.workspace.subscribe((event) => {
    response.write(`data: ${JSON.stringify({ kind: event.kind, ...idsOf(event) })}\n\n`)
  })
  const unwatchTraffic = parts.traffic.watch((id) => {
    response.write(`data: ${JSON.stringify({ kind: 'exchange', id })}\n\n`)
  })
  response.on('close', () => {
    unwatch()
    unwatchTraffic()
  })
}

function idsOf(event: WorkspaceEvent): object {
  if ('message' in event) {
    const { channel, ts, thread_ts, ephemeral_to } = event.message
    return { channel, ts, thread_ts, user: ephemeral_to }
  }
  const ids = Object.entries(event).filter(([name]) => ['channel', 'thread_ts', 'user', 'tab'].includes(name))
  return Object.fromEntries(ids)
}

/** POST /local/attach?as=…&name=…: the bytes of a file for a message or a form. */
async function serveAttach({ parts }: Deps, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const query = new URL(request.url ?? '/', parts.workspace.url).searchParams
  const attached = keepAttachment(parts, parts.fileContents, {
    name: query.get('name') ?? '',
    bytes: await buffer(request),
  })
  sendJson(response, 'error' in attached ? 400 : 200, attached)
}
