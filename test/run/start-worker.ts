import type { AgentSnapshot } from '../../src/agents/agent.ts'
import type { Agent } from '../../src/agents/agent-rows.ts'
import { connectPostgres } from '../../src/db/postgres.ts'
import { ConnectionId, type RunId } from '../../src/ids.ts'
import type { JsonObject } from '../../src/json.ts'
import type { Mcp } from '../../src/mcp/mcp.ts'
import type { ToolOutcome } from '../../src/mcp/requests/outcome.ts'
import type { ModelTurn } from '../../src/model/turn.ts'
import type { Rule } from '../../src/policy/rules.ts'
import { createRuns } from '../../src/run/create-runs.ts'
import type { RunState } from '../../src/run/state/state.ts'
import { memoryLog } from '../support/log.ts'
import { origin } from './states.ts'

export const connection: Parameters<Mcp['resources']>[0] = {
  // The same in every process that works a run.
  id: ConnectionId.parse('01940000-0000-4000-8000-000000000001'),
  workspace: origin.workspace,
  user: origin.user,
  name: 'shop',
  card: 'shop',
  inputs: {},
  credential: undefined,
  status: 'connected',
  statusReason: undefined,
  tools: [{ name: 'sell', description: 'Sells.', inputSchema: { type: 'object' } }],
  unusableTools: [],
  instructions: undefined,
  era: undefined,
  eraAt: undefined,
  lastUsed: undefined,
  usageCount: 0,
  createdAt: new Date(),
}

const toolNamed = (name: string) => ({ name, description: `Does ${name}.`, inputSchema: { type: 'object' } })

const ALLOW_ALL: Rule = {
  id: 'r1',
  scope: 'workspace',
  user: undefined,
  card: undefined,
  connection: undefined,
  connectionName: undefined,
  tool: '*',
  verdict: 'allow',
  fourEyes: false,
  definition: undefined,
  createdAt: new Date(0),
  createdBy: origin.user,
}

/** A turn of the model that ends with these words. */
export const says = (text: string): ModelTurn => ({
  content: [{ type: 'text', text }],
  stop: 'end',
  usage: { input: 1, output: 1, cacheRead: 0, cacheWrite: 0 },
  model: 'plain',
  costUsd: 0,
})
/** A turn of the model that requests to sell. */
export const requests = (id: string): ModelTurn => ({
  ...says(''),
  content: [{ type: 'tool_use', id, name: 'shop__sell', input: {} }],
  stop: 'tools',
})

export type Turn = (asked: string, signal: AbortSignal, messages: string, tools: string[]) => Promise<ModelTurn>
type Options = {
  url: string
  turn?: Turn
  /** Throws where a view of the run would. */
  view?: (state: RunState) => void
  policyFor?: () => Promise<void>
  call?: () => void
  outcome?: ToolOutcome | (() => ToolOutcome)
  /** Whom agents may ask. */
  agents?: Agent[]
  /** Selling needs no approval. */
  vouched?: boolean
  /** Further tools of the shop. */
  tools?: string[]
  /** What they do, in place of `outcome`. */
  callTool?: (tool: string, args: JsonObject) => ToolOutcome | Promise<ToolOutcome>
  /** Tools that only read. */
  reads?: string[]
  /** A rule of the workspace lets everything through. */
  allowed?: boolean
  onEvent?: (type: string) => void
  now?: () => Date
}

const sold: ToolOutcome = { kind: 'ok', content: [{ type: 'text', text: 'sold' }], ms: 1 }

const gone = () => Promise.reject(new Error('not offered here'))

/** An instance of the worker on this database: its listener, model and servers are plain values. */
export function startWorker({
  url,
  turn = async () => says('Done.'),
  view,
  policyFor,
  call,
  outcome = sold,
  agents = [],
  vouched = false,
  tools = [],
  callTool,
  reads = [],
  allowed = false,
  onEvent,
  now = () => new Date(),
}: Options) {
  const { log, text } = memoryLog()
  const db = connectPostgres(url, log)
  const shown: RunState[] = []
  const plain: RunState[] = []
  const released: RunId[] = []
  const runs = createRuns({
    db,
    log,
    now,
    model: {
      name: 'plain',
      turn: ({ messages, tools }, { signal }) =>
        turn(
          JSON.stringify(messages.at(-1)?.content),
          signal,
          JSON.stringify(messages),
          tools.map(({ name }) => name),
        ),
    },
    mcp: {
      connectionsOf: async () => [{ ...connection, tools: [...connection.tools, ...tools.map(toolNamed)] }],
      call: async (_source, tool, args) => {
        call?.()
        if (callTool) return await callTool(tool.name, args)
        return typeof outcome === 'function' ? outcome() : outcome
      },
      resources: gone,
      readResource: gone,
      skills: gone,
      readSkill: gone,
      prompt: gone,
    },
    rules: {
      policyFor: async () => {
        await policyFor?.()
        return { rules: allowed ? [ALLOW_ALL] : [], approvers: [] }
      },
      approversOf: async () => [],
    },
    readSql: () => ({ risk: 'read', why: '' }),
    classificationOf: (_card, tool) => {
      const isRead = vouched || reads.includes(tool)
      return { class: isRead ? 'read' : 'write', vouched: isRead, idempotent: false }
    },
    findAgent: async (_by, name) => agents.find((one) => one.name === name),
    cardTitle: () => 'Shop',
    destinationOf: () => ({ vouched: true }),
    readThread: async () => ({ messages: [] }),
    ableApprovers: async (_place, users) => ({ users, byOwners: false }),
    groupApprovers: async () => ({ users: undefined, byOwners: false, names: '' }),
    readFile: async () => ({ kind: 'unread', why: 'there is none' }),
    listener: {
      onProgress: (_state, news) => {
        if (news.kind === 'event') onEvent?.(news.type)
      },
      publish: async (state) => {
        view?.(state)
        shown.push(state)
      },
      publishPlain: async (state) => void plain.push(state),
      release: (run) => void released.push(run),
      onQueued: () => undefined,
    },
  })
  return {
    runs,
    shown,
    plain,
    released,
    log: text,
    ask: (text: string, threadTs = '1', agent?: AgentSnapshot) =>
      runs.start({
        origin: { ...origin, threadTs },
        text,
        dedupeKey: `${threadTs} ${text}`,
        ...(agent && { agent }),
      }),
    async [Symbol.asyncDispose]() {
      await runs[Symbol.asyncDispose]()
      await db[Symbol.asyncDispose]()
    },
  }
}
