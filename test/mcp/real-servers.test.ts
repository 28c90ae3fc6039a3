import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readCards } from '../../src/cards/read.ts'
import { createServerTargets } from '../../src/connect/server-targets.ts'
import type { JsonObject } from '../../src/json.ts'
import type { StdioTarget, Target } from '../../src/mcp/protocol/server-target.ts'
import type { Connection } from '../../src/registry/connection.ts'
import { eventually } from '../support/eventually.ts'
import { freePort } from '../support/free-port.ts'
import {
  isAlive,
  type McpHouse,
  noted,
  PERSON,
  ROOT,
  remote,
  startMcpHouse,
  stopChild,
  textOf,
} from '../support/mcp-house.ts'
import { childrenOf } from '../support/processes.ts'

const PACKAGES = join(ROOT, 'node_modules')
const EVERYTHING = join(PACKAGES, '@modelcontextprotocol/server-everything/dist/index.js')
const OLD = join(ROOT, 'test/fixtures/mcp-servers/http-old.ts')
const LONG = { duration: 60, steps: 600 }

let house: McpHouse
beforeEach(async () => {
  house = await startMcpHouse({ root: ROOT, allow: ['127.0.0.1', 'localhost'], limits: { callSeconds: 120 } })
})
afterEach(async () => {
  await house[Symbol.asyncDispose]()
})

/** As a person connects it, without the check that needs the vendor's own service. */
function targetOf(card: string): StdioTarget {
  const targets = createServerTargets(readCards('run-cards'), house.folder)
  const target: Target = targets.target({ ...PERSON, name: card, card, inputs: {} })
  if (target.kind !== 'stdio') throw new Error(`${card} is no stdio server`)
  return { ...target, checks: [] }
}

const toolsOf = async (connection: Connection) =>
  (await house.mcp.refresh(connection, new AbortController().signal)).map(({ name }) => name)

type Call = { tool: string; args: JsonObject; says: RegExp }
type StdioCase = Call & { card: string; tools: number; secrets?: () => Record<string, string> }

const OVER_STDIO: StdioCase[] = [
  { card: 'everything', tools: 10, tool: 'echo', args: { message: 'hi' }, says: /Echo: hi/ },
  { card: 'filesystem', tools: 10, tool: 'list_allowed_directories', args: {}, says: /Allowed directories/ },
  { card: 'memory', tools: 9, tool: 'read_graph', args: {}, says: /entities/ },
  // Its service cannot be reached from a test: that it says so is its answer.
  {
    card: 'supabase',
    tools: 20,
    tool: 'list_organizations',
    args: {},
    says: /fetch failed|ENOTFOUND|EAI_AGAIN|network|nauthorized/i,
    secrets: () => ({ token: 'sbp_0123456789abcdef' }),
  },
]

describe.each(OVER_STDIO)('$card over stdio', ({ card, tools, tool, args, says, secrets }) => {
  it('is connected, listed and called; killed in a call it says so, and the next call works', async () => {
    const connection = await house.connected(targetOf(card), secrets?.())
    expect((await toolsOf(connection)).length).toBeGreaterThanOrEqual(tools)
    expect(textOf(await house.call(connection, tool, args))).toMatch(says)

    const [pid] = childrenOf(process.pid).filter((one) => isOfCard(one))
    if (pid === undefined) throw new Error('no server process')
    // Stopped, it has the call and cannot answer it.
    process.kill(pid, 'SIGSTOP')
    const call = house.call(connection, tool, args)
    await sleep(200)
    process.kill(pid, 'SIGKILL')
    expect(await call).toMatchObject({ kind: 'failed', why: 'gone', sent: true })
    expect(textOf(await call)).toMatch(/ended before it answered/)
    expect(textOf(await house.call(connection, tool, args))).toMatch(says)

    const left = childrenOf(process.pid).filter((one) => isOfCard(one))
    await house.mcp.close(connection.id)
    expect([pid, ...left].filter(isAlive)).toEqual([])
  })
})

/** A server of the house's, not what the test itself started. */
const isOfCard = (pid: number): boolean => isAlive(pid) && !own.has(pid)
const own = new Set<number>()

type Server = { child: ChildProcess; url: string }
type HttpCase = Call & {
  name: string
  path: string
  start(port: number): { args: string[]; env?: Record<string, string> }
  long: { tool: string; args: JsonObject }
  /** Resolves when the long call has arrived. */
  arrived: 'progress' | 'note'
  era: string
}

const OVER_HTTP: HttpCase[] = [
  ...(['streamableHttp', 'sse'] as const).map(
    (kind): HttpCase => ({
      name: `everything (${kind})`,
      path: kind === 'sse' ? '/sse' : '/mcp',
      start: (port) => ({ args: [EVERYTHING, kind], env: { PORT: String(port) } }),
      tool: 'echo',
      args: { message: 'hi' },
      says: /Echo: hi/,
      long: { tool: 'trigger-long-running-operation', args: LONG },
      arrived: 'progress',
      era: kind === 'sse' ? 'sse' : 'legacy',
    }),
  ),
  {
    name: "the SDK's old line",
    path: '/mcp',
    start: (port) => ({ args: [OLD, String(port)], env: { FIXTURE_LOG: join(house.folder, 'log') } }),
    tool: 'echo',
    args: { text: 'hi' },
    says: /^hi$/,
    long: { tool: 'slow', args: { ms: 60_000 } },
    arrived: 'note',
    era: 'legacy',
  },
]

describe.each(OVER_HTTP)('$name over HTTP', ({ path, start, tool, args, says, long, arrived, era }) => {
  it('is connected, listed and called; killed in a call it says so, and started again it works', async () => {
    const port = await freePort()
    const first = await startAt(port, start(port))
    const target = remote(`http://127.0.0.1:${port}${path}`)
    expect((await house.mcp.probe(target, {}, new AbortController().signal)).era).toMatchObject({ kind: era })
    const connection = await house.connected(target)
    expect((await toolsOf(connection)).length).toBeGreaterThan(1)
    expect(textOf(await house.call(connection, tool, args))).toMatch(says)

    const isThere = Promise.withResolvers<void>()
    const call = house.callWith(connection, long.tool, long.args, { onProgress: () => isThere.resolve() })
    if (arrived === 'note') await eventually(() => expect(noted(house)).toContain('slow began'))
    else await isThere.promise
    await stopChild(first.child)
    expect(await call).toMatchObject({ kind: 'failed', sent: true })
    expect(textOf(await call)).toMatch(/ended before it answered|closed the connection/)
    expect(await house.call(connection, tool, args)).toMatchObject({ kind: 'failed', why: 'unreachable', sent: false })

    const second = await startAt(port, start(port))
    expect(textOf(await house.call(connection, tool, args))).toMatch(says)
    await stopChild(second.child)
  })
})

async function startAt(port: number, { args, env }: { args: string[]; env?: Record<string, string> }): Promise<Server> {
  const home = join(house.folder, 'server-home')
  mkdirSync(home, { recursive: true })
  writeFileSync(join(home, '.env'), '')
  const child = spawn(process.execPath, args, {
    cwd: home,
    env: { PATH: process.env.PATH, HOME: home, ...env },
    stdio: 'ignore',
  })
  if (child.pid !== undefined) own.add(child.pid)
  const url = `http://127.0.0.1:${port}/`
  await eventually(() => fetch(url), 40_000)
  return { child, url }
}
