import { z } from 'zod'
import type { Db } from '../../db/call.ts'
import { ConnectionId, type WorkspaceId } from '../../ids.ts'
import type { ResolvedTool, ToolSource } from '../deps.ts'

const Counts = z.array(z.object({ connection: ConnectionId, tool: z.string(), calls: z.number() }))

/** How often each tool was called lately, under the name the model knows it by. */
export async function countToolCalls(
  db: Db,
  workspace: WorkspaceId,
  tools: Map<string, ResolvedTool<ToolSource>>,
): Promise<Map<string, number>> {
  const connections = new Set([...tools.values()].map(({ source }) => source.id))
  const counts = await db.call('tool_call_counts', { workspace, connections: [...connections] }, Counts)
  const calls = new Map(counts.map((one) => [`${one.connection} ${one.tool}`, one.calls]))
  return new Map([...tools].map(([name, { source, tool }]) => [name, calls.get(`${source.id} ${tool.name}`) ?? 0]))
}
