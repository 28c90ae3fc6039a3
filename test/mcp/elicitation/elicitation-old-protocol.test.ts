import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { JsonObject } from '../../../src/json.ts'
import type { InputAnswer, InputRequest } from '../../../src/mcp/elicitation/input-request.ts'
import type { HttpTarget } from '../../../src/mcp/protocol/server-target.ts'
import { eventually } from '../../support/eventually.ts'
import {
  type McpHouse,
  noted,
  remote,
  startMcpHouse,
  startServerProcess,
  strange,
  textOf,
} from '../../support/mcp-house.ts'
import { startReference } from '../../support/reference-server.ts'

let house: McpHouse
beforeEach(async () => {
  house = await startMcpHouse({ allow: ['127.0.0.1'], toolTimeoutSeconds: 3, limits: { callSeconds: 6 } })
})
afterEach(() => house[Symbol.asyncDispose]())

/** Somebody who answers after more time than a call has. */
function person(answer: InputAnswer, afterMs = 0) {
  const seen: InputRequest[] = []
  return {
    seen,
    onInput: async (request: InputRequest) => {
      seen.push(request)
      await sleep(afterMs)
      return answer
    },
  }
}

const oldServer = () => startServerProcess('http-old.ts', ['0'], { FIXTURE_LOG: join(house.folder, 'log') })
const reference = async () => {
  const server = await startReference('sse')
  return { ...server, target: remote(`http://127.0.0.1:${server.port}/sse`) }
}
const http = async () => {
  const server = await oldServer()
  return { ...server, target: remote(`http://127.0.0.1:${server.port}/mcp`) }
}

type Way = [string, () => Promise<{ target: HttpTarget } & AsyncDisposable>, string, RegExp]

it.each<Way>([
  ['the call’s own stream', http, 'ask', /"action":"accept".*"name":"Ada"/],
  ['the stream beside it', http, 'ask_aside', /"action":"accept".*"name":"Ada"/],
  ['HTTP+SSE', reference, 'trigger-elicitation-request', /- Name: Ada/],
])(
  'over %s a server asks in the middle of a call, and waits longer than a call may take',
  async (_way, start, tool, said) => {
    await using server = await start()
    const connection = await house.connected(server.target)
    const { seen, onInput } = person({ action: 'accept', content: { name: 'Ada' } }, 3_500)
    const outcome = await house.callWith(connection, tool, {}, { onInput })
    expect(textOf(outcome)).toMatch(said)
    expect(seen).toMatchObject([{ kind: 'form' }])
  },
)

it('nobody to ask is a plain no', async () => {
  await using server = await http()
  const connection = await house.connected(server.target)
  expect(textOf(await house.call(connection, 'ask_aside'))).toContain('"action":"cancel"')
})

it('of several calls side by side the one begun last is asked; the others wait and come to their own end', async () => {
  await using server = await http()
  const connection = await house.connected(server.target)
  await house.call(connection, 'echo', { text: 'open' })
  const [first, last] = [person({ action: 'decline' }), person({ action: 'accept', content: { name: 'Ada' } }, 3_500)]
  const call = (tool: string, args: JsonObject, by: ReturnType<typeof person>) =>
    house.callWith(connection, tool, args, { onInput: by.onInput })
  const others = [call('slow', { ms: 4_500 }, first), call('echo', { text: 'beside' }, first)]
  await eventually(() => expect(noted(house)).toContain('slow began'))
  const asking = call('ask', {}, last)
  expect(textOf(await asking)).toMatch(/"name":"Ada"/)
  // It takes longer than a call may: while anybody is asked, nobody's time runs.
  expect((await Promise.all(others)).map(textOf)).toEqual(['slowly done', 'beside'])
  expect([first.seen, last.seen].map((seen) => seen.length)).toEqual([0, 1])
})

it('an error that wants pages opened and names none is what the tool says, not a question', async () => {
  const connection = await house.connected(strange(house))
  expect(await house.call(connection, 'page-nowhere')).toMatchObject({
    kind: 'tool_error',
    content: [{ type: 'text', text: expect.stringContaining('Open a page first') }],
  })
})

it('a structured answer nested too deeply is left out, and said to be; one that is not, stays', async () => {
  const connection = await house.connected(strange(house))
  expect(await house.call(connection, 'abyss', { depth: 90 })).toHaveProperty('structured')
  const deep = await house.call(connection, 'abyss', { depth: 20_000 })
  expect(deep).not.toHaveProperty('structured')
  expect(textOf(deep)).toMatch(/^deep\n\[The structured part of this answer is nested too deeply/)
  expect(textOf(await house.call(connection, 'echo', { text: 'still there' }))).toBe('still there')
})
