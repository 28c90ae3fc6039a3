import { isDeepStrictEqual } from 'node:util'
import {
  type Client,
  ProtocolError,
  ProtocolErrorCode,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client'
import { SkillsClient } from '@modelcontextprotocol/client/ext/skills'
import { z } from 'zod'
import type { JsonObject } from '../../json.ts'
import type { ServerFeatures, StoredTool, UnusableTool } from '../../registry/connection.ts'
import { headOf, truncate } from '../../text.ts'
import { RAW_RESULT } from '../protocol/message-reader.ts'
import { isNestedTooDeeply, type Redactor } from '../protocol/redactor.ts'
import type { Session } from '../transport/session.ts'
import { headerArgumentProblemIn } from './header-arguments.ts'
import { type ListPage, listPages } from './list-pages.ts'
import { redactSchema } from './redact-schema.ts'
import { repairInputSchema } from './repair-input-schema.ts'
import { MAX_PAGES, walkPages } from './walk-pages.ts'

const LIST_MS = 30_000
const MAX_TOOLS = 1_000
// Reading each tool blocks the process, so the rest is only counted.
const MAX_LISTED = 5_000
// However slowly the pages come.
const LIST_ALL_MS = 90_000
// The largest honest one measured is below 20 KB; a larger one only fills the database and the model's window.
const MAX_TOOL_CHARS = 100_000
// More than a person reads; the rest is counted.
const MAX_NAMED = 50
const MAX_NAME_CHARS = 128
const MAX_WHY_CHARS = 300

/** With this a server of our own says why a tool that it lists cannot be used yet. */
const UNUSABLE_META_KEY = 'io.patchbay/unusable'

const Json: z.ZodType<JsonObject> = z.record(z.string(), z.json())
const hint = z.boolean().optional().catch(undefined)

const InputSchema = z.preprocess(repairInputSchema, Json)

const ListedTool = z.object({
  name: z.string().min(1).max(MAX_NAME_CHARS),
  title: z.string().optional().catch(undefined),
  description: z.string().catch(''),
  inputSchema: InputSchema,
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
  _meta: z
    .object({ [UNUSABLE_META_KEY]: z.string().optional().catch(undefined) })
    .optional()
    .catch(undefined),
  execution: z
    .object({ taskSupport: z.string().optional().catch(undefined) })
    .optional()
    .catch(undefined),
})

/** Read loosely, so that one odd tool does not hide the others. */
const Page = z.looseObject({
  [RAW_RESULT]: z.array(z.unknown()).optional(),
  tools: z.array(z.unknown()),
  nextCursor: z.string().nullish(),
  ttlMs: z.number().optional().catch(undefined),
})

type ToolListing = {
  tools: StoredTool[]
  unusableTools: UnusableTool[]
  /** A later page could not be read, so tools that were known before may still be there. */
  incomplete: boolean
  /** How long the server allows the list to be cached. */
  ttlMs: number
}

/** Every tool the server lists and we can call, without the connection's secrets, and those we cannot. Throws what the SDK throws. */
export async function listTools(client: Client, redactor: Redactor, signal: AbortSignal): Promise<ToolListing> {
  const found: ToolsFound = { tools: new Map(), unusable: [], unseen: 0 }
  const options = { redactor, sendsArgumentHeaders: sendsArgumentHeaders(client) }
  const ttls: number[] = []
  let more: string | undefined
  let incomplete = false
  const onMissing = (error: unknown) => {
    incomplete = true
    more = missingPageText(error, redactor)
  }
  const within = AbortSignal.any([signal, AbortSignal.timeout(LIST_ALL_MS)])
  for await (const page of walkPages((cursor) => onePage(client, cursor, within), { signal, onMissing })) {
    ttls.push(page.ttlMs ?? 0)
    addPage(page.tools, options, found)
    more = page.nextCursor === undefined ? undefined : TOO_MANY
    if (found.tools.size >= MAX_TOOLS || seenIn(found) >= MAX_LISTED) break
  }
  if (more !== undefined) found.unusable.push({ tool: '(those on further pages)', why: more })
  return {
    tools: [...found.tools.values()],
    unusableTools: shortenUnusable(found),
    incomplete,
    ttlMs: ttls.length === 0 || incomplete ? 0 : Math.min(...ttls),
  }
}

function addPage(listed: unknown[], options: ReadOptions, found: ToolsFound): void {
  const room = Math.max(0, MAX_LISTED - seenIn(found))
  for (const one of listed.slice(0, room)) addTool(one, options, found)
  found.unseen += Math.max(0, listed.length - room)
}

function missingPageText(error: unknown, redactor: Redactor): string {
  if (!(error instanceof ProtocolError)) return 'the server did not send them this time'
  return `the server could not list them: "${truncate(redactor.text(error.message), MAX_WHY_CHARS)}"`
}

type ReadOptions = { redactor: Redactor; sendsArgumentHeaders: boolean }

const sendsArgumentHeaders = (client: Client): boolean =>
  client.getProtocolEra() === 'modern' && client.transport instanceof StreamableHTTPClientTransport

type ToolsFound = { tools: Map<string, StoredTool>; unusable: UnusableTool[]; unseen: number }

const seenIn = ({ tools, unusable, unseen }: ToolsFound): number => tools.size + unusable.length + unseen

function addTool(listed: unknown, options: ReadOptions, { tools, unusable }: ToolsFound): void {
  const read =
    tools.size < MAX_TOOLS ? readTool(listed, options) : { why: TOO_MANY, tool: nameOf(listed, options.redactor) }
  if ('why' in read) unusable.push(read)
  else {
    const known = tools.get(read.name)
    if (known === undefined) tools.set(read.name, read)
    // Some servers send a page again under the next cursor; the same tool again is no other tool.
    else if (!isDeepStrictEqual(known, read)) unusable.push({ tool: read.name, why: 'another tool has the same name' })
  }
}

const TOO_MANY = `the server lists more than ${MAX_TOOLS} tools, or more than ${MAX_PAGES} pages of them`

function shortenUnusable({ unusable, unseen }: ToolsFound): UnusableTool[] {
  const rest = unusable.length - MAX_NAMED + unseen
  if (rest <= 0) return unusable
  return [...unusable.slice(0, MAX_NAMED), { tool: `(${rest} more)`, why: 'for the same or like reasons' }]
}

async function onePage(client: Client, cursor: string | undefined, signal: AbortSignal): Promise<z.infer<typeof Page>> {
  try {
    const params = cursor === undefined ? {} : { cursor }
    const page = await client.request({ method: 'tools/list', params }, Page, { signal, timeout: LIST_MS })
    return { ...page, tools: page[RAW_RESULT] ?? page.tools }
  } catch (error) {
    // A server without tools may not know the method; on a later page the error means something else.
    if (cursor === undefined && error instanceof ProtocolError && error.code === ProtocolErrorCode.MethodNotFound)
      return { tools: [] }
    throw error
  }
}

function readTool(listed: unknown, { redactor, sendsArgumentHeaders }: ReadOptions): StoredTool | UnusableTool {
  const problem = sizeProblemIn(listed)
  const parsed = problem === undefined ? ListedTool.safeParse(listed) : undefined
  const tool = nameOf(listed, redactor)
  if (!parsed?.success) return { tool, why: problem ?? formProblemIn(listed) }
  const unusable = parsed.data._meta?.[UNUSABLE_META_KEY]
  if (unusable !== undefined) return { tool, why: truncate(redactor.text(unusable), MAX_WHY_CHARS) }
  // The SDK cannot make the old protocol's tasks.
  if (parsed.data.execution?.taskSupport === 'required')
    return { tool, why: 'it can only be run as a long task of the older protocol, which Patchbay does not speak' }
  const header = sendsArgumentHeaders ? headerArgumentProblemIn(parsed.data.inputSchema) : undefined
  return header === undefined ? storedTool(parsed.data, redactor) : { tool, why: header }
}

function storedTool(listed: z.infer<typeof ListedTool>, redactor: Redactor): StoredTool | UnusableTool {
  const { name, title, description, outputSchema, annotations } = listed
  const { title: annotated, ...hints } = annotations ?? {}
  const shown = title ?? annotated
  const inputSchema = redactSchema(listed.inputSchema, redactor)
  // Names are sent back as they came, so none is rewritten around a secret.
  if (redactor.text(name) !== name) return { tool: redactor.text(name), why: 'its name holds a secret or a path' }
  if (inputSchema === undefined)
    return { tool: name, why: 'the name or a choice of one of its arguments holds a secret or a path' }
  const output = outputSchema && redactSchema(outputSchema, redactor)
  return {
    name,
    ...(shown !== undefined && { title: redactor.text(shown) }),
    description: redactor.text(description),
    inputSchema,
    ...(output !== undefined && { outputSchema: output }),
    ...(annotations !== undefined && { annotations: withoutAbsent(hints) }),
  }
}

/** Looked at first: what is too deep cannot even be measured by a recursive walk. */
function sizeProblemIn(listed: unknown): string | undefined {
  if (isNestedTooDeeply(listed)) return 'its definition is nested too deeply'
  if (JSON.stringify(listed).length <= MAX_TOOL_CHARS) return undefined
  return `its definition is larger than ${MAX_TOOL_CHARS / 1_000} KB`
}

const Named = z.object({ name: z.string() })

function formProblemIn(listed: unknown): string {
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

/** What the server offers beside tools: what it declares and has at least one of at this moment. */
export async function readServerFeatures(
  { client }: Pick<Session, 'client'>,
  signal: AbortSignal,
): Promise<ServerFeatures> {
  const declared = client.getServerCapabilities() ?? {}
  const has = async (known: boolean, listing: ListPage) =>
    known && ((await listPages(client, listing, 1, signal))?.items.length ?? 0) > 0
  const hasResources = declared.resources !== undefined
  const [plain, templates, prompts, skills] = await Promise.all([
    has(hasResources, { method: 'resources/list', field: 'resources' }),
    has(hasResources, { method: 'resources/templates/list', field: 'resourceTemplates' }),
    has(declared.prompts !== undefined, { method: 'prompts/list', field: 'prompts' }),
    has(new SkillsClient(client).supported, { method: 'skills/list', field: 'skills' }),
  ])
  const resources = plain || templates
  return {
    resources,
    prompts,
    skills,
    completions: declared.completions !== undefined,
    subscriptions: resources && declared.resources?.subscribe === true,
  }
}
