import type { IncomingMessage, ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { isRecord } from '../../src/block-kit/problem.ts'
import { parseJson } from '../parse-json.ts'

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body)
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  })
  response.end(text)
}

export function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' })
  response.end(text)
}

/** The arguments of a Web API call: a form (web-api's way), JSON, or the query; undefined where the JSON is broken. */
export async function readArgs(request: IncomingMessage): Promise<Record<string, unknown> | undefined> {
  const query = Object.fromEntries(new URL(request.url ?? '/', 'http://local').searchParams)
  const body = await buffer(request)
  const type = request.headers['content-type'] ?? ''
  if (type.startsWith('application/json')) {
    const parsed = body.length === 0 ? {} : parseJson(body.toString())
    return isRecord(parsed) ? { ...query, ...parsed } : undefined
  }
  if (type.startsWith('multipart/form-data')) return { ...query, ...(await formFields(body, type)) }
  return { ...query, ...Object.fromEntries(new URLSearchParams(body.toString())) }
}

/** What a method may be called with beside JSON (docs.slack.dev/apis/web-api#post_bodies). */
const POST_TYPES = ['application/x-www-form-urlencoded', 'multipart/form-data', 'text/plain']

/** The arguments, or Slack's error for a body that cannot be read. */
export type MethodBody = { args?: Record<string, unknown>; error?: string }

/**
 * The arguments of a Web API call. The token counts in a form, but not in JSON; of a JSON body a method
 * that takes only forms sees nothing.
 */
export async function readMethodArgs(request: IncomingMessage, takesJson: boolean): Promise<MethodBody> {
  const { 'content-type': type = '', 'content-length': length = '0' } = request.headers
  const isJson = type.startsWith('application/json')
  if (!isJson && length !== '0' && !POST_TYPES.some((known) => type.startsWith(known)))
    return { error: type === '' ? 'missing_post_type' : 'invalid_post_type' }
  const args = await readArgs(request)
  if (args === undefined) return { error: 'invalid_json' }
  if (!isJson) return { args }
  const query = Object.fromEntries(new URL(request.url ?? '/', 'http://local').searchParams)
  return { args: takesJson ? { ...args, token: query.token } : query }
}

async function formFields(body: Buffer, type: string): Promise<Record<string, unknown>> {
  const form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData()
  return Object.fromEntries(form)
}

/** The bytes sent to an upload URL: as they are, or as the one file of a form, which is how web-api sends them. */
export async function readUpload(request: IncomingMessage): Promise<Buffer> {
  const body = await buffer(request)
  const type = request.headers['content-type'] ?? ''
  if (!type.startsWith('multipart/form-data')) return body
  const parts = Object.values(await formFields(body, type))
  const file = parts.find((part) => part instanceof Blob)
  return file === undefined ? Buffer.alloc(0) : Buffer.from(await file.arrayBuffer())
}
