import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import {
  createToolUseId,
  eventsOf,
  type JsonMap,
  messageOf,
  type ReplyBlock,
  writeEvents,
} from '../../src/local/offline-model/api/stream.ts'
import { problemWith } from './messages-api.ts'

/** One answer of the scripted model. */
export type Turn =
  | { kind: 'message'; blocks: ReplyBlock[]; stop: string | undefined; pauseMs: number }
  | { kind: 'fails'; status: number; times: number; type: string; message: string; headers: Record<string, string> }
  | { kind: 'breaks'; text: string; how: 'cut' | 'error_event' }
  | { kind: 'hangs' }

export type Script = Turn | ((request: ScriptedRequest) => Turn | Promise<Turn>)

const Block = z.looseObject({ type: z.string() })
const Request = z.looseObject({
  model: z.string(),
  stream: z.boolean().optional(),
  system: z.union([z.string(), z.array(z.looseObject({ text: z.string() }))]).optional(),
  messages: z.array(z.looseObject({ role: z.string(), content: z.union([z.string(), z.array(Block)]) })),
  tools: z.array(z.looseObject({ name: z.string(), input_schema: z.record(z.string(), z.json()) })).optional(),
})
/** What the app sent: the body, read only as far as tests need it. */
export type ScriptedRequest = z.infer<typeof Request>

export type ScriptedModel = {
  baseURL: string
  /** Every request body so far, the refused ones too. */
  requests: ScriptedRequest[]
  /** Appends answers; each is given once. */
  script(...turns: Script[]): void
  /** What to answer when the script is over, for as long as asked. */
  always(turn: Script | undefined): void
  /** Answers not given yet. */
  left(): number
  [Symbol.asyncDispose](): Promise<void>
}

const message = (...blocks: ReplyBlock[]): Turn => ({ kind: 'message', blocks, stop: undefined, pauseMs: 0 })

export const says = (text: string): Turn => message({ type: 'text', text })

export const thinks = (thinking: string): Turn => message({ type: 'thinking', thinking, signature: 'c2lnbmF0dXJl' })

/** A tool call, by the name the model was offered (`connection__tool`). */
export const wishes = (name: string, input: JsonMap = {}, id = createToolUseId()): Turn =>
  message({ type: 'tool_use', id, name, input })

/** Several parts in one turn: words first, then tool calls. */
export function together(...turns: Turn[]): Turn {
  return message(...turns.flatMap((turn) => (turn.kind === 'message' ? turn.blocks : [])))
}

/** Milliseconds between pieces of text. */
export const slow = (pauseMs: number, turn: Turn): Turn => (turn.kind === 'message' ? { ...turn, pauseMs } : turn)

export const stopsWith = (stop: string, turn: Turn): Turn => (turn.kind === 'message' ? { ...turn, stop } : turn)

/** Answers an error status, `times` in a row. */
export function fails(
  status: number,
  o: { times?: number; type?: string; message?: string; headers?: Record<string, string> } = {},
): Turn {
  const type = o.type ?? ERROR_TYPES.get(status) ?? 'api_error'
  return {
    kind: 'fails',
    status,
    times: o.times ?? 1,
    type,
    message: o.message ?? `scripted ${status}`,
    headers: o.headers ?? {},
  }
}

export const overloaded = (times = 1): Turn => fails(529, { times })

/** Says some words and then breaks: the connection is cut, or an error event comes. */
export const breaksMidway = (text = 'Let me look into', how: 'cut' | 'error_event' = 'cut'): Turn => ({
  kind: 'breaks',
  text,
  how,
})

/** Takes the request and never answers. */
export const hangs = (): Turn => ({ kind: 'hangs' })

const ERROR_TYPES = new Map([
  [400, 'invalid_request_error'],
  [401, 'authentication_error'],
  [403, 'permission_error'],
  [404, 'not_found_error'],
  [413, 'request_too_large'],
  [429, 'rate_limit_error'],
  [500, 'api_error'],
  [504, 'timeout_error'],
  [529, 'overloaded_error'],
])

/** A real HTTP server that speaks the Messages API, refuses what the API refuses, and answers by script. */
export async function startScriptedModel(...turns: Script[]): Promise<ScriptedModel> {
  const queue = [...turns]
  const requests: ScriptedRequest[] = []
  let fallback: Script | undefined
  const next = async (request: ScriptedRequest): Promise<Turn> => {
    const script = queue[0] ?? fallback ?? fails(400, { message: 'the script of this test is over' })
    const turn = typeof script === 'function' ? await script(request) : script
    if (turn.kind === 'fails' && turn.times > 1 && queue[0] === script) queue[0] = { ...turn, times: turn.times - 1 }
    else if (queue[0] === script) queue.shift()
    return turn
  }
  const server = createServer((incoming, response) => {
    answer(incoming, response, requests, next).catch((error: unknown) =>
      response.destroy(error instanceof Error ? error : undefined),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = z.object({ port: z.number() }).parse(server.address())
  return {
    baseURL: `http://127.0.0.1:${address.port}`,
    requests,
    script: (...more) => void queue.push(...more),
    always: (turn) => {
      fallback = turn
    },
    left: () => queue.length,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer(
  incoming: IncomingMessage,
  response: ServerResponse,
  requests: ScriptedRequest[],
  next: (request: ScriptedRequest) => Promise<Turn>,
): Promise<void> {
  const body: unknown = JSON.parse(Buffer.concat(await incoming.toArray()).toString('utf8'))
  const request = Request.parse(body)
  requests.push(request)
  const problem = problemWith(request)
  const turn = problem === undefined ? await next(request) : fails(400, { message: problem })
  await give(response, request, turn)
}

async function give(response: ServerResponse, request: ScriptedRequest, turn: Turn): Promise<void> {
  if (turn.kind === 'hangs') return
  if (turn.kind === 'fails') return giveError(response, turn)
  const blocks = turn.kind === 'breaks' ? says(turn.text) : turn
  const reply = {
    model: request.model,
    content: blocks.kind === 'message' ? blocks.blocks : [],
    inputTokens: 100,
    stopReason: stopOf(blocks),
  }
  if (turn.kind === 'breaks') {
    const half = [...eventsOf(reply)].slice(0, -3)
    await writeEvents(response, half, 0)
    const error = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }
    if (turn.how === 'error_event') response.end(`event: error\ndata: ${JSON.stringify(error)}\n\n`)
    // Long enough for the words to have arrived, so that they must be taken back.
    else await sleep(20).then(() => response.destroy())
    return
  }
  if (request.stream !== true) {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(messageOf(reply)))
    return
  }
  await writeEvents(response, eventsOf(reply), turn.pauseMs)
  response.end()
}

function giveError(response: ServerResponse, turn: Extract<Turn, { kind: 'fails' }>): void {
  const body = { type: 'error', error: { type: turn.type, message: turn.message }, request_id: 'req_scripted' }
  response.writeHead(turn.status, { 'content-type': 'application/json', ...turn.headers }).end(JSON.stringify(body))
}

function stopOf(turn: Turn): string {
  if (turn.kind !== 'message') return 'end_turn'
  return turn.stop ?? (turn.blocks.some((block) => block.type === 'tool_use') ? 'tool_use' : 'end_turn')
}
