import { createHash } from 'node:crypto'
import { schemaRefusalFor, toAcceptableSchema } from '../../model/tool-schema.ts'
import type { OfferedTool } from '../../model/turn.ts'
import type { ResolvedTool, SourceTool, ToolSchemaCache, ToolSource } from '../deps.ts'

/** The model's API allows 64 characters in a tool's name. */
const MAX_NAME_CHARS = 64
const HASH_CHARS = 8

/** Every tool of a person under the name the model knows it by: `connection__tool`, safe against collisions. */
export function nameTools<S extends ToolSource>(sources: S[]): Map<string, ResolvedTool<S>> {
  const found = new Map<string, ResolvedTool<S>>()
  for (const source of sources) {
    for (const tool of source.tools) found.set(offeredName(source, tool.name, found), { source, tool })
  }
  return found
}

/** `connection__tool` where that fits; else its beginning and a hash of the whole, which is the same every time. */
function offeredName(source: { id: string; name: string }, tool: string, taken: Map<string, unknown>): string {
  const whole = `${source.name}__${tool}`
  const plain = whole.replace(/[^A-Za-z0-9_-]/g, '_')
  if (plain === whole && plain.length <= MAX_NAME_CHARS && !taken.has(plain)) return plain
  const hash = createHash('sha256').update(`${source.id} ${tool}`).digest('hex').slice(0, HASH_CHARS)
  return `${plain.slice(0, MAX_NAME_CHARS - HASH_CHARS - 1)}_${hash}`
}

/** Checking a schema takes a good part of a millisecond, and a person's tools are offered again every turn. */
const KEPT_FITS = 2_000

export function createToolSchemaCache(): ToolSchemaCache {
  const fits = new Map<string, OfferedTool | string>()
  const fit = (name: string, tool: SourceTool): OfferedTool | string => {
    const key = JSON.stringify([name, tool.description, tool.inputSchema])
    const known = fits.get(key)
    if (known !== undefined) return known
    if (fits.size >= KEPT_FITS) fits.clear()
    const fresh = fitForModel(name, tool)
    fits.set(key, fresh)
    return fresh
  }
  return {
    offered: (tools) =>
      [...tools].flatMap(([name, { tool }]) => {
        const fitted = fit(name, tool)
        return typeof fitted === 'string' ? [] : [fitted]
      }),
    leftOut: (tools) =>
      tools.flatMap(({ connection, tool }) => {
        const why = fit(offeredName({ id: connection, name: connection }, tool.name, new Map()), tool)
        return typeof why === 'string' ? [{ tool: tool.name, why }] : []
      }),
  }
}

/** The tool as the model's API takes it, or the reason why it does not. */
function fitForModel(name: string, tool: SourceTool): OfferedTool | string {
  const schema = toAcceptableSchema(tool.inputSchema)
  const offered = { name, description: tool.description, schema: schema ?? tool.inputSchema }
  return schemaRefusalFor(offered) ?? offered
}
