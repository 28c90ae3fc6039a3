import {
  type Client,
  ProtocolError,
  ProtocolErrorCode,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client'
import { z } from 'zod'
import type { JsonObject } from '../../json.ts'
import type { StoredTool, UnusableTool } from '../../registry/connection.ts'
import { headOf } from '../../text.ts'
import { jsonDepthOf } from '../protocol/json-depth.ts'
import type { Redactor } from '../protocol/redact-secrets.ts'
import { headerArgumentProblemIn } from './header-arguments.ts'

const LIST_MS = 30_000
const MAX_PAGES = 64
const MAX_TOOLS = 1_000
// Looking at each takes time in which nothing else is done; the rest is only counted.
const MAX_LISTED = 5_000
// However slowly the pages come.
const LIST_ALL_MS = 90_000
// The largest honest one measured is below 20 KB; a larger one only fills the database and the model's window.
const MAX_TOOL_CHARS = 100_000
// Honest schemas end at 20; far deeper ones exhaust the stack of whatever walks them.
const MAX_DEPTH = 100
// More than a person reads; the rest is counted.
const MAX_NAMED = 50
const MAX_NAME_CHARS = 128

const Json: z.ZodType<JsonObject> = z.record(z.string(), z.json())
const hint = z.boolean().optional().catch(undefined)

const ListedTool = z.object({
  name: z.string().min(1).max(MAX_NAME_CHARS),
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
const Page = z.looseObject({
  tools: z.array(z.unknown()),
  nextCursor: z.string().optional(),
  ttlMs: z.number().optional().catch(undefined),
})

type ToolListing = {
  tools: StoredTool[]
  leftOut: UnusableTool[]
  /** How long the server lets the list be kept. */
  ttlMs: number
}

/** Every tool the server lists and we can call, without the connection's secrets, and those we cannot. Throws what the SDK throws. */
export async function listTools(client: Client, redactor: Redactor, signal: AbortSignal): Promise<ToolListing> {
  const sorted: Sorted = { tools: new Map(), leftOut: [], unseen: 0 }
  const reading = { redactor, sendsArgumentHeaders: sendsArgumentHeaders(client) }
  const lifetimes: number[] = []
  let more = false
  for await (const page of pages(client, AbortSignal.any([signal, AbortSignal.timeout(LIST_ALL_MS)]))) {
    lifetimes.push(page.ttlMs ?? 0)
    const room = Math.max(0, MAX_LISTED - seenIn(sorted))
    for (const listed of page.tools.slice(0, room)) sort(listed, reading, sorted)
    sorted.unseen += Math.max(0, page.tools.length - room)
    more = page.nextCursor !== undefined && page.nextCursor !== ''
    if (sorted.tools.size >= MAX_TOOLS || seenIn(sorted) >= MAX_LISTED) break
  }
  if (more) sorted.leftOut.push({ tool: '(those on further pages)', why: TOO_MANY })
  return {
    tools: [...sorted.tools.values()],
    leftOut: shortened(sorted),
    ttlMs: lifetimes.length === 0 ? 0 : Math.min(...lifetimes),
  }
}

type Reading = { redactor: Redactor; sendsArgumentHeaders: boolean }

const sendsArgumentHeaders = (client: Client): boolean =>
  client.getProtocolEra() === 'modern' && client.transport instanceof StreamableHTTPClientTransport

type Sorted = { tools: Map<string, StoredTool>; leftOut: UnusableTool[]; unseen: number }

const seenIn = ({ tools, leftOut, unseen }: Sorted): number => tools.size + leftOut.length + unseen

function sort(listed: unknown, reading: Reading, { tools, leftOut }: Sorted): void {
  const read =
    tools.size < MAX_TOOLS ? readTool(listed, reading) : { why: TOO_MANY, tool: nameOf(listed, reading.redactor) }
  if ('why' in read) leftOut.push(read)
  else if (tools.has(read.name)) leftOut.push({ tool: read.name, why: 'another tool has the same name' })
  else tools.set(read.name, read)
}

const TOO_MANY = `the server lists more than ${MAX_TOOLS} tools, or more than ${MAX_PAGES} pages of them`

function shortened({ leftOut, unseen }: Sorted): UnusableTool[] {
  const rest = leftOut.length - MAX_NAMED + unseen
  if (rest <= 0) return leftOut
  return [...leftOut.slice(0, MAX_NAMED), { tool: `(${rest} more)`, why: 'for the same or like reasons' }]
}

async function* pages(client: Client, signal: AbortSignal): AsyncGenerator<z.infer<typeof Page>> {
  let cursor: string | undefined
  for (let page = 0; page < MAX_PAGES; page++) {
    const listed = await onePage(client, cursor, signal)
    yield listed
    cursor = listed.nextCursor
    if (cursor === undefined || cursor === '') return
  }
}

async function onePage(client: Client, cursor: string | undefined, signal: AbortSignal): Promise<z.infer<typeof Page>> {
  try {
    const params = cursor === undefined ? {} : { cursor }
    return await client.request({ method: 'tools/list', params }, Page, { signal, timeout: LIST_MS })
  } catch (error) {
    // A server without tools may not even know the question; one that knew it a page ago has another trouble.
    if (cursor === undefined && error instanceof ProtocolError && error.code === ProtocolErrorCode.MethodNotFound)
      return { tools: [] }
    throw error
  }
}

function readTool(listed: unknown, { redactor, sendsArgumentHeaders }: Reading): StoredTool | UnusableTool {
  const fault = sizeFault(listed)
  const parsed = fault === undefined ? ListedTool.safeParse(listed) : undefined
  const tool = nameOf(listed, redactor)
  if (!parsed?.success) return { tool, why: fault ?? formFault(listed) }
  // The SDK cannot make the old protocol's tasks.
  if (parsed.data.execution?.taskSupport === 'required')
    return { tool, why: 'it can only be run as a long task of the older protocol, which Patchbay does not speak' }
  const header = sendsArgumentHeaders ? headerArgumentProblemIn(parsed.data.inputSchema) : undefined
  return header === undefined ? storedTool(parsed.data, redactor) : { tool, why: header }
}

function storedTool(listed: z.infer<typeof ListedTool>, redactor: Redactor): StoredTool {
  const { name, title, description, inputSchema, outputSchema, annotations } = listed
  const { title: annotated, ...hints } = annotations ?? {}
  const shown = title ?? annotated
  return {
    name: redactor.text(name),
    ...(shown !== undefined && { title: redactor.text(shown) }),
    description: redactor.text(description),
    inputSchema: redactor.object(inputSchema),
    ...(outputSchema !== undefined && { outputSchema: redactor.object(outputSchema) }),
    ...(annotations !== undefined && { annotations: withoutAbsent(hints) }),
  }
}

/** Looked at first: what is too deep cannot even be measured by a recursive walk. */
function sizeFault(listed: unknown): string | undefined {
  if (jsonDepthOf(listed, MAX_DEPTH) > MAX_DEPTH) return 'its definition is nested too deeply'
  if (JSON.stringify(listed).length <= MAX_TOOL_CHARS) return undefined
  return `its definition is larger than ${MAX_TOOL_CHARS / 1_000} KB`
}

const Named = z.object({ name: z.string() })

function formFault(listed: unknown): string {
  const name = Named.safeParse(listed).data?.name ?? ''
  if (name === '') return 'it has no name'
  if (name.length > MAX_NAME_CHARS) return `its name is longer than ${MAX_NAME_CHARS} characters`
  return 'it does not say properly what it takes'
}

function nameOf(listed: unknown, redactor: Redactor): string {
  const name = Named.safeParse(listed).data?.name ?? ''
  return name === '' ? '(no name)' : headOf(redactor.text(name), MAX_NAME_CHARS)
}

function withoutAbsent(hints: NonNullable<StoredTool['annotations']>): NonNullable<StoredTool['annotations']> {
  return Object.fromEntries(Object.entries(hints).filter(([, value]) => value !== undefined))
}
