import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createResponseCaches } from '../../src/mcp/session/open-session.ts'
import { eventually } from '../support/eventually.ts'
import { freePort } from '../support/free-port.ts'
import {
  type McpHouse,
  noted,
  remote,
  startMcpHouse,
  startServerProcess,
  strange,
  textOf,
} from '../support/mcp-house.ts'

const signal = new AbortController().signal
let house: McpHouse
beforeEach(async () => {
  house = await startMcpHouse({ allow: ['127.0.0.1'] })
})
afterEach(() => house[Symbol.asyncDispose]())

const at = (port: number) => remote(`http://127.0.0.1:${port}/mcp`)
const logs = (env: Record<string, string> = {}) => ({ FIXTURE_LOG: `${house.folder}/log`, ...env })
const asked = () => noted(house).filter((line) => line.startsWith('asked '))
const names = async (id: Parameters<McpHouse['registry']['get']>[0]) =>
  (await house.registry.get(id))?.tools.map((tool) => tool.name)

describe('a server that cannot be reached', () => {
  it('is left alone after three tries, says until when, and is used again when it was tested', async () => {
    const port = await freePort()
    const connection = await house.connected(at(port))
    for (let time = 0; time < 3; time++)
      expect(await house.call(connection, 'echo')).toMatchObject({ why: 'unreachable', sent: false })
    expect(house.mcp.circuit(connection.id)).toMatchObject({ kind: 'open', failures: 3 })
    await using _server = await startServerProcess('talkative.ts', [String(port)], logs())
    const resting = await house.call(connection, 'echo', { text: 'x' })
    expect(resting).toMatchObject({ kind: 'failed', why: 'circuit_open', sent: false })
    expect(textOf(resting)).toMatch(
      /^failed: circuit_open: Remote could not be reached 3 times in a row.*Try again in \d s/,
    )
    expect(asked()).toEqual([])
    house.mcp.resetCircuit(connection.id)
    expect(textOf(await house.call(connection, 'echo', { text: 'back' }))).toBe('back')
    expect(house.mcp.circuit(connection.id)).toEqual({ kind: 'closed' })
  })
})

describe('a session that lay idle', () => {
  it('and does not answer any more is opened anew before the call', async () => {
    await using quiet = await startMcpHouse({ quietMs: 0 })
    const connection = await quiet.connected(strange(quiet))
    expect(textOf(await quiet.call(connection, 'echo', { text: 'a' }))).toBe('a')
    const startedLast = () => noted(quiet).findLast((line) => line.startsWith('started '))
    const first = startedLast()
    process.kill(Number(first?.split(' ')[1]), 'SIGSTOP')
    expect(textOf(await quiet.call(connection, 'echo', { text: 'b' }))).toBe('b')
    expect(startedLast()).not.toBe(first)
  })
})

describe('a kept verdict', () => {
  it('opens without any request of its own', async () => {
    await using server = await startServerProcess('talkative.ts', ['0'], logs({ TTL_MS: '3600000' }))
    const connection = await house.connected(at(server.port))
    await house.call(connection, 'echo', { text: 'a' })
    await eventually(async () =>
      expect((await house.registry.get(connection.id))?.era).toMatchObject({ kind: 'modern' }),
    )
    await eventually(() => expect(asked()).toContain('asked tools/list'))
    await eventually(() => expect(asked()).toContain('asked subscriptions/listen'))
    const known = (await house.registry.get(connection.id)) ?? connection
    await house.mcp.close(connection.id)
    const before = asked().length
    expect(textOf(await house.call(known, 'echo', { text: 'b' }))).toBe('b')
    expect(asked().slice(before)).not.toContain('asked server/discover')
    expect(
      asked()
        .slice(before)
        .filter((line) => line === 'asked tools/call'),
    ).toHaveLength(1)
  })
})

describe('changed tools', () => {
  it('are noticed on the new protocol, also after the server was started again', async () => {
    const server = await startServerProcess('talkative.ts', ['0'], logs())
    const connection = await house.connected(at(server.port))
    await house.call(connection, 'echo', { text: 'a' })
    await eventually(() => expect(asked()).toContain('asked subscriptions/listen'))
    await eventually(async () => expect(await names(connection.id)).toContain('echo'))
    expect(await names(connection.id)).not.toContain('grown')
    await server[Symbol.asyncDispose]()
    await using _again = await startServerProcess('talkative.ts', [String(server.port)], logs({ GROWN: '1' }))
    await eventually(async () => expect(await names(connection.id)).toContain('grown'), 20_000)
  })

  it('are noticed at once when the server tells', async () => {
    await using server = await startServerProcess('talkative.ts', ['0'], logs())
    const connection = await house.connected(at(server.port))
    await house.call(connection, 'echo', { text: 'a' })
    await eventually(() => expect(asked()).toContain('asked subscriptions/listen'))
    await house.call(connection, 'grow')
    await eventually(async () => expect(await names(connection.id)).toContain('grown'))
  })

  it('never shrink to nothing because the server went away', async () => {
    const server = await startServerProcess('talkative.ts', ['0'], logs())
    const connection = await house.connected(at(server.port))
    await house.mcp.refresh(connection, signal)
    const before = await names(connection.id)
    await server[Symbol.asyncDispose]()
    await expect(house.mcp.refresh(connection, signal)).rejects.toMatchObject({ code: 'server_unreachable' })
    expect(await names(connection.id)).toEqual(before)
  })
})

describe('what may be kept', () => {
  it('is never taken from another server that gives itself the same name', async () => {
    await using bad = await startServerProcess('talkative.ts', ['0'], logs({ TTL_MS: '3600000', SAYS: 'poison' }))
    await using good = await startServerProcess('talkative.ts', ['0'], logs({ TTL_MS: '3600000', SAYS: 'honest' }))
    const caches = createResponseCaches()
    const described = async (port: number) => {
      const { id } = await house.connected(at(port))
      const client = new Client(
        { name: 'test', version: '1' },
        { versionNegotiation: { mode: 'auto' }, responseCacheStore: caches.storeOf(id, [port]) },
      )
      await client.connect(new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${port}/mcp`)))
      const { tools } = await client.listTools()
      await client.close()
      return tools.find((tool) => tool.name === 'echo')?.description
    }
    expect(await described(bad.port)).toBe('poison')
    expect(await described(good.port)).toBe('honest')
  })

  it('is not asked for again by the next session while it lasts, and is with another secret', async () => {
    const caches = createResponseCaches()
    const { id } = await house.connected(at(1))
    const store = caches.storeOf(id, ['a'])
    caches.noteTools(id, 60_000)
    expect(caches.storeOf(id, ['a'])).toBe(store)
    expect(caches.toolsAreFresh(id)).toBe(true)
    expect(caches.storeOf(id, ['b'])).not.toBe(store)
    expect(caches.toolsAreFresh(id)).toBe(false)
  })
})

describe('beside its answer', () => {
  it('a server gets the trace and its log lines are kept', async () => {
    await using server = await startServerProcess('talkative.ts', ['0'], logs())
    const connection = await house.connected(at(server.port))
    const tool = { name: 'notes', description: '', inputSchema: { type: 'object' } }
    const run = '0b5c2f2e-3c34-4e0e-8f6c-5a8f1f1c9a77'
    const outcome = await house.mcp.call(connection, tool, {}, { signal, onProgress: () => undefined, trace: run })
    expect(textOf(outcome)).toMatch(/"traceparent":"00-0b5c2f2e3c344e0e8f6c5a8f1f1c9a77-[0-9a-f]{16}-01"/)
    expect(outcome).toMatchObject({ log: [{ level: 'warning', logger: 'disk', text: 'the disk is nearly full' }] })
  })

  it('its instructions and what had to be left out are kept', async () => {
    await using server = await startServerProcess('talkative.ts', ['0'], logs())
    const said = await house.mcp.probe(at(server.port), {}, signal)
    expect(said.instructions).toMatch(/^List people/)
    const probe = await house.mcp.probe(strange(house), {}, signal)
    expect(probe.unusableTools).toEqual([
      { tool: 'task', why: expect.stringContaining('long task') },
      { tool: 'odd-schema', why: expect.stringContaining('what it takes') },
      { tool: '(no name)', why: 'it has no name' },
      { tool: 'echo', why: expect.stringContaining('same name') },
      { tool: 'fat', why: expect.stringContaining('100 KB') },
    ])
  })
})
