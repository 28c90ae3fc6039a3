import { createServer, type RequestListener } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createEgress } from '../../src/egress/egress.ts'
import { MAX_BODY_BYTES } from '../../src/egress/exchange.ts'

const open: { close(): void }[] = []
afterEach(() => {
  for (const one of open.splice(0)) one.close()
})

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  open.push({ close: () => server.closeAllConnections() })
  open.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return typeof address === 'object' && address !== null ? `127.0.0.1:${address.port}` : ''
}

function egressTo(...allow: string[]) {
  const egress = createEgress({ allow })
  open.push({ close: () => egress[Symbol.dispose]() })
  return egress
}

const code = (wanted: string) => expect.objectContaining({ code: wanted })

describe('egress.fetch', () => {
  it('sends method, headers and body, and gives back status, headers and body', async () => {
    const host = await serve((request, response) => {
      let body = ''
      request.on('data', (chunk) => (body += chunk))
      request.on('end', () => response.writeHead(201, { 'x-got': request.headers['x-a'] }).end(request.method + body))
    })
    const post = { method: 'POST', headers: { 'x-a': '1' }, body: 'hällo' }
    const response = await egressTo(host).fetch(`http://${host}/p?q=1`, post)
    expect([response.status, response.headers.get('x-got'), await response.text()]).toEqual([201, '1', 'POSThällo'])
  })

  it('streams, and an abort ends the stream on both sides', async () => {
    let gone = false
    const host = await serve((_request, response) => {
      response.write('one\n')
      response.on('close', () => (gone = true))
    })
    const stop = new AbortController()
    const response = await egressTo(host).fetch(`http://${host}/`, { signal: stop.signal })
    const reader = response.body?.getReader()
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('one\n')
    stop.abort()
    await expect(reader?.read()).rejects.toThrow()
    await expect.poll(() => gone).toBe(true)
  })

  it.each([
    'https://127.0.0.1/',
    'https://localhost:1/',
    'https://[::1]/',
    'https://[::ffff:10.0.0.1]/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://169.254.169.254/latest/meta-data',
    'http://example.com/',
    'https://user:pw@example.com/',
  ])('refuses %s', async (url) => {
    await expect(egressTo().fetch(url)).rejects.toThrowError(code('egress_refused'))
  })

  it.each(['transfer-encoding', 'upgrade', 'keep-alive', 'content-length', 'expect'])(
    'sends no %s header that would bring the connection out of step',
    async (name) => {
      const host = await serve((_request, response) => response.end())
      const asked = egressTo(host).fetch(`http://${host}/`, { method: 'POST', headers: { [name]: '99' }, body: 'x' })
      await expect(asked).rejects.toMatchObject({ code: 'egress_refused', message: expect.stringMatching(/header/) })
    },
  )

  it('says how to allow a private host', async () => {
    await expect(egressTo().fetch('https://localhost:8443/')).rejects.toThrowError(/EGRESS_ALLOW=localhost:8443/)
  })

  it('checks each redirect', async () => {
    const host = await serve((_request, response) =>
      response.writeHead(302, { location: 'http://127.0.0.2:1/inside' }).end(),
    )
    await expect(egressTo(host).fetch(`http://${host}/`)).rejects.toThrowError(code('egress_refused'))
  })

  it('says so when a redirect leads to no address', async () => {
    const host = await serve((_request, response) => response.writeHead(302, { location: 'http://[' }).end())
    await expect(egressTo(host).fetch(`http://${host}/`)).rejects.toThrowError(/redirects to an address I cannot read/)
  })

  it.each([
    [301, 'POSTx'],
    [302, 'GET'],
    [303, 'GET'],
    [307, 'POSTx'],
    [308, 'POSTx'],
  ])('follows %i with %s', async (status, seen) => {
    const host = await serve((request, response) => {
      if (request.url === '/') return void response.writeHead(status, { location: '/new' }).end()
      let body = ''
      request.on('data', (chunk) => (body += chunk))
      request.on('end', () => response.end(`${request.method}${body}`))
    })
    const response = await egressTo(host).fetch(`http://${host}/`, { method: 'POST', body: 'x' })
    expect(await response.text()).toBe(seen)
  })

  it('keeps secrets from another origin, follows at most five, and leaves manual ones alone', async () => {
    const seen: Record<string, string | string[] | undefined>[] = []
    const second = await serve((request, response) => {
      seen.push(request.headers)
      response.end(request.method)
    })
    const first = await serve((request, response) => {
      const location = request.url === '/loop' ? '/loop' : `http://${second}/next`
      response.writeHead(request.url === '/post' ? 307 : 302, { location }).end()
    })
    const egress = egressTo(first, second)
    const headers = { authorization: 'Bearer hunter2', 'x-api-key': 'hunter2' }
    const post = { method: 'POST', headers, body: 'x' }
    expect(await (await egress.fetch(`http://${first}/`, post)).text()).toBe('GET')
    expect(await (await egress.fetch(`http://${first}/post`, post)).text()).toBe('POST')
    expect(JSON.stringify(seen)).not.toContain('hunter2')
    await expect(egress.fetch(`http://${first}/loop`)).rejects.toThrowError(code('egress_refused'))
    expect((await egress.fetch(`http://${first}/`, { redirect: 'manual' })).status).toBe(302)
  })

  it('ends an answer without end', async () => {
    const host = await serve((_request, response) => {
      const more = () => {
        while (response.write(Buffer.alloc(1 << 20)));
      }
      response.on('drain', more)
      more()
    })
    const response = await egressTo(host).fetch(`http://${host}/`)
    let bytes = 0
    const reading = (async () => {
      for await (const chunk of response.body ?? []) bytes += chunk.length
    })()
    await expect(reading).rejects.toThrowError(/more than 32 MB/)
    expect(bytes).toBeLessThanOrEqual(MAX_BODY_BYTES)
  })

  it('tells what never arrived from what broke off', async () => {
    const host = await serve((request) => request.socket.destroy())
    await expect(egressTo(host).fetch(`http://${host}/`)).rejects.toThrowError(code('tool_failed'))
    await expect(egressTo('127.0.0.1').fetch('http://127.0.0.1:1/')).rejects.toMatchObject({
      code: 'server_unreachable',
      message: expect.stringContaining('nothing listens there'),
    })
    await expect(egressTo().fetch('https://no-such-host.invalid/')).rejects.toMatchObject({
      code: 'server_unreachable',
      message: expect.stringContaining('no host "no-such-host.invalid"'),
    })
  })

  it('says so when TLS fails', async () => {
    const server = createTcpServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    open.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    await expect(egressTo('127.0.0.1').fetch(`https://127.0.0.1:${port}/`)).rejects.toMatchObject({
      code: 'server_unreachable',
      message: expect.stringContaining('does not offer a secure connection'),
    })
  })
})

describe('egress.check', () => {
  it('holds database addresses to the same rules', async () => {
    const check = (url: string, ...allow: string[]) => egressTo(...allow).check(url)
    await expect(check('postgres://u:p@127.0.0.1:5432/x')).rejects.toThrowError(code('egress_refused'))
    await expect(check('postgres://u:p@localhost/x')).rejects.toThrowError(/EGRESS_ALLOW=localhost:5432/)
    await expect(check('postgres://u:p@%2Fvar%2Frun/x')).rejects.toThrowError(code('egress_refused'))
    await expect(check('mongodb+srv://u:p@c0.example.com/')).rejects.toThrowError(
      /hosts that you have not entered\. Enter the address of one host/,
    )
    await expect(check('postgres:///x')).rejects.toThrowError(code('egress_refused'))
    await expect(check('postgres://u:p@127.0.0.1:5432/x', '127.0.0.1:5432')).resolves.toMatchObject({ port: 5432 })
    await expect(check('postgres://u:p@1.1.1.1/x')).resolves.toMatchObject({ host: '1.1.1.1' })
  })

  it.each(['[::1]:5432', '::1', '[::1]', '[0:0:0:0:0:0:0:1]:5432', '::/64'])(
    'opens IPv6 with EGRESS_ALLOW=%s',
    async (entry) => {
      await expect(egressTo(entry).check('postgres://u:p@[::1]:5432/x')).resolves.toEqual({ host: '::1', port: 5432 })
    },
  )

  it('says the form that works for an IPv6 address', async () => {
    await expect(egressTo().check('postgres://u:p@[::1]:5432/x')).rejects.toThrowError(/EGRESS_ALLOW=\[::1\]:5432/)
  })

  it.each(['169.254.169.254', '[fe80::1]', '[fd00:ec2::254]', '[::ffff:169.254.169.254]'])(
    'never opens %s, whatever is allowed',
    async (host) => {
      const egress = egressTo('0.0.0.0/0', '::/0')
      const refused = { code: 'egress_refused', message: expect.stringMatching(/never reachable(?!.*EGRESS_ALLOW)/) }
      await expect(egress.fetch(`https://${host}/`)).rejects.toMatchObject(refused)
      await expect(egress.check(`postgres://u:p@${host}/x`)).rejects.toMatchObject(refused)
    },
  )
})

describe('EGRESS_ALLOW', () => {
  it.each([
    '::1:5432',
    '[::1',
    '[::zz]',
    '[10.0.0.1]:5432',
    '999.1.1.1',
    'host:99999',
    'host:0',
    'a..b',
    'https://example.com',
    '10.0.0.0/33',
    '*.example.com',
    '169.254.169.254',
    '169.254.0.0/16',
    'fe80::1',
    '[fd00:ec2::254]:80',
  ])('does not take %s', (entry) => {
    expect(() => createEgress({ allow: [entry] })).toThrowError(
      expect.objectContaining({ code: 'config_invalid', message: expect.stringContaining(`EGRESS_ALLOW: "${entry}"`) }),
    )
  })

  it.each(['localhost', 'localhost:1', 'db.example.com.', 'my_db:5432', '10.0.0.1:80', '10.0.0.0/8', '[fd00::1]:5432'])(
    'takes %s',
    (entry) => {
      expect(() => createEgress({ allow: [entry] })).not.toThrow()
    },
  )
})
