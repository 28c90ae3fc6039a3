import { type Client, ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/client'
import { z } from 'zod'
import type { JsonObject, StoredTool } from '../registry/connection.ts'
import type { Clean } from './clean.ts'

const LIST_MS = 30_000
const MAX_PAGES = 64
const MAX_TOOLS = 1_000
// The largest honest one measured is below 20 KB; a larger one only fills the database and the model's window.
const MAX_TOOL_CHARS = 100_000

const Json: z.ZodType<JsonObject> = z.record(z.string(), z.json())
const hint = z.boolean().optional().catch(undefined)

const ListedTool = z.object({
  name: z.string().min(1).max(128),
  title: z.string().optional().catch(undefined),
  description: z.string().catch(''),
  inputSchema: Json,
  outputSchema: Json.optional().catch(undefined),
  annotations: z
    .object({
      title: z.string().optional().catch(undefined),
      readOnlyHint: hint,
      destructiveHint: hint,
      idempotentHint: hint,
      openWorldHint: hint,
    })
    .optional()
    .catch(undefined),
  execution: z.object({ taskSupport: z.string().optional() }).optional().catch(undefined),
})

/** Read loosely, so that one odd tool does not hide the others. */
const Page = z.looseObject({ tools: z.array(z.unknown()), nextCursor: z.string().optional() })

/** Every tool the server lists and we can call, without the connection's secrets. Throws what the SDK throws. */
export async function listTools(client: Client, clean: Clean, signal: AbortSignal): Promise<StoredTool[]> {
  const found = new Map<string, StoredTool>()
  for await (const listed of pages(client, signal)) {
    const tools = listed.map((tool) => toolOf(tool, clean)).filter((tool) => tool !== undefined)
    for (const tool of tools) if (!found.has(tool.name)) found.set(tool.name, tool)
    if (found.size >= MAX_TOOLS) break
  }
  return [...found.values()].slice(0, MAX_TOOLS)
}

async function* pages(client: Client, signal: AbortSignal): AsyncGenerator<unknown[]> {
  let cursor: string | undefined
  for (let page = 0; page < MAX_PAGES; page++) {
    const listed = await onePage(client, cursor, signal)
    yield listed.tools
    cursor = listed.nextCursor
    if (cursor === undefined || cursor === '') return
  }
}

async function onePage(client: Client, cursor: string | undefined, signal: AbortSignal): Promise<z.infer<typeof Page>> {
  try {
    const params = cursor === undefined ? {} : { cursor }
    return await client.request({ method: 'tools/list', params }, Page, { signal, timeout: LIST_MS })
  } catch (error) {
    // A server without tools may not even know the question.
    if (error instanceof ProtocolError && error.code === ProtocolErrorCode.MethodNotFound) return { tools: [] }
    throw error
  }
}

function toolOf(listed: unknown, clean: Clean): StoredTool | undefined {
  const parsed = ListedTool.safeParse(listed)
  if (!parsed.success || JSON.stringify(parsed.data).length > MAX_TOOL_CHARS) return undefined
  const { name, title, description, inputSchema, outputSchema, annotations, execution } = parsed.data
  // The SDK cannot make the old protocol's tasks.
  if (execution?.taskSupport === 'required') return undefined
  const { title: annotated, ...hints } = annotations ?? {}
  const shown = title ?? annotated
  return {
    name: clean.text(name),
    ...(shown !== undefined && { title: clean.text(shown) }),
    description: clean.text(description),
    inputSchema: clean.object(inputSchema),
    ...(outputSchema !== undefined && { outputSchema: clean.object(outputSchema) }),
    ...(annotations !== undefined && { annotations: withoutAbsent(hints) }),
  }
}

function withoutAbsent(hints: NonNullable<StoredTool['annotations']>): NonNullable<StoredTool['annotations']> {
  return Object.fromEntries(Object.entries(hints).filter(([, value]) => value !== undefined))
}
