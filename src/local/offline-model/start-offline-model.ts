import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { z } from 'zod'
import { errorChainOf } from '../../errors.ts'
import { parseJson } from '../../json.ts'
import type { Log } from '../../log.ts'
import { MessagesRequest } from './api/request.ts'
import { eventsOf, messageOf, writeEvents } from './api/stream.ts'
import { replyFor } from './reply.ts'

export type OfflineModel = { baseURL: string; [Symbol.asyncDispose](): Promise<void> }

/** The API's own limit on a request. */
const REQUEST_MAX_BYTES = 32 * 1024 * 1024
/** Slow enough that an answer is seen to stream. */
const PAUSE_MS = 15

/** A server on this machine that speaks the Messages API and picks tools by simple rules; it says so in every answer. */
export async function startOfflineModel(o: { port?: number; log: Log; latencyMs?: number }): Promise<OfflineModel> {
  const pauseMs = o.latencyMs ?? PAUSE_MS
  const server = createServer((incoming, response) => {
    answer(incoming, response, pauseMs).catch((error: unknown) => {
      o.log.warn({ err: errorChainOf(error) }, 'offline model request failed')
      fail(response, 500, 'api_error', 'The offline model failed on this request.')
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(o.port ?? 0, '127.0.0.1', resolve)
  })
  const { port } = z.object({ port: z.number() }).parse(server.address())
  return {
    baseURL: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer(incoming: IncomingMessage, response: ServerResponse, pauseMs: number): Promise<void> {
  const path = incoming.url?.split('?')[0]
  if (incoming.method !== 'POST' || path !== '/v1/messages')
    return fail(response, 404, 'not_found_error', 'Only POST /v1/messages is here.')
  const body = await readBody(incoming)
  if (body === undefined) return fail(response, 413, 'request_too_large', 'Request exceeds the maximum size')
  const parsed = MessagesRequest.safeParse(parseJson(body))
  if (!parsed.success) return fail(response, 400, 'invalid_request_error', z.prettifyError(parsed.error))
  const reply = replyFor(parsed.data)
  if (!parsed.data.stream) {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(messageOf(reply)))
    return
  }
  await writeEvents(response, eventsOf(reply), pauseMs)
  response.end()
}

async function readBody(incoming: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of incoming) {
    const piece = Buffer.from(chunk)
    size += piece.length
    if (size > REQUEST_MAX_BYTES) return undefined
    chunks.push(piece)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function fail(response: ServerResponse, status: number, type: string, message: string): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  response
    .writeHead(status, { 'content-type': 'application/json' })
    .end(JSON.stringify({ type: 'error', error: { type, message } }))
}
