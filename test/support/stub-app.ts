import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { z } from 'zod'
import { type SlackEmulatorOptions, startSlackEmulator } from '../../slack-emulator/start-slack-emulator.ts'
import { memoryLog } from './log.ts'

const Json = z.record(z.string(), z.unknown())
export type Payload = z.infer<typeof Json>

/** A workspace whose app is the test: it hears every interaction, answers what the test says, and calls the Web API. */
export async function startStubApp(
  answer: (payload: Payload) => unknown = () => undefined,
  more: Partial<SlackEmulatorOptions> = {},
) {
  await using starting = new AsyncDisposableStack()
  const heard: Payload[] = []
  const server = createServer(async (request, response) => {
    const body = await text(request)
    const form = new URLSearchParams(body)
    const payload = Json.parse(
      body.startsWith('{')
        ? JSON.parse(body)
        : JSON.parse(form.get('payload') ?? JSON.stringify(Object.fromEntries(form))),
    )
    heard.push(payload)
    const reply = await answer(payload)
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(reply === undefined ? '' : JSON.stringify(reply))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  starting.defer(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const slack = starting.use(
    await startSlackEmulator({
      port: 0,
      mode: 'http',
      appUrls: [`http://127.0.0.1:${port}/`],
      log: memoryLog().log,
      ...more,
    }),
  )
  const things = starting.move()
  const ask = async (method: string, args: Payload): Promise<Payload> => {
    const headers = { authorization: `Bearer ${slack.botToken}` }
    const fields = Object.entries(args).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ])
    const body = new URLSearchParams(Object.fromEntries(fields))
    const reply = await fetch(`${slack.apiUrl}${method}`, { method: 'POST', headers, body })
    return Json.parse(await reply.json())
  }
  return {
    slack,
    url: slack.url,
    heard,
    /** Calls a method and returns what Slack answers, a refusal as well. */
    ask,
    async call(method: string, args: Payload): Promise<Payload> {
      const json = await ask(method, args)
      if (json.ok !== true) throw new Error(`${method}: ${JSON.stringify(json)}`)
      return json
    },
    [Symbol.asyncDispose]: () => things.disposeAsync(),
  }
}
