import { createServer, type ServerResponse } from 'node:http'
import { json } from 'node:stream/consumers'
import { z } from 'zod'

const Message = z.looseObject({
  id: z.union([z.string(), z.number()]).optional(),
  /** Empty for an answer. */
  method: z.string().default(''),
  result: z.unknown().optional(),
  params: z
    .looseObject({
      name: z.string().optional(),
      arguments: z.unknown().optional(),
      cursor: z.string().optional(),
      protocolVersion: z.string().optional(),
    })
    .optional(),
})
export type RawMessage = z.infer<typeof Message>

/** What it says of itself. */
export const SOUND = {
  protocolVersion: '2025-06-18',
  capabilities: { tools: {} },
  serverInfo: { name: 'raw', version: '1' },
}

/** Answers in the server's place. */
type Odd = (response: ServerResponse, message: RawMessage) => void

/** A number is an HTTP status. */
type Answer = object | number | undefined
type Tool = { definition?: object; answers: Exclude<Answer, undefined> | (() => Promise<object>) }

/** An HTTP server of the old protocol without any library, which would not let it break its word: each tool answers what it is told to. `odd`: methods, or GET, that it answers otherwise. */
export async function startRawServer(tools: Record<string, Tool>, odd: Record<string, Odd> = {}) {
  const definitions = Object.entries(tools).map(([name, { definition }]) => ({
    name,
    description: name,
    inputSchema: { type: 'object' },
    ...definition,
  }))
  const calls: string[] = []
  const requests: string[] = []
  const received: unknown[] = []
  const answers: Record<string, (name: string) => Answer | Promise<object>> = {
    initialize: () => SOUND,
    'tools/list': () => ({ tools: definitions }),
    'tools/call': (name) => {
      calls.push(name)
      const answer = tools[name]?.answers
      return typeof answer === 'function' ? answer() : answer
    },
  }
  const server = createServer(async (request, response) => {
    if (request.method !== 'POST') {
      requests.push(request.method ?? '')
      const stream = odd[request.method ?? '']
      return stream === undefined ? void response.writeHead(405).end() : stream(response, { method: '' })
    }
    const message = Message.parse(await json(request))
    const { id, method, params } = message
    requests.push(method)
    const answer = odd[method]
    if (answer !== undefined) return answer(response, message)
    if (id === undefined) return void response.writeHead(202).end()
    if (method === 'tools/call') received.push(params?.arguments)
    const result = await answers[method]?.(params?.name ?? '')
    if (typeof result === 'number') return void response.writeHead(result).end()
    const body = result === undefined ? { error: { code: -32601, message: 'Method not found' } } : { result }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id, ...body }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the server has no port')
  return {
    url: `http://127.0.0.1:${address.port}/mcp`,
    host: `127.0.0.1:${address.port}`,
    calls,
    /** From now on it lists this tool otherwise. */
    change(name: string, definition: object) {
      const found = definitions.find((one) => one.name === name)
      if (found !== undefined) Object.assign(found, definition)
    },
    /** From now on it lists one tool more. */
    add(name: string, definition: object) {
      definitions.push({ name, description: name, inputSchema: { type: 'object' }, ...definition })
    },
    /** What it was asked, by method. */
    requests,
    /** The arguments of the calls. */
    received,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export const answerJson = (response: ServerResponse, id: RawMessage['id'], result: object) =>
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id, result }))
