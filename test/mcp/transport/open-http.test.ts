import { writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { type McpHouse, noted, remote, startMcpHouse, startServerProcess, textOf } from '../../support/mcp-house.ts'
import { startReference } from '../../support/reference-server.ts'

const signal = new AbortController().signal
let house: McpHouse
beforeEach(async () => {
  house = await startMcpHouse({ allow: ['127.0.0.1', 'localhost'], toolTimeoutSeconds: 2, limits: { callSeconds: 4 } })
})
afterEach(() => house[Symbol.asyncDispose]())

const logs = (env: Record<string, string> = {}) => ({ FIXTURE_LOG: join(house.folder, 'log'), ...env })
const at = (port: number, path = '/mcp') => remote(`http://127.0.0.1:${port}${path}`)
const count = (line: string) => noted(house).filter((one) => one === line).length

describe.each([
  { name: 'the old protocol', script: 'http-old.ts', env: {}, era: 'legacy', version: '2025-11-25' },
  {
    name: 'the old, in JSON',
    script: 'http-old.ts',
    env: { JSON_RESPONSE: '1' },
    era: 'legacy',
    version: '2025-11-25',
  },
  { name: 'the new protocol', script: 'http-new.ts', env: {}, era: 'modern', version: '2026-07-28' },
])('a server of $name', ({ script, env, era, version }) => {
  it('is probed and called', async () => {
    await using server = await startServerProcess(script, ['0'], logs({ ...env }))
    const probe = await house.mcp.probe(at(server.port), {}, signal)
    expect(probe).toMatchObject({ protocolVersion: version, era: { kind: era } })
    const connection = await house.connected(at(server.port))
    const outcomes = await Promise.all([1, 2, 3].map((n) => house.call(connection, 'echo', { text: `n${n}` })))
    expect(outcomes.map(textOf)).toEqual(['n1', 'n2', 'n3'])
    await eventually(async () => expect((await house.registry.get(connection.id))?.era).toMatchObject({ kind: era }))
    await house.mcp.close(connection.id)
    const known = await house.registry.get(connection.id)
    expect(textOf(await house.call(known ?? connection, 'echo', { text: 'again' }))).toBe('again')
  })

  it('hears of a stop', async () => {
    await using server = await startServerProcess(script, ['0'], logs({ ...env }))
    const connection = await house.connected(at(server.port))
    const stop = new AbortController()
    const call = house.call(connection, 'slow', { ms: 20_000 }, stop.signal)
    await eventually(() => expect(noted(house)).toContain('slow began'))
    stop.abort()
    expect(await call).toMatchObject({ why: 'cancelled', sent: true })
    await eventually(() => expect(noted(house)).toContain('slow cancelled'), 3_000)
  })

  it('hears of a timeout', async () => {
    await using server = await startServerProcess(script, ['0'], logs({ ...env }))
    const connection = await house.connected(at(server.port))
    expect(await house.call(connection, 'slow', { ms: 20_000 })).toMatchObject({ why: 'timeout', sent: true })
    await eventually(() => expect(noted(house)).toContain('slow cancelled'), 3_000)
  })

  it('killed in the middle of a call: failed, sent; started again: the next call works', async () => {
    const server = await startServerProcess(script, ['0'], logs({ ...env }))
    const connection = await house.connected(at(server.port))
    const call = house.call(connection, 'slow', { ms: 20_000 })
    await eventually(() => expect(noted(house)).toContain('slow began'))
    await server[Symbol.asyncDispose]()
    const killed = Date.now()
    expect(await call).toMatchObject({ kind: 'failed', sent: true })
    expect(Date.now() - killed).toBeLessThan(10_000)
    expect(await house.call(connection, 'echo', { text: 'x' })).toMatchObject({
      kind: 'failed',
      sent: false,
      why: 'unreachable',
    })
    await using _again = await startServerProcess(script, [String(server.port)], logs({ ...env }))
    expect(textOf(await house.call(connection, 'echo', { text: 'back' }))).toBe('back')
  })
})

describe('a server that forgets its sessions', () => {
  it.each([400, 404, 401])('and answers %d is initialised again once, and the call is made once', async (status) => {
    const env = logs({ LOST_STATUS: String(status) })
    const server = await startServerProcess('http-old.ts', ['0'], env)
    const connection = await house.connected(at(server.port))
    await house.call(connection, 'echo', { text: 'x' })
    await server[Symbol.asyncDispose]()
    await using _again = await startServerProcess('http-old.ts', [String(server.port)], env)
    expect(textOf(await house.call(connection, 'append', { text: 'once' }))).toBe('appended')
    expect(count('appended once')).toBe(1)
    expect(count('session began')).toBe(2)
  })

  it('is told goodbye when we end the session', async () => {
    await using server = await startServerProcess('http-old.ts', ['0'], logs())
    const connection = await house.connected(at(server.port))
    await house.call(connection, 'echo', { text: 'x' })
    await house.mcp.close(connection.id)
    expect(noted(house)).toContain('session ended')
  })
})

describe('sessions', () => {
  it('are never shared between connections', async () => {
    await using server = await startServerProcess('http-old.ts', ['0'], logs())
    const [one, two] = [await house.connected(at(server.port)), await house.connected(at(server.port))]
    await Promise.all([house.call(one, 'echo', { text: 'x' }), house.call(two, 'echo', { text: 'x' })])
    expect(count('session began')).toBe(2)
  })
})

describe('a credential', () => {
  const target = (port: number) => ({ ...at(port), title: 'GitHub', headers: { Authorization: 'Bearer {token}' } })

  it('that is wrong says so, whatever the server repeats', async () => {
    writeFileSync(join(house.folder, 'token'), 'right-token')
    await using server = await startServerProcess(
      'http-old.ts',
      ['0'],
      logs({ TOKEN_FILE: join(house.folder, 'token') }),
    )
    await expect(house.mcp.probe(target(server.port), { token: 'wrong-token' }, signal)).rejects.toMatchObject({
      code: 'sign_in_needed',
      message: 'GitHub refused this key (401). Create a new one at https://example.com/keys and connect again.',
    })
    await expect(house.mcp.probe(at(server.port), {}, signal)).rejects.toThrowError(/wants a sign-in \(401\)/)
    expect((await house.mcp.probe(target(server.port), { token: 'right-token' }, signal)).tools).toHaveLength(5)
  })

  it('that is refused later needs a sign-in; a new one is taken up without a restart', async () => {
    const file = join(house.folder, 'token')
    writeFileSync(file, 'first-token')
    await using server = await startServerProcess('http-old.ts', ['0'], logs({ TOKEN_FILE: file }))
    const connection = await house.connected(target(server.port), { token: 'first-token' })
    expect(textOf(await house.call(connection, 'echo', { text: 'x' }))).toBe('x')
    writeFileSync(file, 'second-token')
    expect(await house.call(connection, 'append', { text: 'no' })).toMatchObject({ why: 'sign_in', sent: false })
    await eventually(async () => expect((await house.registry.get(connection.id))?.status).toBe('needs_sign_in'))
    await house.credentials.set(connection.credential ?? '', JSON.stringify({ token: 'second-token' }))
    expect(textOf(await house.call(connection, 'echo', { text: 'y' }))).toBe('y')
    expect(house.logged.join('')).not.toMatch(/(first|second)-token/)
  })

  it('with characters no header holds is refused without repeating it', async () => {
    const bad = { ...at(1), headers: { Authorization: '{value}' } }
    const probe = house.mcp.probe(bad, { value: 'line\r\nX-Evil: 1' }, signal)
    await expect(probe).rejects.toMatchObject({ code: 'input_invalid', message: expect.not.stringContaining('Evil') })
  })

  it('of a user and a password goes as HTTP Basic, and is hidden in that spelling too', async () => {
    const seen: (string | undefined)[] = []
    const listener = createServer((request, response) => {
      seen.push(request.headers.authorization)
      response.writeHead(401).end()
    })
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
    const address = listener.address()
    const basic = { headers: { Authorization: 'Basic {user:token}' }, values: { user: 'ada' } }
    const port = typeof address === 'object' && address !== null ? address.port : 0
    await expect(house.mcp.probe({ ...at(port), ...basic }, { token: 'pä:ss-0123' }, signal)).rejects.toThrowError(
      /401/,
    )
    listener.closeAllConnections()
    listener.close()
    const sent = Buffer.from('ada:pä:ss-0123').toString('base64')
    expect(new Set(seen)).toEqual(new Set([`Basic ${sent}`]))

    await using server = await startServerProcess('http-old.ts', ['0'], logs())
    const connection = await house.connected({ ...at(server.port), ...basic }, { token: 'pä:ss-0123' })
    expect(textOf(await house.call(connection, 'echo', { text: `I got ${sent}` }))).toBe('I got [secret]')
  })

  it('left empty leaves its header out', async () => {
    await using server = await startServerProcess('http-old.ts', ['0'], logs())
    const target = { ...at(server.port), headers: { '{name}': '{value}' }, values: { name: 'X-Key' } }
    expect((await house.mcp.probe(target, {}, signal)).tools).toHaveLength(5)
  })
})

describe('the reference server', () => {
  it('speaks HTTP+SSE when it knows nothing else', async () => {
    await using server = await startReference('sse')
    const target = at(server.port, '/sse')
    expect((await house.mcp.probe(target, {}, signal)).era).toMatchObject({ kind: 'sse' })
    const connection = await house.connected(target)
    expect(textOf(await house.call(connection, 'echo', { message: 'hi' }))).toBe('Echo: hi')
    await eventually(async () => expect((await house.registry.get(connection.id))?.era).toMatchObject({ kind: 'sse' }))
  })

  it('restarted, answers 400 and is initialised again', async () => {
    const server = await startReference('streamableHttp')
    const connection = await house.connected(at(server.port))
    expect(textOf(await house.call(connection, 'echo', { message: 'a' }))).toBe('Echo: a')
    await server[Symbol.asyncDispose]()
    await using _again = await startReference('streamableHttp', server.port)
    expect(textOf(await house.call(connection, 'echo', { message: 'b' }))).toBe('Echo: b')
  })
})

describe('what is no MCP server', () => {
  const answers = async (listener: RequestListener) => {
    const server = createServer(listener)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const close = () => {
      server.closeAllConnections()
      server.close()
    }
    return { port, [Symbol.dispose]: close }
  }

  it.each<[string, RequestListener, RegExp]>([
    [
      'a web page',
      (_q, r) => r.setHeader('content-type', 'text/html').end('<h1>Hi</h1>'),
      /does not answer as an MCP server.*address/,
    ],
    ['404', (_q, r) => r.writeHead(404).end('nope'), /not as an MCP server does \(404\).*address/],
    ['403', (_q, r) => r.writeHead(403).end(), /\(403\).*https:\/\/example\.com\/keys/],
    ['429', (_q, r) => r.writeHead(429).end(), /too many requests/],
    ['500', (_q, r) => r.writeHead(500).end(), /trouble of its own \(500\)/],
    ['elsewhere', (_q, r) => r.writeHead(302, { location: 'https://example.com/' }).end(), /\(302\)/],
    [
      'garbage',
      (_q, r) => r.setHeader('content-type', 'application/json').end('{"jsonrpc":'),
      /does not answer as an MCP server/,
    ],
    ['JSON without end', (_q, r) => void endless(r.setHeader('content-type', 'application/json')), /more than 32 MB/],
    ['nothing at all', (q) => q.socket.destroy(), /closed the connection before/],
  ])('%s', async (_name, listener, message) => {
    using server = await answers(listener)
    await expect(house.mcp.probe(at(server.port), {}, signal)).rejects.toMatchObject({
      name: 'AppError',
      message: expect.stringMatching(message),
    })
  })

  it("a card's own host that is not there: not a typo of whoever connects", async () => {
    const own = { ...remote('https://no-such-host.invalid/mcp'), title: 'GitHub' }
    const message = expect.stringMatching(
      /^GitHub cannot be reached from here \((no such host|no answer from the name service)\)\. Whoever runs Patchbay should check the network\.$/,
    )
    await expect(house.mcp.probe(own, {}, signal)).rejects.toMatchObject({ code: 'server_unreachable', message })
    const connection = await house.connected(own)
    expect(await house.call(connection, 'echo')).toMatchObject({ kind: 'failed', why: 'unreachable', message })
    const typed = { ...remote('{url}'), values: { url: own.url } }
    await expect(house.mcp.probe(typed, {}, signal)).rejects.toMatchObject({ message: expect.stringContaining('typo') })
  })

  it('a private address that nobody allowed', async () => {
    await using strict = await startMcpHouse()
    await expect(strict.mcp.probe(remote('https://127.0.0.1:9/mcp'), {}, signal)).rejects.toMatchObject({
      code: 'egress_refused',
    })
    await expect(strict.mcp.probe(remote('no address'), {}, signal)).rejects.toMatchObject({
      code: 'input_invalid',
      field: 'url',
    })
  })

  function endless(response: Parameters<RequestListener>[1]) {
    const more = () => {
      while (!response.destroyed && response.write(Buffer.alloc(1 << 20, 32)));
    }
    response.on('drain', more)
    more()
  }
})

describe('a server that wants its requests signed', () => {
  const KEYS = { KEY_ID: 'AKIAIOSFODNN7EXAMPLE', SECRET: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' }
  const secrets = { secret: KEYS.SECRET }
  const signing = { service: 'aws-mcp', region: '{region}', keyId: '{keyId}', secret: '{secret}', session: '{session}' }
  const values = { region: 'eu-central-1', keyId: KEYS.KEY_ID }
  const to = (port: number, more: Record<string, string> = {}) =>
    remote(`http://127.0.0.1:${port}/mcp`, { signing, values: { ...values, ...more } })

  it('gets each signed anew, and never the secret', async () => {
    await using server = await startServerProcess('http-signed.ts', ['0'], KEYS)
    expect((await house.mcp.probe(to(server.port), secrets, signal)).tools).toHaveLength(1)
    const connection = await house.connected(to(server.port), secrets)
    for (const text of ['one', 'zwei – drei']) expect(textOf(await house.call(connection, 'echo', { text }))).toBe(text)
    expect(house.logged.join()).not.toContain(KEYS.SECRET)
  })

  it('gets the session of a key that ends, where there is one', async () => {
    await using server = await startServerProcess('http-signed.ts', ['0'], { ...KEYS, SESSION: 'IQoJb3JpZ2lu' })
    const probe = (more: Record<string, string>) => house.mcp.probe(to(server.port), { ...secrets, ...more }, signal)
    expect((await probe({ session: 'IQoJb3JpZ2lu' })).tools).toHaveLength(1)
    await expect(probe({})).rejects.toThrow(/does not allow this with your key/)
  })

  it('turns away another key, another region and a wrong secret; without any there is nothing to sign with', async () => {
    await using server = await startServerProcess('http-signed.ts', ['0'], KEYS)
    const refused = /does not allow this with your key or sign-in \(403\)/
    await expect(house.mcp.probe(to(server.port, { keyId: 'AKIAOTHER' }), secrets, signal)).rejects.toThrow(refused)
    await expect(house.mcp.probe(to(server.port, { region: 'us-east-1' }), secrets, signal)).rejects.toThrow(refused)
    await expect(house.mcp.probe(to(server.port), { secret: 'wrong' }, signal)).rejects.toThrow(refused)
    await expect(house.mcp.probe(to(server.port), {}, signal)).rejects.toThrow(/needs an access key and its secret/)
  })
})
