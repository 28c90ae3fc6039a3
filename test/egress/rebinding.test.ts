import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, it } from 'vitest'
import { createEgress } from '../../src/egress/egress.ts'
import { ROOT } from '../support/paths.ts'

const open: { close(): void }[] = []
afterEach(() => {
  for (const one of open.splice(0)) one.close()
})

async function serve(listener: RequestListener, host = '127.0.0.1'): Promise<number> {
  const server = createServer(listener)
  open.push({ close: () => server.closeAllConnections() }, server)
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** Egress with a name service that says something else each time it is asked; its last word stays. */
function withAnswers(allow: string[], ...answers: string[][]) {
  const asked: string[] = []
  const egress = createEgress({
    allow,
    resolve: async (host) => {
      const answer = answers[Math.min(asked.length, answers.length - 1)] ?? []
      asked.push(host)
      return answer.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
    },
  })
  open.push({ close: () => egress[Symbol.dispose]() })
  return { egress, asked }
}

const refused = expect.objectContaining({ code: 'egress_refused' })

describe('a name whose addresses change', () => {
  it('between the check and the request does not get inside', async () => {
    let requests = 0
    const port = await serve((_request, response) => {
      requests += 1
      response.end()
    })
    const { egress, asked } = withAnswers([], ['93.184.215.14'], ['127.0.0.1'])
    await egress.check(`https://turns.example:${port}/`)
    await expect(egress.fetch(`https://turns.example:${port}/`)).rejects.toThrowError(refused)
    expect(asked).toEqual(['turns.example', 'turns.example'])
    expect(requests).toBe(0)
  })

  it('is asked for once per connection, and what was checked is what is connected to', async () => {
    const port = await serve((_request, response) => response.end('the first'))
    const { egress, asked } = withAnswers([`turns.example:${port}`], ['127.0.0.1'], ['169.254.169.254'])
    expect(await (await egress.fetch(`http://turns.example:${port}/`)).text()).toBe('the first')
    expect(asked).toHaveLength(1)
  })

  it('on the way to another connection is refused there', async () => {
    const port = await serve((_request, response) => response.setHeader('connection', 'close').end('x'))
    const { egress } = withAnswers([`turns.example:${port}`], ['127.0.0.1'], ['169.254.169.254'])
    await (await egress.fetch(`http://turns.example:${port}/`)).text()
    await expect(egress.fetch(`http://turns.example:${port}/`)).rejects.toThrowError(/never reachable/)
  })

  it('at a redirect is asked for again', async () => {
    const port = await serve((_request, response) =>
      response.writeHead(302, { location: `https://other.example:${port}/`, connection: 'close' }).end(),
    )
    const { egress, asked } = withAnswers([`turns.example:${port}`], ['127.0.0.1'], ['10.0.0.7'])
    await expect(egress.fetch(`http://turns.example:${port}/`)).rejects.toThrowError(refused)
    expect(asked).toEqual(['turns.example', 'other.example'])
  })

  it.each([
    [['93.184.215.14', '127.0.0.1']],
    [['2606:4700:4700::1111', '::1']],
    [['::ffff:10.0.0.1']],
    [['64:ff9b::7f00:1']],
    [['100.64.1.1']],
    [['0.0.0.0']],
    [['fe80::1%eth0']],
  ])('to %j is not opened: one of them is inside', async (addresses) => {
    const { egress } = withAnswers([], addresses)
    await expect(egress.fetch('https://turns.example/')).rejects.toThrowError(refused)
    await expect(egress.check('postgres://u:p@turns.example/x')).rejects.toThrowError(refused)
  })
})

describe('odd ways to write an inside address', () => {
  const odd = [
    '2130706433',
    '0x7f000001',
    '0x7f.1',
    '0177.0.0.1',
    '127.1',
    '0',
    '127.0.0.1.',
    'LOCALHOST',
    'localhost.',
    '%31%32%37.0.0.1',
    '１２７.0.0.1',
    '127。0。0。1',
    '[::]',
    '[::127.0.0.1]',
    '[::ffff:7f00:1]',
    '[0:0:0:0:0:ffff:127.0.0.1]',
    '[64:ff9b::169.254.169.254]',
    '[fd00::1]',
    '3232235521',
    '0xa9fea9fe',
  ]

  it.each(odd)('https://%s/', async (host) => {
    const { egress } = withAnswers([], ['127.0.0.1'])
    await expect(egress.fetch(`https://${host}/`)).rejects.toThrowError(refused)
  })

  // URL.parse leaves the host of this scheme as it is, and the database's driver would ask the system what it means.
  it.each(odd)('postgres://%s/', async (host) => {
    using egress = createEgress({ allow: [] })
    await expect(egress.check(`postgres://u:p@${host}/x`)).rejects.toMatchObject({
      code: expect.stringMatching(/^(egress_refused|server_unreachable)$/),
    })
  })

  it('IPv6 of this machine is as inside as IPv4, and can be allowed', async () => {
    const port = await serve((_request, response) => response.end('six'), '::1')
    using strict = createEgress({ allow: [] })
    await expect(strict.fetch(`https://[::1]:${port}/`)).rejects.toThrowError(refused)
    using lenient = createEgress({ allow: [`[::1]:${port}`] })
    expect(await (await lenient.fetch(`http://[::1]:${port}/`)).text()).toBe('six')
  })
})

describe('proxies in the environment', () => {
  it('are not used, whatever they are called', async () => {
    let proxied = 0
    const proxy = await serve((_request, response) => {
      proxied += 1
      response.end('from the proxy')
    })
    const port = await serve((_request, response) => response.end('directly'))
    const url = `http://127.0.0.1:${proxy}`
    const names = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy']
    const env = { ...Object.fromEntries(names.map((name) => [name, url])), NODE_USE_ENV_PROXY: '1', NO_PROXY: '' }
    const script = `
      const { createEgress } = await import(${JSON.stringify(join(ROOT, 'src/egress/egress.ts'))})
      const egress = createEgress({ allow: ['127.0.0.1'] })
      console.log(await (await egress.fetch('http://127.0.0.1:${port}/')).text())
      const { get } = await import('node:http')
      get('http://127.0.0.1:${port}/', (answer) => { answer.pipe(process.stdout); answer.once('end', () => egress[Symbol.dispose]()) })`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [said] = await Promise.all([text(child.stdout), once(child, 'exit')])
    // Node's own client goes through the proxy, so the variables were heard.
    expect(said).toBe('directly\nfrom the proxy')
    expect(proxied).toBe(1)
  })
})

describe('caps', () => {
  it('larger headers than any honest answer has', async () => {
    const port = await serve((_request, response) => response.writeHead(200, { 'x-a': 'a'.repeat(20_000) }).end())
    using egress = createEgress({ allow: ['127.0.0.1'] })
    await expect(egress.fetch(`http://127.0.0.1:${port}/`)).rejects.toMatchObject({
      code: 'tool_failed',
      message: expect.stringMatching(/larger headers than any honest answer/),
    })
  })

  it('a host that takes the connection and then says nothing', async () => {
    const server = createTcpServer(() => undefined)
    open.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    using egress = createEgress({ allow: ['127.0.0.1'] })
    await expect(egress.fetch(`https://127.0.0.1:${port}/`)).rejects.toMatchObject({
      code: 'server_unreachable',
      message: expect.stringMatching(/did not answer within 10 s/),
    })
    const signal = AbortSignal.timeout(300)
    await expect(egress.fetch(`http://127.0.0.1:${port}/`, { signal })).rejects.toThrowError(
      expect.objectContaining({ name: 'TimeoutError' }),
    )
  })

  it('a body that drips is ended by its signal, on both sides', async () => {
    let closed = false
    const port = await serve((_request, response) => {
      const timer = setInterval(() => response.write('x'), 50)
      response.once('close', () => {
        clearInterval(timer)
        closed = true
      })
    })
    using egress = createEgress({ allow: ['127.0.0.1'] })
    const response = await egress.fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(400) })
    await expect(response.text()).rejects.toThrow()
    await expect.poll(() => closed).toBe(true)
  })
})
