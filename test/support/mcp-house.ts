import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLocalStore } from '../../src/credentials/local.ts'
import { credentialReferenceOf, saveSecrets } from '../../src/credentials/secrets.ts'
import { createEgress } from '../../src/egress/egress.ts'
import { createConnectionId, UserId, WorkspaceId } from '../../src/ids.ts'
import type { JsonObject } from '../../src/json.ts'
import { createLog } from '../../src/log.ts'
import { createMcp, type McpDeps } from '../../src/mcp/mcp.ts'
import type { HttpTarget, StdioTarget, Target, TargetLimits } from '../../src/mcp/protocol/server-target.ts'
import type { CallOptions, ToolOutcome } from '../../src/mcp/requests/outcome.ts'
import type { Connection } from '../../src/registry/connection.ts'
import { openSandbox, type SandboxSetting } from '../../src/sandbox/sandbox.ts'
import { createMemoryRegistry } from './memory-registry.ts'

export const ROOT = join(import.meta.dirname, '..', '..')
const FIXTURES = join(ROOT, 'test', 'fixtures', 'mcp-servers')
export const PERSON = { workspace: WorkspaceId.parse('TLOCAL01'), user: UserId.parse('UMEMBER1') }

export type HouseOptions = {
  allow?: string[]
  limits?: Partial<TargetLimits>
  toolTimeoutSeconds?: number
  root?: string
  quietMs?: number
  audit?: McpDeps['audit']
  builtin?: McpDeps['builtin']
  /** What local servers run in; left out: nothing. */
  sandbox?: SandboxSetting
  /** Where the sandbox's programs are, and the app's own files; left out: where they are. */
  programs?: string
  project?: string
  /** All is logged, unless less is asked for. */
  logLevel?: 'trace' | 'info'
}

/** mcp/ with a registry in memory, a real credential store and egress, in a folder of its own. */
export async function startMcpHouse(o: HouseOptions = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'patchbay-mcp-'))
  const logged: string[] = []
  const log = createLog(o.logLevel ?? 'trace', { write: (line) => void logged.push(line) })
  const registry = createMemoryRegistry()
  const credentials = await openLocalStore({ folder: join(folder, 'credentials'), key: undefined })
  const targets = new Map<string, Target>()
  const egress = createEgress({ allow: o.allow ?? [] })
  const mcp = createMcp({
    registry,
    credentials,
    egress,
    sandbox: await openSandbox({
      setting: o.sandbox ?? 'off',
      isLocal: true,
      projectRoot: o.project ?? ROOT,
      dataDir: folder,
      connect: egress.connect,
      log,
      programs: o.programs,
    }),
    log,
    target: (connection) => {
      const target = targets.get(connection.card)
      if (target === undefined) throw new Error(`no target for ${connection.card}`)
      return target
    },
    limits: () => ({ callSeconds: 60, idleSeconds: 300, ...o.limits }),
    toolTimeoutSeconds: o.toolTimeoutSeconds ?? 30,
    quietMs: o.quietMs,
    audit: o.audit,
    builtin: o.builtin,
    projectRoot: o.root ?? strangeRoot(folder),
  })
  return {
    mcp,
    registry,
    credentials,
    folder,
    logged,
    log,
    /** A connection to the target, with its secrets saved. */
    async connected(target: Target, secrets: Record<string, string> = {}): Promise<Connection> {
      const id = createConnectionId()
      const credential = Object.keys(secrets).length > 0 ? credentialReferenceOf(id) : undefined
      if (credential !== undefined) await saveSecrets(credentials, credential, secrets)
      targets.set(id, target)
      return registry.add(
        { ...PERSON, id, name: id.slice(0, 8), card: id, inputs: {}, credential, tools: [], era: undefined },
        100,
      )
    },
    call(connection: Connection, tool: string, args: JsonObject = {}, signal = new AbortController().signal) {
      const known = { name: tool, description: '', inputSchema: { type: 'object' } }
      return mcp.call(connection, known, args, { signal, onProgress: () => undefined })
    },
    /** The same, with answers to what was asked or somebody who gives them. */
    callWith(connection: Connection, tool: string, args: JsonObject, more: Partial<CallOptions>) {
      const known = { name: tool, description: '', inputSchema: { type: 'object' } }
      return mcp.call(connection, known, args, {
        signal: new AbortController().signal,
        onProgress: () => undefined,
        ...more,
      })
    },
    async [Symbol.asyncDispose]() {
      await mcp[Symbol.asyncDispose]()
      egress[Symbol.dispose]()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export type McpHouse = Awaited<ReturnType<typeof startMcpHouse>>

/** A project in which the strange and the bad server are installed as packages. */
function strangeRoot(folder: string): string {
  for (const name of ['strange', 'bad']) {
    const pack = join(folder, 'node_modules', `${name}-server`)
    mkdirSync(pack, { recursive: true })
    writeFileSync(
      join(pack, 'package.json'),
      JSON.stringify({ version: '1.0.0', type: 'module', bin: { [name]: 'main.js' } }),
    )
    writeFileSync(join(pack, 'main.js'), `await import(${JSON.stringify(join(FIXTURES, `${name}.ts`))})\n`)
  }
  return folder
}

export function strange(
  house: { folder: string },
  env: Record<string, string> = {},
  more: Partial<StdioTarget> = {},
): StdioTarget {
  return {
    kind: 'stdio',
    title: 'Strange',
    docs: 'https://example.com/keys',
    from: 'npm',
    package: 'strange-server',
    version: '1.0.0',
    args: [],
    env: { FIXTURE_LOG: join(house.folder, 'log'), ...env },
    values: {},
    folders: [join(house.folder, 'home')],
    reaches: [],
    hosts: [],
    checks: [],
    ...more,
  }
}

export function remote(url: string, more: Partial<HttpTarget> = {}): HttpTarget {
  return {
    kind: 'http',
    title: 'Remote',
    docs: 'https://example.com/keys',
    url,
    headers: {},
    values: {},
    checks: [],
    by: PERSON,
    ...more,
  }
}

/** What the fixture wrote down, line by line. */
export function noted(house: { folder: string }, file = 'log'): string[] {
  try {
    return readFileSync(join(house.folder, file), 'utf8').split('\n').filter(Boolean)
  } catch {
    return []
  }
}

export function textOf(outcome: ToolOutcome): string {
  if (outcome.kind === 'failed') return `failed: ${outcome.why}: ${outcome.message}`
  if (outcome.kind === 'input_required') return `asks: ${outcome.asks.map(({ request }) => request.kind).join(', ')}`
  return outcome.content.map((part) => (part.type === 'text' ? part.text : `[${part.type}]`)).join('\n')
}

/** A server in a process of its own that prints its port first. */
export async function startServerProcess(script: string, args: string[], env: Record<string, string> = {}) {
  const path = script.includes('/') ? script : join(FIXTURES, script)
  const child = spawn(process.execPath, [path, ...args], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  // Not inherited: whoever reads our output would wait for the end of a child that was left behind.
  child.stderr.pipe(process.stderr)
  const [first] = await once(child.stdout, 'data')
  return { port: Number(String(first).trim()), child, [Symbol.asyncDispose]: () => stopChild(child) }
}

export async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

/** False once the process is gone (a zombie is gone). */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
