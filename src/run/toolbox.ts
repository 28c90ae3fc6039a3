import { createHash } from 'node:crypto'
import type { ConnectionId } from '../ids.ts'
import { acceptableSchema, refusal } from '../model/tool-schema.ts'
import type { OfferedTool } from '../model/turn.ts'
import type { JsonObject } from './events.ts'

/** A person's connection as far as a run needs it. */
export type ToolSource = { id: ConnectionId; name: string; card: string; tools: SourceTool[] }

export type SourceTool = {
  name: string
  title?: string | undefined
  description: string
  inputSchema: JsonObject
  annotations?:
    | {
        readOnlyHint?: boolean | undefined
        destructiveHint?: boolean | undefined
        idempotentHint?: boolean | undefined
      }
    | undefined
}

/** The tools of one person, under the names the model knows them by. */
export type Toolbox<S extends ToolSource> = {
  offered: OfferedTool[]
  find(offeredAs: string): { source: S; tool: S['tools'][number] } | undefined
  leftOut: { tool: string; why: string }[]
}

/** The model's API allows 64 characters in a tool's name. */
const MAX_NAME_CHARS = 64
const HASH_CHARS = 8

/** Names every tool `connection__tool`, leaving out (and reporting) those the model's API refuses. */
export function fillToolbox<S extends ToolSource>(sources: S[]): Toolbox<S> {
  const found = new Map<string, { source: S; tool: S['tools'][number] }>()
  const offered: OfferedTool[] = []
  const leftOut: { tool: string; why: string }[] = []
  for (const source of sources) {
    for (const tool of source.tools) {
      const name = offeredName(source, tool.name, found)
      const fit = fitForModel(name, tool)
      if (typeof fit === 'string') {
        leftOut.push({ tool: `${source.name}: ${tool.name}`, why: fit })
      } else {
        found.set(name, { source, tool })
        offered.push(fit)
      }
    }
  }
  return { offered, find: (name) => found.get(name), leftOut }
}

/** The tool as the model's API takes it, or the reason why it does not. */
function fitForModel(name: string, tool: SourceTool): OfferedTool | string {
  const schema = acceptableSchema(tool.inputSchema)
  const offered = { name, description: tool.description, schema: schema ?? tool.inputSchema }
  return refusal(offered) ?? offered
}

/** `connection__tool` where that fits; else its beginning and a hash of the whole, which is the same every time. */
function offeredName(source: { id: string; name: string }, tool: string, taken: Map<string, unknown>): string {
  const whole = `${source.name}__${tool}`
  const plain = whole.replace(/[^A-Za-z0-9_-]/g, '_')
  if (plain === whole && plain.length <= MAX_NAME_CHARS && !taken.has(plain)) return plain
  const hash = createHash('sha256').update(`${source.id} ${tool}`).digest('hex').slice(0, HASH_CHARS)
  return `${plain.slice(0, MAX_NAME_CHARS - HASH_CHARS - 1)}_${hash}`
}

export type ToolInQuestion = {
  connection: string
  tool: { name: string; description: string; inputSchema: JsonObject }
}

/** Tools the model cannot be given, with the reason; for /mcp test. */
export function leftOutOf(tools: ToolInQuestion[]): { tool: string; why: string }[] {
  return tools.flatMap(({ connection, tool }) => {
    const name = offeredName({ id: connection, name: connection }, tool.name, new Map())
    const fit = fitForModel(name, tool)
    return typeof fit === 'string' ? [{ tool: tool.name, why: fit }] : []
  })
}
