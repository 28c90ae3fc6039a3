import type { ScriptedRequest } from './scripted-model.ts'

type Block = { [key: string]: unknown; type: string }
type Content = { role: string; blocks: Block[] }

/** What the Messages API would refuse about a request, in its words; undefined if nothing. Only what has bitten somebody. */
export function problemWith(request: ScriptedRequest): string | undefined {
  const messages = request.messages.map(({ role, content }) => ({
    role,
    blocks: typeof content === 'string' ? [{ type: 'text', text: content }] : content,
  }))
  return (
    problemWithWindow(request) ??
    problemWithTools(request) ??
    problemWithBlocks(messages) ??
    problemWithPairs(messages) ??
    problemWithMarks(request)
  )
}

const WINDOW = 1_000_000
/** As 341 tools of 11 real servers came to 446,000 tokens. */
const CHARS_PER_TOKEN = 2.3

function problemWithWindow({ model, system, messages, tools }: ScriptedRequest): string | undefined {
  const most = /^claude-(?:sonnet|opus|fable|mythos)-5/.test(model) ? WINDOW : WINDOW / 5
  const tokens = Math.ceil(JSON.stringify({ system, messages, tools }, withoutData).length / CHARS_PER_TOKEN)
  return tokens > most ? `prompt is too long: ${tokens} tokens > ${most} maximum` : undefined
}

/** Pictures and documents are not counted by their letters. */
const withoutData = (key: string, value: unknown): unknown => (key === 'data' ? undefined : value)

function problemWithTools({ tools = [] }: ScriptedRequest): string | undefined {
  if (new Set(tools.map((tool) => tool.name)).size < tools.length) return 'tools: Tool names must be unique.'
  const problems = tools.map((tool, index) => problemWithTool(tool, `tools.${index}.custom`))
  return problems.find((problem) => problem !== undefined)
}

type Tool = NonNullable<ScriptedRequest['tools']>[number]

function problemWithTool({ name, input_schema: schema }: Tool, at: string): string | undefined {
  if (!/^[a-zA-Z0-9_-]{1,128}$/.test(name)) return `${at}.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'`
  if (schema.type !== 'object') return `${at}.input_schema.type: Input should be 'object'`
  if (['oneOf', 'allOf', 'anyOf'].some((keyword) => keyword in schema))
    return `${at}.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level`
  if (Object.keys(schema.properties ?? {}).some((key) => !/^[a-zA-Z0-9_.-]{1,64}$/.test(key)))
    return `${at}.input_schema.properties: Property keys should match pattern '^[a-zA-Z0-9_.-]{1,64}$'`
  return undefined
}

function problemWithBlocks(messages: Content[]): string | undefined {
  if (messages[0]?.role !== 'user') return 'messages: first message must use the "user" role'
  if (messages.at(-1)?.role === 'assistant') return 'This model does not support assistant message prefill.'
  for (const [index, { blocks }] of messages.entries()) {
    if (blocks.length === 0) return `messages.${index}: all messages must have non-empty content`
    if (blocks.some((block) => block.type === 'text' && String(block.text).trim() === ''))
      return `messages.${index}: text content blocks must contain non-whitespace text`
  }
  return undefined
}

/** Each tool call is answered in the very next message, before any words, and nothing else is. */
function problemWithPairs(messages: Content[]): string | undefined {
  const ids = (blocks: Block[] | undefined, type: string, key: string) =>
    (blocks ?? []).filter((block) => block.type === type).map((block) => String(block[key]))
  for (const [index, { role, blocks }] of messages.entries()) {
    const wished = role === 'assistant' ? ids(blocks, 'tool_use', 'id') : []
    const answered = ids(messages[index + 1]?.blocks, 'tool_result', 'tool_use_id')
    const open = wished.find((id) => !answered.includes(id))
    if (open !== undefined)
      return `messages.${index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${open}.`
    if (role !== 'user') continue
    const before = ids(messages[index - 1]?.blocks, 'tool_use', 'id')
    const stray = ids(blocks, 'tool_result', 'tool_use_id').find((id) => !before.includes(id))
    if (stray !== undefined)
      return `messages.${index}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${stray}.`
  }
  return undefined
}

function problemWithMarks(request: ScriptedRequest): string | undefined {
  const marks = JSON.stringify(request).split('"cache_control"').length - 1
  return marks > 4 ? `A maximum of 4 blocks with cache_control may be provided. Found ${marks}.` : undefined
}
