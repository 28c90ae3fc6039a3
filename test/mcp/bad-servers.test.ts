import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Target } from '../../src/mcp/protocol/server-target.ts'
import { eventually } from '../support/eventually.ts'
import { freePort } from '../support/free-port.ts'
import {
  isAlive,
  type McpHouse,
  noted,
  remote,
  startMcpHouse,
  startServerProcess,
  strange,
  textOf,
} from '../support/mcp-house.ts'

type Transport = 'stdio' | 'HTTP' | 'HTTP in streams'
const TRANSPORTS: Transport[] = ['stdio', 'HTTP', 'HTTP in streams']

/** What a server that does harm may cost this process, in seconds of its thread's work: a server that is read for ever would cost the whole timeout. The tests beside it work in the same thread. */
const MOST_WORK_S = 30
const MOST_MEMORY_MB = 400

/** A house with a good server in use, and a bad one. Disposing says whether the good one went on and nothing is left. */
async function startStage(transport: Transport, bad: string, at = 'tools/call', more: Record<string, string> = {}) {
  // What only ends by itself must not end by the clock on a slow machine.
  const [toolTimeoutSeconds, callSeconds] = bad === 'huge' ? [40, 50] : [2, 4]
  const house = await startMcpHouse({ allow: ['127.0.0.1'], toolTimeoutSeconds, limits: { callSeconds } })
  const flag = join(house.folder, 'bad')
  writeFileSync(flag, '')
  const streams = transport === 'HTTP in streams' ? { STREAMS: '1' } : {}
  const env = { BAD: bad, AT: at, BAD_WHILE: flag, FIXTURE_LOG: join(house.folder, 'bad-log'), ...streams, ...more }
  const port = await freePort()
  const start = () => startServerProcess('bad.ts', [String(port)], env)
  let server = transport === 'stdio' ? undefined : await start()
  const target: Target =
    server === undefined
      ? strange(house, env, { title: 'Remote', package: 'bad-server' })
      : remote(`http://127.0.0.1:${port}/mcp`)
  const connection = await house.connected(target)
  const good = await house.connected(strange(house))
  const stop = await keepUsing(house, good)
  const began = { work: workSeconds(), memory: process.memoryUsage.rss() }
  return {
    house,
    target,
    connection,
    call: (tool = 'echo') => house.call(connection, tool, { text: 'x' }),
    refresh: () => house.mcp.refresh(connection, new AbortController().signal),
    notes: () => noted(house, 'bad-log'),
    /** From now on the server behaves; where it has died it is started again. */
    mend: async () => {
      rmSync(flag)
      if (server === undefined || bad !== 'dies') return
      await eventually(() => expect(server?.child.exitCode).not.toBeNull())
      server = await start()
    },
    async [Symbol.asyncDispose]() {
      expect(workSeconds() - began.work).toBeLessThan(MOST_WORK_S)
      expect((process.memoryUsage.rss() - began.memory) / 2 ** 20).toBeLessThan(MOST_MEMORY_MB)
      expect((await stop()).filter((said) => said !== 'still here')).toEqual([])
      await house.mcp[Symbol.asyncDispose]()
      const pids = [...noted(house), ...(server ? [] : noted(house, 'bad-log'))]
        .filter((line) => line.startsWith('started '))
        .map((line) => Number(line.split(' ')[1]))
      expect(pids.length).toBeGreaterThan(0)
      expect(pids.filter(isAlive)).toEqual([])
      await server?.[Symbol.asyncDispose]()
      await house[Symbol.asyncDispose]()
    },
  }
}

/** Seconds of work of this thread: unlike time, no matter of what else the machine does. */
function workSeconds(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1_000_000
}

/** Calls the good server again and again; what it said comes back at the end. */
async function keepUsing(house: McpHouse, good: Parameters<McpHouse['call']>[0]): Promise<() => Promise<string[]>> {
  const said = [textOf(await house.call(good, 'echo', { text: 'still here' }))]
  let over = false
  const using = (async () => {
    while (!over) {
      said.push(textOf(await house.call(good, 'echo', { text: 'still here' })))
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  })()
  return async () => {
    over = true
    await using
    return [...said, textOf(await house.call(good, 'echo', { text: 'still here' }))]
  }
}

const over = (...transports: Transport[]) => transports

describe.concurrent('in a call', () => {
  const cases: [string, string, Transport[], RegExp][] = [
    ['never answers', 'silent', TRANSPORTS, /timeout: Remote did not answer within \d+ s/],
    ['answers garbage', 'garbage', over('HTTP'), /Remote sent an answer I cannot read/],
    ['answers garbage', 'garbage', over('stdio', 'HTTP in streams'), /Remote (did not answer within|ended before it)/],
    [
      'answers nonsense',
      'nonsense',
      TRANSPORTS,
      /Remote (sent an answer I cannot read|did not answer within|ended before it)/,
    ],
    ['sends 50 MB', 'huge', over('stdio'), /Remote sent 50 MB, 10 MB are possible; ask for a part/],
    ['sends 50 MB', 'huge', over('HTTP'), /sent more than \d+ MB/],
    ['sends 50 MB', 'huge', over('HTTP in streams'), /Remote sent more than 32 MB, 32 MB are possible; ask for a part/],
    ['drips without end', 'drip', TRANSPORTS, /timeout: Remote did not answer within \d+ s/],
    ['sends on to another place', 'elsewhere', over('HTTP'), /not as an MCP server does \(307\)/],
    ['answers with a page', 'html', over('HTTP'), /Remote sent an answer I cannot read/],
    ['dies', 'dies', TRANSPORTS, /(Remote ended before it answered|closed the connection)/],
  ]
  const each = cases.flatMap(([what, bad, transports, words]) => transports.map((on) => ({ what, bad, on, words })))

  it.each(each)('one that $what ($on) says so, and the next call works', async ({ bad, on, words }) => {
    const elsewhere = await listenForRequests()
    try {
      await using stage = await startStage(on, bad, 'tools/call', { REF: elsewhere.url })
      const outcome = await stage.call()
      expect(outcome).toMatchObject({ kind: 'failed' })
      expect(textOf(outcome)).toMatch(words)
      await stage.mend()
      expect(textOf(await stage.call())).toBe('x')
      expect(elsewhere.requests()).toBe(0)
    } finally {
      elsewhere.close()
    }
  })
})

describe.concurrent('while a session opens', () => {
  const dying = ['start', 'server/discover', 'initialize', 'notifications/initialized', 'tools/list']
  it.each(dying.map((at) => [at]))('one that dies at %s (stdio)', async (at) => {
    await using stage = await startStage('stdio', 'dies', at)
    if (at === 'tools/list') await expect(stage.refresh()).rejects.toThrow(/Remote ended before it answered/)
    // One that only dies at the question of the new protocol is asked in the old.
    else if (at === 'server/discover') expect(textOf(await stage.call())).toBe('x')
    else expect(textOf(await stage.call())).toMatch(/^failed: .*Remote (could not start|ended|has stopped)/)
    await stage.mend()
    expect(textOf(await stage.call())).toBe('x')
  })

  it.each(dying.slice(1).map((at) => [at]))('one that dies at %s (HTTP)', async (at) => {
    await using stage = await startStage('HTTP', 'dies', at)
    const work = at === 'tools/list' ? stage.refresh() : stage.call().then(textOf)
    const words = await work.then(String, (error: Error) => error.message)
    expect(words).toMatch(/closed the connection|Remote (ended|cannot be reached)/)
    await stage.mend()
    expect(textOf(await stage.call())).toBe('x')
  })

  it.each(TRANSPORTS.flatMap((on) => [['initialize', on] as const, ['tools/list', on] as const]))(
    'one that never answers %s (%s)',
    async (at, on) => {
      await using stage = await startStage(on, 'silent', at)
      await expect(stage.refresh()).rejects.toThrow(/Remote did not answer within \d+ s/)
      await stage.mend()
      expect(textOf(await stage.call())).toBe('x')
    },
    120_000,
  )

  it.each(['silent', 'drip', 'garbage', 'html'])(
    'one over HTTP that is %s to the new protocol alone is spoken to in the old one',
    async (bad) => {
      await using stage = await startStage('HTTP', bad, 'server/discover')
      expect(textOf(await stage.call())).toBe('x')
    },
  )

  it.each(['silent', 'drip', 'garbage', 'html'])('one over HTTP that is %s from the first request on', async (bad) => {
    await using stage = await startStage('HTTP', bad, 'server/discover initialize')
    expect(textOf(await stage.call())).toMatch(/Remote (did not answer within \d+ s|does not answer as an MCP server)/)
    await stage.mend()
    expect(textOf(await stage.call())).toBe('x')
  })
})

describe.concurrent.each(TRANSPORTS)('a list over %s', (on) => {
  const tools = async (stage: Awaited<ReturnType<typeof startStage>>) => {
    const listed = await stage.refresh()
    const { unusableTools } = (await stage.house.registry.get(stage.connection.id)) ?? {}
    return { names: listed.map(({ name }) => name), leftOut: unusableTools ?? [] }
  }

  it('of 10,000 tools is cut, and the rest counted', async () => {
    await using stage = await startStage(on, 'many')
    const { names, leftOut } = await tools(stage)
    expect(names).toHaveLength(1_000)
    expect(leftOut.at(-1)).toMatchObject({ tool: expect.stringMatching(/^\(8950 more\)|further/) })
  })

  it('of half a million nothings keeps neither the process nor its memory busy', async () => {
    await using stage = await startStage(on, 'nothings')
    const { names, leftOut } = await tools(stage)
    expect(names).toEqual([])
    expect(leftOut.length).toBeLessThan(100)
  })

  it('that is another at every call is asked for seldom', async () => {
    await using stage = await startStage(on, 'changing')
    for (let at = 0; at < 30; at++) expect(textOf(await stage.call())).toBe('x')
    expect(stage.notes().filter((line) => line === 'asked tools/list').length).toBeLessThan(5)
  })

  it('with a name of 200 characters leaves that one out', async () => {
    await using stage = await startStage(on, 'long-names')
    expect(await tools(stage)).toEqual({
      names: ['echo'],
      leftOut: [{ tool: 'n'.repeat(128), why: 'its name is longer than 128 characters' }],
    })
  })

  it('without end is read for so many pages', async () => {
    await using stage = await startStage(on, 'endless')
    const { names, leftOut } = await tools(stage)
    expect(names).toHaveLength(64)
    expect(leftOut).toMatchObject([{ tool: '(those on further pages)' }])
  })

  it('with schemas that refer elsewhere is taken, and nobody looks there', async () => {
    const elsewhere = await listenForRequests()
    try {
      await using stage = await startStage(on, 'remote-ref', 'tools/call', { REF: elsewhere.url })
      expect((await tools(stage)).names).toEqual(['echo'])
      const known = (await stage.house.registry.get(stage.connection.id))?.tools[0]
      if (known === undefined) throw new Error('no tool')
      const signal = new AbortController().signal
      const o = { signal, onProgress: () => undefined }
      expect(textOf(await stage.house.mcp.call(stage.connection, known, { text: 'x' }, o))).toBe('x')
      expect(elsewhere.requests()).toBe(0)
    } finally {
      elsewhere.close()
    }
  })

  it('with schemas of 10,000 levels leaves these out, and an answer so deep is no harm', async () => {
    await using stage = await startStage(on, 'deep')
    const { names, leftOut } = await tools(stage)
    expect(names).toEqual(['echo'])
    expect(leftOut.map(({ why }) => why)).toEqual(Array(2).fill('its definition is nested too deeply'))
    expect(textOf(await stage.call())).toMatch(/^x\n\[The structured part of this answer is nested too deeply/)
  })
})

async function listenForRequests() {
  let requests = 0
  const server = createServer((_request, response) => {
    requests += 1
    response.end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return { url: `http://127.0.0.1:${port}`, requests: () => requests, close: () => server.close() }
}

it('the fixture is bad only while it is told so', async () => {
  await using stage = await startStage('stdio', 'silent')
  await stage.mend()
  expect(existsSync(join(stage.house.folder, 'bad'))).toBe(false)
  await eventually(async () => expect(textOf(await stage.call())).toBe('x'))
})
