import { spawn } from 'node:child_process'
import { readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  Client,
  LOG_LEVEL_META_KEY,
  type PriorDiscovery,
  SSEClientTransport,
  StreamableHTTPClientTransport,
  type Transport,
} from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import type { Target } from '../src/mcp/protocol/server-target.ts'
import { priorDiscoveryOf, readProtocolEra } from '../src/mcp/session/open-session.ts'
import type { Connection } from '../src/registry/connection.ts'
import { childrenOf } from '../test/support/connect-house.ts'
import { eventually } from '../test/support/eventually.ts'
import { freePort } from '../test/support/free-port.ts'
import { type McpHouse, ROOT, remote, startMcpHouse, startServerProcess, strange } from '../test/support/mcp-house.ts'
import { median, ms } from './numbers.ts'

const EVERYTHING = join(ROOT, 'node_modules/@modelcontextprotocol/server-everything/dist/index.js')
const CALLS = 500
/** Calls before those that count, so that both sides run compiled. */
const WARM_UP = 200
const ROUNDS = { stdio: 10, http: 40 }
/** Connects and disconnects after which nothing may be left. */
const TURNS = 100
// Kept connections to a server are let go after 4 s.
const SETTLE_MS = 5_500

type Way = {
  name: string
  rounds: number
  target: Target
  /** The bare SDK's way to the same server. */
  transport(): Transport
  args: Record<string, string>
}

/** What our way to a server costs beside the bare client of the SDK, in one run, and what is left of many sessions. */
export async function mcp(): Promise<string[]> {
  await using house = await startMcpHouse({ allow: ['127.0.0.1', 'localhost'], root: ROOT, logLevel: 'info' })
  await using things = new AsyncDisposableStack()
  const ways = await waysIn(house, things)
  const lines: string[] = []
  for (const way of ways) lines.push(...(await compare(house, way)))
  lines.push(await leftovers(house, ways))
  return lines
}

async function waysIn(house: McpHouse, things: AsyncDisposableStack): Promise<Way[]> {
  const fresh = things.use(await startServerProcess('talkative.ts', ['0'], { TTL_MS: '3600000' }))
  const [old, sse] = [await reference(things, 'streamableHttp'), await reference(things, 'sse')]
  const http = (port: number, path: string) => new URL(`http://127.0.0.1:${port}${path}`)
  const packaged = {
    title: 'Everything',
    package: '@modelcontextprotocol/server-everything',
    version: '2026.8.31',
    args: ['stdio'],
  }
  const hello = { message: 'hello' }
  return [
    {
      name: 'stdio',
      rounds: ROUNDS.stdio,
      target: strange(house, {}, packaged),
      transport: () =>
        new StdioClientTransport({ command: process.execPath, args: [EVERYTHING, 'stdio'], stderr: 'ignore' }),
      args: hello,
    },
    {
      name: 'streamable HTTP, new protocol',
      rounds: ROUNDS.http,
      target: remote(http(fresh.port, '/mcp').href),
      transport: () => new StreamableHTTPClientTransport(http(fresh.port, '/mcp')),
      args: { text: 'hello' },
    },
    {
      name: 'streamable HTTP, old protocol',
      rounds: ROUNDS.http,
      target: remote(http(old, '/mcp').href),
      transport: () => new StreamableHTTPClientTransport(http(old, '/mcp')),
      args: hello,
    },
    {
      name: 'HTTP+SSE',
      rounds: ROUNDS.http,
      target: remote(http(sse, '/sse').href),
      transport: () => new SSEClientTransport(http(sse, '/sse')),
      args: hello,
    },
  ]
}

async function reference(things: AsyncDisposableStack, kind: string): Promise<number> {
  const port = await freePort()
  const child = spawn(process.execPath, [EVERYTHING, kind], { env: { PORT: String(port) }, stdio: 'ignore' })
  things.defer(() => void child.kill('SIGKILL'))
  await eventually(() => fetch(`http://127.0.0.1:${port}/`))
  return port
}

/** Opened once, so that its row knows which protocol the server speaks. */
async function acquainted(house: McpHouse, way: Way): Promise<{ connection: Connection; prior: PriorDiscovery }> {
  const { id, ...row } = await house.connected(way.target)
  await house.call({ id, ...row }, 'echo', way.args)
  const known = await eventually(async () => {
    const found = await house.registry.get(id)
    if (found?.era === undefined) throw new Error('no verdict yet')
    return found
  })
  await house.mcp.close(id)
  return { connection: known, prior: priorDiscoveryOf(readProtocolEra(known.era, Date.now())) ?? { kind: 'legacy' } }
}

/** Side by side, turn about, so that what slows the machine slows both. Connecting is timed to the first answer. */
async function compare(house: McpHouse, way: Way): Promise<string[]> {
  const { connection, prior } = await acquainted(house, way)
  const bare = async () => {
    const client = new Client({ name: 'bench', version: '1' }, { versionNegotiation: { mode: 'auto' } })
    await client.connect(way.transport(), { prior })
    await bareCall(client, way)
    return client
  }
  const connects = { ours: [] as number[], bare: [] as number[] }
  for (let round = 0; round < way.rounds; round++) {
    connects.ours.push(await timed(() => answered(house, connection, way)))
    await house.mcp.close(connection.id)
    let client: Client | undefined
    connects.bare.push(
      await timed(async () => {
        client = await bare()
      }),
    )
    await client?.close()
  }
  const client = await bare()
  const calls = { ours: [] as number[], bare: [] as number[] }
  for (let at = -WARM_UP; at < CALLS; at++) {
    const [ours, theirs] = [
      await timed(() => answered(house, connection, way)),
      await timed(() => bareCall(client, way)),
    ]
    if (at < 0) continue
    calls.ours.push(ours)
    calls.bare.push(theirs)
  }
  await client.close()
  await house.mcp.close(connection.id)
  return [
    said(`${way.name}: connect to first answer, verdict kept`, connects),
    said(`${way.name}: a call on the pooled session`, calls),
  ]
}

/** The same request as ours, which wants to hear of progress and of what the server logs. */
const bareCall = (client: Client, { args }: Way) =>
  client.callTool(
    { name: 'echo', arguments: args, _meta: { [LOG_LEVEL_META_KEY]: 'info' } },
    { onprogress: () => undefined },
  )

async function answered(house: McpHouse, connection: Connection, { name, args }: Way): Promise<void> {
  const outcome = await house.call(connection, 'echo', args)
  if (outcome.kind !== 'ok') throw new Error(`${name}: ${JSON.stringify(outcome)}`)
}

const said = (what: string, times: { ours: number[]; bare: number[] }): string => {
  const [ours, bare] = [median(times.ours), median(times.bare)]
  return `${what}: ${ms(ours)}, bare client ${ms(bare)}, ratio ${(ours / bare).toFixed(2)} (at most 1.10)`
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}

async function leftovers(house: McpHouse, ways: Way[]): Promise<string> {
  await sleep(SETTLE_MS)
  const before = held()
  const known = await Promise.all(ways.map((way) => acquainted(house, way)))
  for (let turn = 0; turn < TURNS; turn++) {
    const at = turn % ways.length
    const [way, one] = [ways[at], known[at]]
    if (way === undefined || one === undefined) continue
    await answered(house, one.connection, way)
    await house.mcp.close(one.connection.id)
  }
  await sleep(SETTLE_MS)
  const after = held()
  return `after ${TURNS} connects and disconnects: ${after.processes - before.processes} processes and ${after.sockets - before.sockets} sockets more than before (0)`
}

const held = () => ({
  processes: childrenOf(process.pid, 'server-everything').length,
  sockets: readdirSync('/proc/self/fd').filter(isSocket).length,
})

function isSocket(fd: string): boolean {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:')
  } catch {
    return false
  }
}
