import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TrafficLog } from '../delivery/traffic-log.ts'
import type { FileContents } from '../workspace/file-contents.ts'
import type { ResponseUrls } from '../workspace/response-urls.ts'
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
  return (request: unknown, status: number, answer: string): void => {
    const verdict = status < 300 ? ('ok' as const) : ('refused' as const)
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
  const found = fileFor(deps, path[1] ?? '', { as, authorization: request.headers.authorization })
  // A person's download is not traffic between Slack and the app.
  if (as === null) {
    const words = 'bytes' in found ? `${found.bytes.length} bytes of ${found.mimetype}` : found.words
    noting(deps, 'url_private')({ file: path[1], name: workspace.files.get(path[1] ?? '')?.name }, found.status, words)
  }
  if (!('bytes' in found)) sendText(response, found.status, found.words)
  else
    response.writeHead(200, { 'content-type': found.mimetype, 'content-length': found.bytes.length }).end(found.bytes)
}

type Found = { status: 200; bytes: Buffer; mimetype: string } | { status: 403 | 404; words: string }

function fileFor(
  { workspace, fileContents }: Deps,
  id: string,
  by: { as: string | null; authorization: string | undefined },
): Found {
  const file = workspace.files.get(id)
  const person = workspace.person(by.as ?? '')
  const sees =
    file?.channels.some((one) => person !== undefined && workspace.channels.get(one)?.members.includes(person.id)) ===
    true
  const allowed = workspace.appTokens.statusOf(by.authorization?.replace(/^Bearer /, '') ?? '') === 'live' || sees
  const bytes = file === undefined ? undefined : fileContents.get(file.id)
  // Slack answers a download without a token with a sign-in page; 403 is easier to notice.
  if (!allowed) return { status: 403, words: 'a bearer token is needed' }
  if (file === undefined || bytes === undefined) return { status: 404, words: 'file not found' }
  return { status: 200, bytes, mimetype: file.mimetype }
}
