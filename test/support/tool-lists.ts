import { readFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import type { OfferedTool } from '../../src/model/turn.ts'

const Tools = z.array(
  z.object({ name: z.string(), description: z.string().default(''), inputSchema: z.record(z.string(), z.json()) }),
)

/** The real tools of installed servers, as saved from their `tools/list`, named as the agent offers them. */
export function offeredTools(...connections: string[]): OfferedTool[] {
  return connections.flatMap((connection) => {
    const file = path.join(import.meta.dirname, '..', 'fixtures', 'tool-lists', `${connection}.json`)
    const tools = Tools.parse(JSON.parse(readFileSync(file, 'utf8')))
    return tools.map((tool) => ({
      name: `${connection}__${tool.name}`,
      description: tool.description,
      schema: tool.inputSchema,
    }))
  })
}
