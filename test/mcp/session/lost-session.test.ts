import type { ServerResponse } from 'node:http'
import { expect, it } from 'vitest'
import { remote, startMcpHouse, textOf } from '../../support/mcp-house.ts'
import { answerJson, type RawMessage, SOUND, startRawServer } from '../../support/raw-server.ts'

type Refusal = (response: ServerResponse, message: RawMessage) => void

const withStatus =
  (status: number, body: string): Refusal =>
  (response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(body)
const withError =
  (code: number, message: string, status = 200): Refusal =>
  (response, { id }) =>
    response
      .writeHead(status, { 'content-type': 'application/json' })
      .end(JSON.stringify({ jsonrpc: '2.0', id: status === 200 ? id : null, error: { code, message } }))

/** How a server that was started again meets a session of before; in docs/field-notes.md are the reports. */
const LOST: Record<string, Refusal> = {
  '404 and an error': withError(-32001, 'Session not found', 404),
  '400 and an error': withError(-32000, 'Bad Request: No valid session ID provided', 400),
  '503 and an error': withError(-32000, 'Unknown or expired mcp-session-id', 503),
  '500 and words': withStatus(500, 'Could not find session'),
  '410 and words': withStatus(410, 'session expired'),
  '422 and words': withStatus(422, 'Invalid MCP session'),
  'an error': withError(-32001, 'Session not found'),
  'an error of its own code': withError(-32000, 'Server: session s1 does not exist'),
  'an error about the request': withError(-32600, 'Missing session ID'),
}

async function callTwice(refuse: Refusal, sessions: boolean) {
  let calls = 0
  await using server = await startRawServer(
    {},
    {
      initialize: (response, { id }) => {
        if (sessions) response.setHeader('mcp-session-id', 's1')
        answerJson(response, id, SOUND)
      },
      'tools/call': (response, message) => {
        calls += 1
        if (calls === 2) refuse(response, message)
        else answerJson(response, message.id, { content: `done ${calls}` })
      },
    },
  )
  await using house = await startMcpHouse({ allow: ['127.0.0.1'], toolTimeoutSeconds: 3 })
  const connection = await house.connected(remote(server.url))
  const said = [textOf(await house.call(connection, 'work')), textOf(await house.call(connection, 'work'))]
  return { said, opened: server.requests.filter((method) => method === 'initialize').length }
}

it.each(Object.entries(LOST))(
  'a session lost with %s is replaced, and the call made in the new one',
  async (_, refuse) => {
    expect(await callTwice(refuse, true)).toEqual({ said: ['done 1', 'done 3'], opened: 2 })
  },
)

it.each<[string, Refusal, boolean, RegExp]>([
  [
    'an error of the tool about a session of its own',
    withError(-32602, 'Session not found'),
    true,
    /Session not found/,
  ],
  ['an error from a server without sessions', withError(-32000, 'Session not found'), false, /Session not found/],
  ['another error', withError(-32000, 'no such user'), true, /no such user/],
  ['trouble that is not about the session', withStatus(503, 'upstream is down'), true, /trouble of its own \(503\)/],
])('%s is no lost session', async (_, refuse, sessions, words) => {
  const { said, opened } = await callTwice(refuse, sessions)
  expect(said[1]).toMatch(words)
  expect(opened).toBe(1)
})
