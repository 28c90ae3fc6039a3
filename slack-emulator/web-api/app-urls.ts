import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TrafficLog } from '../delivery/traffic-log.ts'
import type { FileContents } from '../workspace/file-contents.ts'
import type { ResponseUrls } from '../workspace/response-urls.ts'
import { APP } from '../workspace/seed.ts'
import type { Workspace } from '../workspace/workspace.ts'
import { readArgs, readUpload, sendText } from './request-bodies.ts'

type Deps = {
  workspace: Workspace
  traffic: TrafficLog
  responses: Pick<ResponseUrls, 'use'>
  fileContents: FileContents
}
type Visit = { request: IncomingMessage; response: ServerResponse; path: string[] }

/** Logs a request of the app to a URL that is not a Web API method. */
function noting({ workspace, traffic }: Deps, name: string) {
  const [at, begin] = [workspace.now(), performance.now()]
  return (request: unknown, status: number, answer: string, ok = status < 300): void => {
    const verdict = ok ? ('ok' as const) : ('refused' as const)
    const says = verdict === 'ok' ? 'ok' : answer
    const ms = performance.now() - begin
    traffic.note({ at, way: 'to_slack', name, verdict, says, ms, request, answer: { status, body: answer } })
  }
}

/** POST to a response_url. */
export async function serveResponseUrl(deps: Deps, { request, response, path }: Visit): Promise<void> {
  const note = noting(deps, 'response_url')
  const body = await readArgs(request)
  const outcome =
    body === undefined ? { status: 400, body: 'invalid_payload' } : deps.responses.use(path[1] ?? '', body)
  note(body, outcome.status, outcome.body)
  sendText(response, outcome.status, outcome.body)
}

/** POST to the upload_url of files.getUploadURLExternal. */
export async function serveUpload(deps: Deps, { request, response, path }: Visit): Promise<void> {
  const note = noting(deps, 'upload_url')
  const file = deps.workspace.files.get(path[2] ?? '')
  const bytes = await readUpload(request)
  const answer = (status: number, words: string): void => {
    note({ file: path[2], name: file?.name, bytes: bytes.length }, status, words)
    sendText(response, status, words)
  }
  if (file === undefined || file.ticket !== path[3] || file.complete) return answer(404, 'no such upload')
  if (bytes.length !== file.size) return answer(400, `expected ${file.size} bytes, got ${bytes.length}`)
  deps.fileContents.put(file.id, bytes)
  deps.workspace.files.put(file.id, { ...file, uploaded: true })
  answer(200, `OK - ${bytes.length}`)
}

/** GET of url_private: the app downloads with its token, the page as a person. */
export function serveFile(deps: Deps, { request, response, path }: Visit): void {
  const { workspace } = deps
  const as = new URL(request.url ?? '/', workspace.url).searchParams.get('as')
  const id = path[1] ?? ''
  const refused =
    as === null ? refuseApp(workspace, id, request.headers.authorization) : refusePerson(workspace, id, as)
  const answer = refused ?? readFile(deps, id)
  // A person's download is not traffic between Slack and the app.
  if (as === null)
    noting(deps, 'url_private')(
      { file: id, name: workspace.files.get(id)?.name },
      answer.status,
      answer.words,
      !refused,
    )
  const body = 'bytes' in answer ? answer.bytes : answer.words
  const { type = 'text/plain; charset=utf-8' } = answer
  response.writeHead(answer.status, { 'content-type': type, ...answer.headers }).end(body)
}

type FileAnswer = {
  status: 200 | 302 | 403 | 404
  words: string
  type?: string
  headers?: Record<string, string | number>
  bytes?: Buffer | string
}

function readFile({ workspace, fileContents }: Deps, id: string): FileAnswer {
  const [file, bytes] = [workspace.files.get(id), fileContents.get(id)]
  if (file === undefined || bytes === undefined) return { status: 404, words: 'file not found' }
  const words = `${bytes.length} bytes of ${file.mimetype}`
  return { status: 200, words, type: file.mimetype, headers: { 'content-length': bytes.length }, bytes }
}

const SIGN_IN = '<!doctype html><title>Sign in to the workspace</title><p>Sign in to see this file.'

const signIn = (words: string): FileAnswer => ({
  status: 200,
  words,
  type: 'text/html; charset=utf-8',
  bytes: SIGN_IN,
})

/**
 * Slack leads a download without a token to its sign-in page, and shows that page to a token without the scope, or of an app
 * that is in none of the file's conversations (seen by many; the documentation names only the scope).
 */
function refuseApp(workspace: Workspace, id: string, authorization = ''): FileAnswer | undefined {
  if (authorization === '')
    return { status: 302, words: 'a bearer token is needed', headers: { location: `/?redir=${id}` } }
  const live = workspace.appTokens.statusOf(authorization.replace(/^Bearer /, '')) === 'live'
  if (!live) return signIn('the token is not valid')
  if (workspace.grantedScopes()?.includes('files:read') === false) return signIn('the token lacks files:read')
  return isSeenBy(workspace, id, APP.user) ? undefined : signIn('the app is not where the file is')
}

const refusePerson = (workspace: Workspace, id: string, as: string): FileAnswer | undefined =>
  isSeenBy(workspace, id, workspace.person(as)?.id ?? '') ? undefined : { status: 403, words: 'not yours to see' }

/** Whether somebody sent the file or is in a conversation that has it. */
function isSeenBy({ files, channels }: Workspace, id: string, user: string): boolean {
  const file = files.get(id)
  if (file === undefined) return true
  return (file.user ?? APP.user) === user || file.channels.some((one) => channels.get(one)?.members.includes(user))
}
