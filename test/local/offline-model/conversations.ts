import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Client, InMemoryTransport, type Transport } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { z } from 'zod'
import { createBuiltinServers } from '../../../src/builtin/builtin-servers.ts'
import { createEgress } from '../../../src/egress/egress.ts'
import { startOfflineModel } from '../../../src/local/offline-model/start-offline-model.ts'
import { createLog } from '../../../src/log.ts'
import { createModel } from '../../../src/model/claude.ts'
import { toAcceptableSchema } from '../../../src/model/tool-schema.ts'
import type { Message, OfferedTool, ToolResult, ToolUse } from '../../../src/model/turn.ts'

const SCOPE = '@modelcontextprotocol'
const log = createLog('silent')
const Content = z.object({
  content: z.array(z.looseObject({ type: z.string(), text: z.string().optional() })).default([]),
  isError: z.boolean().default(false),
})

const SCRIPTS = {
  everything: [`${SCOPE}/server-everything/dist/index.js`, 'stdio'],
  filesystem: [`${SCOPE}/server-filesystem/dist/index.js`, '{folder}'],
  memory: [`${SCOPE}/server-memory/dist/index.js`],
}

/** Servers of our own, as their cards open them. */
const BUILTIN = ['demo-database', 'shop'] as const
type ServerName = keyof typeof SCRIPTS | (typeof BUILTIN)[number]

type Server = { call(tool: string, input: object): Promise<Omit<ToolResult, 'id'>>; tools: OfferedTool[] }

/** The offline model and the real servers it is offered, as the app would offer them. */
export async function startServers(names: ServerName[]) {
  const folder = await mkdtemp(path.join(tmpdir(), 'patchbay-offline-'))
  const local = await startOfflineModel({ log, latencyMs: 0 })
  const clients: Client[] = []
  const servers = new Map<string, Server>()
  await Promise.all(names.map(async (name) => servers.set(name, await startServer(name, folder, clients))))
  return {
    folder,
    baseURL: local.baseURL,
    servers,
    async [Symbol.asyncDispose]() {
      for (const client of clients) await client.close()
      await local[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export type Servers = Awaited<ReturnType<typeof startServers>>

async function startServer(name: ServerName, folder: string, clients: Client[]): Promise<Server> {
  const client = new Client({ name: 'test', version: '1' })
  clients.push(client)
  const transport = isBuiltin(name) ? await startBuiltin() : startScript(name, folder)
  await client.connect(transport)
  if (name === 'shop') await client.callTool({ name: 'execute_sql', arguments: { sql: EMPTIES } })
  const { tools } = await client.listTools()
  return {
    tools: tools.map((tool) => ({
      name: `${name}__${tool.name}`,
      description: tool.description ?? '',
      schema: toAcceptableSchema(z.record(z.string(), z.json()).parse(tool.inputSchema)) ?? { type: 'object' },
    })),
    async call(tool, input) {
      const result = await client.callTool({ name: tool, arguments: { ...input } })
      const { content, isError } = Content.parse(result)
      return { type: 'tool_result', text: content.map((part) => part.text ?? '').join('\n'), isError }
    },
  }
}

const isBuiltin = (name: ServerName): name is (typeof BUILTIN)[number] => BUILTIN.some((one) => one === name)

/** What makes of the sample a database of one's own. */
const EMPTIES = `DROP VIEW current_dept_emp; DROP VIEW dept_emp_latest_date; DROP TABLE salary; DROP TABLE title; DROP TABLE dept_emp;
  DROP TABLE dept_manager; DROP TABLE department; DROP TABLE employee`

async function startBuiltin(): Promise<Transport> {
  const builtin = createBuiltinServers({ egress: createEgress({ allow: [] }) })
  const server = await builtin('demo-database', {}, new AbortController().signal)
  const [ours, theirs] = InMemoryTransport.createLinkedPair()
  await server.connect(theirs)
  return ours
}

function startScript(name: keyof typeof SCRIPTS, folder: string): Transport {
  const root = path.join(path.dirname(createRequire(import.meta.url).resolve('vitest/package.json')), '..')
  const [script = '', ...args] = SCRIPTS[name].map((arg) => arg.replace('{folder}', folder))
  const env = { PATH: process.env.PATH ?? '', MEMORY_FILE_PATH: path.join(folder, 'memory.jsonl') }
  const command = { command: process.execPath, args: [path.join(root, script), ...args], env }
  return new StdioClientTransport({ ...command, stderr: 'ignore' })
}

type Options = { deny?: true | string; result?: string; tools?: OfferedTool[] }

/** A conversation in the app's words: real requests go in, the streamed answer comes out. */
export function startConversation({ baseURL, servers }: Servers, connections = [...servers.keys()], o: Options = {}) {
  const model = createModel({ apiKey: 'offline', baseURL, model: 'offline', log })
  const messages: Message[] = []
  let calls: ToolUse[] = []

  async function answer(): Promise<string> {
    const tools = o.tools ?? connections.flatMap((name) => servers.get(name)?.tools ?? [])
    for (let turns = 0; turns < 10; turns += 1) {
      const ask = { system: 'You are Patchbay.', messages, tools, maxTokens: 4_000 }
      const turn = await model.turn(ask, {
        signal: new AbortController().signal,
        onWords: () => undefined,
        onRestart: () => undefined,
        onWaiting: () => undefined,
      })
      messages.push({ role: 'assistant', content: turn.content })
      const uses = turn.content.filter((part) => part.type === 'tool_use')
      if (uses.length === 0) return turn.content.map((part) => (part.type === 'text' ? part.text : '')).join('')
      messages.push({ role: 'user', content: await Promise.all(uses.map(resultOf)) })
    }
    throw new Error('no answer after ten turns')
  }

  async function resultOf(use: ToolUse): Promise<ToolResult> {
    calls.push(use)
    // What only lists goes ahead.
    if (o.deny && !use.name.endsWith('search_objects')) {
      const words = o.deny === true ? '' : ` and said: ${JSON.stringify(o.deny)}`
      const text = `Not done. An approver denied this call${words}. ${words === '' ? 'Do not make this call again' : 'Go on that way'}; say so.`
      return { type: 'tool_result', id: use.id, text, isError: true }
    }
    if (o.result !== undefined) return { type: 'tool_result', id: use.id, text: o.result, isError: false }
    const [connection = '', tool = ''] = use.name.split('__')
    const result = await servers.get(connection)?.call(tool, use.input)
    if (!result) throw new Error(`no server called ${connection}`)
    return { ...result, id: use.id }
  }

  return {
    messages,
    answer,
    calls: () => calls,
    used: () => calls.map(({ name }) => name),
    async say(text: string): Promise<string> {
      calls = []
      messages.push({
        role: 'user',
        content: [
          { type: 'text', text: `[Mia Member, Sunday 29 November 2026, 10:26, Europe/Zurich (UTC+1)]\n${text}` },
        ],
      })
      return answer()
    },
  }
}
