import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { type AppError, isAppError } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { attach } from './attach.ts'
import type { Blobs } from './blobs.ts'
import { answerJson, answerText, readArgs, readUpload } from './bodies.ts'
import { actions, looks, type Route } from './control.ts'
import type { Happening } from './happenings.ts'
import type { OAuth } from './oauth.ts'
import { createPageServer } from './page-server.ts'
import type { Stage } from './payloads.ts'
import type { Outcome } from './response-urls.ts'

type Deps = {
  stage: Stage & { responses: { use(id: string, body: unknown): Outcome } }
  blobs: Blobs
  oauth: OAuth
  webApi: (method: string, request: IncomingMessage, response: ServerResponse) => Promise<void>
  log: Log
}

type Exchange = { request: IncomingMessage; response: ServerResponse; path: string[] }
type Serve = (exchange: Exchange) => Promise<void> | void

/** Everything the workspace serves on its one port, by the first part of the path. */
export function createRequestListener(deps: Deps): RequestListener {
  const [acts, sights] = [actions(deps.stage), looks(deps.stage)]
  const { servePage, servePart } = createPageServer()
  const doors: Record<string, Serve> = {
    api: ({ path, request, response }) => deps.webApi(path[1] ?? '', request, response),
    '': ({ response }) => servePage(response),
    page: ({ path, request, response }) => servePart(path.slice(1).join('/'), request, response),
    local: (exchange) => serveLocal(deps, exchange, exchange.request.method === 'POST' ? acts : sights),
    response: (exchange) => serveResponseUrl(deps, exchange),
    upload: (exchange) => serveUpload(deps, exchange),
    files: (exchange) => serveFile(deps, exchange),
    oauth: ({ request, response }) => deps.oauth.serve(request, response),
  }
  return (request, response) => {
    const path = (request.url ?? '/').split('?')[0]?.split('/').slice(1) ?? []
    const serve = doors[path[0] ?? '']
    if (!isOurs(request, deps.stage.workspace.url))
      return answerText(response, 403, 'this workspace serves its own machine only')
    if (serve === undefined) return answerText(response, 404, 'not found')
    Promise.resolve(serve({ request, response, path })).catch((error: unknown) => {
      deps.log.error({ err: error, path: request.url }, 'local Slack failed')
      if (!response.headersSent) answerJson(response, 500, { error: 'local Slack failed; see its log' })
    })
  }
}

/** A web page elsewhere must not act here: neither by a name that resolves to loopback, nor by a form. */
function isOurs({ headers }: IncomingMessage, url: string): boolean {
  const port = new URL(url).port
  const hosts = ['127.0.0.1', 'localhost', '[::1]'].map((name) => `${name}:${port}`)
  const { origin } = headers
  return (
    hosts.includes(headers.host ?? '') && (origin === undefined || hosts.some((host) => origin === `http://${host}`))
  )
}

/** Parts of /local/ that are no JSON routes. */
const OWN: Record<string, (deps: Deps, request: IncomingMessage, response: ServerResponse) => Promise<void> | void> = {
  'GET events': (deps, _request, response) => serveNews(deps, response),
  'POST attach': serveAttach,
}

async function serveLocal(
  deps: Deps,
  { request, response, path }: Exchange,
  routes: Record<string, Route>,
): Promise<void> {
  const name = path[1] ?? ''
  const own = OWN[`${request.method} ${name}`]
  if (own !== undefined) return own(deps, request, response)
  const route = routes[name]
  if (route === undefined)
    return answerJson(response, 404, { error: `there is no ${request.method ?? ''} /local/${name}` })
  const input = await readArgs(request)
  if (input === undefined) return answerJson(response, 400, { error: 'the body is not a JSON object' })
  try {
    answerJson(response, 200, await route(input))
  } catch (error) {
    if (!isAppError(error)) throw error
    answerJson(response, statusOf(error), { error: error.message })
  }
}

function statusOf({ code }: AppError): number {
  if (code === 'input_invalid') return 400
  return code === 'slack_failed' ? 502 : 409
}

/** GET /local/events: one line per thing that happens, as server-sent events; ids only, so nobody reads another's words. */
function serveNews({ stage }: Deps, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  response.write(':\n\n')
  const unwatch = stage.workspace.watch((happening) => {
    response.write(`data: ${JSON.stringify({ kind: happening.kind, ...idsOf(happening) })}\n\n`)
  })
  const unwatchTraffic = stage.traffic.watch((id) => {
    response.write(`data: ${JSON.stringify({ kind: 'exchange', id })}\n\n`)
  })
  response.on('close', () => {
    unwatch()
    unwatchTraffic()
  })
}

function idsOf(happening: Happening): object {
  if ('message' in happening) {
    const { channel, ts, thread_ts, ephemeral_to } = happening.message
    return { channel, ts, thread_ts, user: ephemeral_to }
  }
  const ids = Object.entries(happening).filter(([name]) => ['channel', 'thread_ts', 'user', 'tab'].includes(name))
  return Object.fromEntries(ids)
}

async function serveResponseUrl({ stage }: Deps, { request, response, path }: Exchange): Promise<void> {
  const body = await readArgs(request)
  const outcome =
    body === undefined ? { status: 400, body: 'invalid_payload' } : stage.responses.use(path[1] ?? '', body)
  answerText(response, outcome.status, outcome.body)
}

/** POST /local/attach?as=…&name=…: the bytes of a file a person will share or put into a form. */
async function serveAttach({ stage, blobs }: Deps, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const query = new URL(request.url ?? '/', stage.workspace.url).searchParams
  const attached = attach(stage, blobs, { name: query.get('name') ?? '', bytes: await buffer(request) })
  answerJson(response, 'error' in attached ? 400 : 200, attached)
}

async function serveUpload({ stage, blobs }: Deps, { request, response, path }: Exchange): Promise<void> {
  const file = stage.workspace.files.get(path[2] ?? '')
  const bytes = await readUpload(request)
  if (file === undefined || file.ticket !== path[3] || file.complete) return answerText(response, 404, 'no such upload')
  if (bytes.length !== file.size) return answerText(response, 400, `expected ${file.size} bytes, got ${bytes.length}`)
  blobs.put(file.id, bytes)
  stage.workspace.files.put(file.id, { ...file, uploaded: true })
  answerText(response, 200, `OK - ${bytes.length}`)
}

/** The app downloads with its token; a person's page asks for the file as that person. */
function serveFile({ stage, blobs }: Deps, { request, response, path }: Exchange): void {
  const { workspace } = stage
  const file = workspace.files.get(path[1] ?? '')
  const as = workspace.person(new URL(request.url ?? '/', workspace.url).searchParams.get('as') ?? '')
  const sees =
    file?.channels.some((id) => as !== undefined && workspace.channels.get(id)?.members.includes(as.id)) === true
  const allowed =
    workspace.installs.standing(request.headers.authorization?.replace(/^Bearer /, '') ?? '') === 'live' || sees
  const bytes = file === undefined ? undefined : blobs.get(file.id)
  // Slack shows a sign-in page to a download without a token; a plain refusal is easier to notice.
  if (!allowed) answerText(response, 403, 'a bearer token is needed')
  else if (file === undefined || bytes === undefined) answerText(response, 404, 'file not found')
  else response.writeHead(200, { 'content-type': file.mimetype, 'content-length': bytes.length }).end(bytes)
}
