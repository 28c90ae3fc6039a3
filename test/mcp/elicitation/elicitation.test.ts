import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { InputRequest } from '../../../src/mcp/elicitation/input-request.ts'
import type { StdioTarget } from '../../../src/mcp/protocol/server-target.ts'
import type { ToolOutcome } from '../../../src/mcp/requests/outcome.ts'
import {
  type McpHouse,
  noted,
  ROOT,
  remote,
  startMcpHouse,
  startServerProcess,
  textOf,
} from '../../support/mcp-house.ts'

let house: McpHouse
beforeEach(async () => {
  house = await startMcpHouse({
    allow: ['127.0.0.1'],
    toolTimeoutSeconds: 2,
    limits: { callSeconds: 4 },
    root: ROOT,
  })
})
afterEach(() => house[Symbol.asyncDispose]())

const server = () => startServerProcess('http-asks.ts', ['0'], { FIXTURE_LOG: join(house.folder, 'log') })
const at = (port: number) => remote(`http://127.0.0.1:${port}/mcp`)
const everything = (): StdioTarget => ({
  kind: 'stdio',
  title: 'Everything',
  docs: 'https://example.com',
  package: '@modelcontextprotocol/server-everything',
  version: '2026.8.31',
  args: ['stdio'],
  env: {},
  values: {},
  folders: [join(house.folder, 'home')],
  reaches: [],
  hosts: [],
  from: 'npm',
  checks: [],
})

function asked(outcome: ToolOutcome) {
  if (outcome.kind !== 'input_required') throw new Error(`not asked: ${textOf(outcome)}`)
  return outcome
}

it('the new protocol: a form comes back, and the call goes on with the answer and the exact state on another session', async () => {
  await using process = await server()
  const connection = await house.connected(at(process.port))
  const { asks, state } = asked(await house.call(connection, 'order', { item: 'desk' }))
  expect(asks).toEqual([
    {
      resume: { how: 'answer', key: 'account', state: 'state of desk: "ü" \\ %' },
      request: {
        kind: 'form',
        message: 'Whose account is it?',
        fields: [
          { kind: 'text', name: 'owner', title: 'Owner', hint: 'Who gets it', required: true, minLength: 2 },
          { kind: 'number', name: 'seats', title: 'Seats', required: true, integer: true, min: 1, max: 10, default: 3 },
          { kind: 'text', name: 'mail', title: 'Mail', required: false, format: 'email' },
          {
            kind: 'one',
            name: 'plan',
            title: 'Plan',
            required: false,
            options: [
              { value: 's', title: 'Small' },
              { value: 'l', title: 'Large' },
            ],
          },
        ],
      },
    },
  ])
  await house.mcp.close(connection.id)
  const content = { owner: 'Ada', seats: 2 }
  const resume = { state, responses: { account: { action: 'accept' as const, content } } }
  const done = await house.callWith(connection, 'order', { item: 'desk' }, { resume })
  expect(textOf(done)).toBe('ordered desk with {"action":"accept","content":{"owner":"Ada","seats":2}}')
  expect(noted(house).at(-1)).toContain('order desk state of desk: "ü" \\ % {')
})

it('a page to open has to be https and public', async () => {
  await using process = await server()
  const connection = await house.connected(at(process.port))
  const page = (url: string) => house.call(connection, 'page', { url })
  expect(asked(await page('https://pay.example.com/a?b=c')).asks[0]?.request).toEqual({
    kind: 'url',
    message: 'Please pay first',
    url: 'https://pay.example.com/a?b=c',
  })
  for (const bad of ['http://pay.example.com/', 'https://127.0.0.2/x', 'https://me:you@example.com/'])
    expect(await page(bad), bad).toMatchObject({ kind: 'failed', why: 'protocol', sent: false })
})

it('what a server asks has no secret of the connection in it', async () => {
  await using process = await server()
  const connection = await house.connected(
    { ...at(process.port), headers: { authorization: 'Bearer {token}' } },
    { token: 'whose-account' },
  )
  const echoed = await house.call(connection, 'page', { url: 'https://example.com/?t=whose-account' })
  expect(echoed).toMatchObject({ kind: 'failed', why: 'protocol' })
  const state = await house.call(connection, 'order', { item: 'whose-account' })
  expect(state).toMatchObject({ kind: 'failed', why: 'protocol' })
  expect(JSON.stringify([echoed, state])).not.toContain('whose-account')
})

it('the old protocol: the server asks in the middle, and a person may take longer than the call', async () => {
  const connection = await house.connected(everything())
  const seen: { request: InputRequest; leftMs: number }[] = []
  const onInput = async (request: InputRequest, deadline: Date) => {
    seen.push({ request, leftMs: deadline.getTime() - Date.now() })
    await sleep(2_600)
    return { action: 'accept' as const, content: { name: 'Ada', integer: 42 } }
  }
  const outcome = await house.callWith(connection, 'trigger-elicitation-request', {}, { onInput })
  expect(textOf(outcome)).toContain('- Name: Ada')
  expect(textOf(outcome)).toContain('- Favorite Integer: 42')
  const [first] = seen
  expect(first?.leftMs).toBeGreaterThan(3_000)
  expect(first?.leftMs).toBeLessThanOrEqual(4_000)
  const fields = first?.request.kind === 'form' ? first.request.fields : []
  expect(new Set(fields.map(({ kind }) => kind))).toEqual(new Set(['text', 'number', 'yes_no', 'one', 'many']))
})

it.each(['decline', 'cancel'] as const)('the old protocol hears %s', async (action) => {
  const connection = await house.connected(everything())
  const outcome = await house.callWith(
    connection,
    'trigger-elicitation-request',
    {},
    { onInput: async () => ({ action }) },
  )
  expect(textOf(outcome)).toContain(`"action": "${action}"`)
})

it('the old protocol’s page, asked in the middle and by its error', async () => {
  const connection = await house.connected(everything())
  const args = { url: 'https://example.com/go' }
  const accept = async () => ({ action: 'accept' as const })
  const live = await house.callWith(connection, 'trigger-url-elicitation', args, { onInput: accept })
  expect(textOf(live)).toContain('User completed the URL elicitation')
  const { asks } = asked(await house.call(connection, 'trigger-url-elicitation', { ...args, errorPath: true }))
  expect(asks).toMatchObject([
    { request: { kind: 'url', url: 'https://modelcontextprotocol.io/' }, resume: { how: 'again' } },
  ])
  const again = await house.callWith(
    connection,
    'trigger-url-elicitation',
    { ...args, errorPath: true },
    { onInput: accept },
  )
  expect(textOf(again)).toContain('User completed the URL elicitation')
})

it('a call that was not asked anything still times out', async () => {
  const connection = await house.connected(everything())
  const slow = await house.call(connection, 'trigger-long-running-operation', { duration: 30, steps: 1 })
  expect(slow).toMatchObject({ kind: 'failed', why: 'timeout', sent: true })
})
