import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { StdioTarget } from '../../../src/mcp/protocol/server-target.ts'
import type { Connection } from '../../../src/registry/connection.ts'
import { eventually } from '../../support/eventually.ts'
import { freePort } from '../../support/free-port.ts'
import { type McpHouse, ROOT, remote, startMcpHouse, startServerProcess, stopChild } from '../../support/mcp-house.ts'

const EVERYTHING = join(ROOT, 'node_modules/@modelcontextprotocol/server-everything/dist/index.js')
const signal = new AbortController().signal
let house: McpHouse
beforeEach(async () => {
  house = await startMcpHouse({ allow: ['127.0.0.1'], root: ROOT })
})
afterEach(() => house[Symbol.asyncDispose]())

const read = async (connection: Connection, uri: string) => {
  const given = await house.mcp.readResource(connection, uri, { signal })
  return given.kind === 'done' ? given.value : []
}
const prompt = async (connection: Connection, name: string, args: Record<string, string> = {}) => {
  const given = await house.mcp.prompt(connection, { name, arguments: args }, { signal })
  return given.kind === 'done' ? given.value : []
}
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

const ways: [string, () => Promise<AsyncDisposable & { connection: Connection }>][] = [
  [
    'stdio',
    async () => ({ connection: await house.connected(everything()), [Symbol.asyncDispose]: async () => undefined }),
  ],
  [
    'HTTP',
    async () => {
      const { spawn } = await import('node:child_process')
      const port = await freePort()
      const child = spawn(process.execPath, [EVERYTHING, 'streamableHttp'], {
        env: { PATH: process.env.PATH, PORT: String(port) },
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      await new Promise((resolve) => child.stderr.once('data', resolve))
      return { connection: await house.connected(at(port)), [Symbol.asyncDispose]: () => stopChild(child) }
    },
  ],
]

describe.each(ways)('the reference server over %s', (_way, start) => {
  it('is listed, read, asked for prompts and completed', async () => {
    await using server = await start()
    const { connection } = server
    const list = await house.mcp.resources(connection, signal)
    expect(list.resources).toHaveLength(7)
    expect(list.templates.map(({ variables }) => variables)).toEqual([['resourceId'], ['resourceId']])
    expect(list.more).toBe(false)
    const [text] = await read(connection, 'demo://resource/dynamic/text/3')
    expect(text).toMatchObject({ mimeType: 'text/plain', text: expect.stringContaining('Resource 3') })
    const [blob] = await read(connection, 'demo://resource/dynamic/blob/3')
    expect(Buffer.from(blob?.data ?? '', 'base64').toString()).toContain('Resource 3')
    await expect(read(connection, 'demo://resource/none')).rejects.toMatchObject({
      code: 'not_found',
    })
    const prompts = await house.mcp.prompts(connection, signal)
    expect(prompts.map(({ name }) => name)).toEqual([
      'simple-prompt',
      'args-prompt',
      'completable-prompt',
      'resource-prompt',
    ])
    const messages = await prompt(connection, 'args-prompt', { city: 'Paris' })
    expect(messages).toEqual([{ role: 'user', content: { type: 'text', text: "What's weather in Paris?" } }])
    await expect(prompt(connection, 'args-prompt', {})).rejects.toMatchObject({
      code: 'input_invalid',
    })
    const of = { kind: 'prompt' as const, name: 'completable-prompt' }
    const known = { department: 'Sales' }
    expect(await house.mcp.complete(connection, { of, argument: 'name', typed: 'E', known }, signal)).toEqual(['Eve'])
    await eventually(async () =>
      expect((await house.registry.get(connection.id))?.offers).toEqual({
        resources: true,
        prompts: true,
        skills: false,
        completions: true,
        subscriptions: true,
      }),
    )
    // What a server answers says nothing bad of its connection.
    expect((await house.registry.get(connection.id))?.status).toBe('connected')
  })

  it('tells of changes until it is asked to stop', async () => {
    await using server = await start()
    const { connection } = server
    const stop = new AbortController()
    const changed: string[] = []
    const ready = Promise.withResolvers<void>()
    const uri = 'demo://resource/dynamic/text/1'
    const watching = house.mcp.watch(connection, {
      uris: [uri],
      signal: stop.signal,
      onReady: ready.resolve,
      onChanged: (one) => changed.push(one),
    })
    await ready.promise
    await house.call(connection, 'toggle-subscriber-updates')
    await eventually(() => expect(changed).toContain(uri))
    stop.abort()
    await watching.catch(() => undefined)
  })
})

describe('a server of the new protocol', () => {
  it('is listed, read, asked, completed and listened to, again after it was started anew', async () => {
    const port = await freePort()
    const server = await startServerProcess('offers-new.ts', [String(port)])
    const connection = await house.connected(at(port))
    const list = await house.mcp.resources(connection, signal)
    expect(list.resources.map(({ uri }) => uri)).toEqual(['note://today', 'picture://dot', 'note://long'])
    const messages = await prompt(connection, 'greet', { city: 'Rome' })
    expect(messages.map(({ role, content }) => `${role} ${content.type}`)).toEqual([
      'user text',
      'assistant text',
      'user image',
      'user resource',
    ])
    const of = { kind: 'resource' as const, uriTemplate: 'note://day/{day}' }
    expect(await house.mcp.complete(connection, { of, argument: 'day', typed: 'm', known: {} }, signal)).toEqual([
      'monday',
    ])

    const changed: string[] = []
    const watch = () => {
      const ready = Promise.withResolvers<void>()
      const ended = house.mcp.watch(connection, {
        uris: ['note://today'],
        signal,
        onReady: ready.resolve,
        onChanged: (uri) => changed.push(uri),
      })
      return { ready: Promise.race([ready.promise, ended]), ended }
    }
    const first = watch()
    await first.ready
    await house.call(connection, 'touch')
    await eventually(() => expect(changed).toEqual(['note://today']))
    await stopChild(server.child)
    await first.ended.catch(() => undefined)
    await using _again = await startServerProcess('offers-new.ts', [String(port)])
    await watch().ready
    await house.call(connection, 'touch')
    await eventually(() => expect(changed).toEqual(['note://today', 'note://today']))
  })
})

const Asked = z.object({ id: z.union([z.string(), z.number()]).optional(), method: z.string() })

/** A server of the old protocol that answers each method as told; an error where it is a number. */
async function told(answers: Record<string, unknown>): Promise<AsyncDisposable & { port: number }> {
  const server: Server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const { id, method } = request.method === 'POST' ? Asked.parse(JSON.parse(body)) : { id: undefined, method: '' }
    if (request.method !== 'POST') return void response.writeHead(405).end()
    if (id === undefined) return void response.writeHead(202).end()
    const answer = answers[method] ?? -32_601
    const said =
      typeof answer === 'number'
        ? { error: { code: answer, message: `no s3cret-word for ${method}` } }
        : { result: answer }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id, ...said }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = () => new Promise<void>((resolve) => void server.close(() => resolve()).closeAllConnections())
  return { port: (server.address() as AddressInfo).port, [Symbol.asyncDispose]: close }
}

const hello = (capabilities: object) => ({
  protocolVersion: '2025-11-25',
  serverInfo: { name: 'told', version: '1' },
  capabilities: { tools: {}, ...capabilities },
})

describe('odd servers', () => {
  it('that declare what they do not know have nothing to offer', async () => {
    await using server = await told({
      initialize: hello({ resources: { listChanged: true, subscribe: true }, prompts: {} }),
      'tools/list': { tools: [{ name: 'one', inputSchema: { type: 'object' } }] },
    })
    const connection = await house.connected(at(server.port))
    expect(await house.mcp.resources(connection, signal)).toEqual({ resources: [], templates: [], more: false })
    expect(await house.mcp.prompts(connection, signal)).toEqual([])
    const probe = await house.mcp.probe(at(server.port), {}, signal)
    expect(probe.offers).toEqual({
      resources: false,
      prompts: false,
      skills: false,
      completions: false,
      subscriptions: false,
    })
  })

  it.each([-32_002, -32_602])('that answer %i have no such resource, and no secret leaves', async (code) => {
    await using server = await told({ initialize: hello({ resources: {} }), 'resources/read': code })
    const connection = await house.connected(at(server.port), { token: 's3cret-word' })
    const failed = await read(connection, 'x://y').catch((error: unknown) => error)
    expect(failed).toMatchObject({ code: 'not_found', message: expect.stringContaining('[secret]') })
  })

  it('are bounded: long, odd and endless lists, secrets, and what is too large', async () => {
    const many = Array.from({ length: 1_200 }, (_, at) => ({ uri: `x://${at}`, name: 'n'.repeat(5_000) }))
    const odd = [{ uri: 7 }, { name: 'none' }, { uri: 'x'.repeat(9_000) }, { uri: 'x://s3cret-word', name: 'a' }, null]
    await using server = await told({
      initialize: hello({ resources: {} }),
      'resources/list': { resources: [...odd, ...many], nextCursor: 'again' },
      'resources/templates/list': { resourceTemplates: [{ uriTemplate: 'x://{', name: 'torn' }] },
      'resources/read': { contents: [{ uri: 'x://0', text: 'w'.repeat(8_000_001) }] },
      'prompts/list': { prompts: [{ name: 'p', description: 'holds s3cret-word', arguments: null }, 3] },
      'prompts/get': {
        messages: [
          { role: 'system', content: { type: 'text', text: 'be s3cret-word' } },
          { role: 'robot', content: [{ type: 'text', text: 'hi' }, { type: 'unheard' }] },
        ],
      },
    })
    const connection = await house.connected(at(server.port), { token: 's3cret-word' })
    const list = await house.mcp.resources(connection, signal)
    expect(list).toMatchObject({ more: true, templates: [] })
    expect(list.resources.length).toBeLessThanOrEqual(1_000)
    expect(Math.max(...list.resources.map(({ name }) => name.length))).toBe(200)
    expect(JSON.stringify(list)).not.toContain('s3cret')
    await expect(read(connection, 'x://0')).rejects.toMatchObject({ code: 'limit_reached' })
    expect(await house.mcp.prompts(connection, signal)).toEqual([
      { name: 'p', title: 'p', description: 'holds [secret]', arguments: [] },
    ])
    const messages = await prompt(connection, 'p', {})
    expect(messages).toEqual([
      { role: 'system', content: { type: 'text', text: 'be [secret]' } },
      { role: 'user', content: { type: 'text', text: 'hi' } },
      {
        role: 'user',
        content: {
          type: 'text',
          text: '[Content of the kind "unheard", which Patchbay does not know:]\n{"type":"unheard"}',
        },
      },
    ])
  })
})
