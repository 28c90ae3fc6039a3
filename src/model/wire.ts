import type Anthropic from '@anthropic-ai/sdk'
import { z } from 'zod'
import type { JsonObject } from '../json.ts'
import { headOf } from '../text.ts'
import type {
  AssistantMessage,
  Document,
  ImagePart,
  Message,
  ModelTurn,
  OfferedTool,
  TokenUsage,
  ToolResult,
} from './turn.ts'

type BlockParam = Anthropic.ContentBlockParam
type ToolParam = Anthropic.Tool

// Three of the four marks the API allows: what stands before a mark is read from the cache at a tenth of the price or less.
const CACHED = { cache_control: { type: 'ephemeral' } } as const

const Block = z.custom<BlockParam>((value) => value !== null && typeof value === 'object' && 'type' in value)
const JsonMap = z.record(z.string(), z.json())
const ImageType = z.enum(['image/jpeg', 'image/png', 'image/gif', 'image/webp'])

export function toSystem(text: string): Anthropic.TextBlockParam[] {
  return text.trim() === '' ? [] : [{ type: 'text', text, ...CACHED }]
}

/** The tools in the order given: a changed order would cost the cache. */
export function toTools(tools: OfferedTool[]): ToolParam[] {
  return tools.map((tool, index) => ({
    name: tool.name,
    description: tool.description,
    input_schema: { ...tool.schema, type: 'object' },
    ...(index === tools.length - 1 ? CACHED : {}),
  }))
}

/** The conversation as the API takes it: no empty texts, nothing from an assistant that said nothing. */
export function toMessages(messages: Message[], withOpaque: boolean): Anthropic.MessageParam[] {
  const wired = messages
    .map(({ role, content }) => ({ role, content: content.flatMap((part) => toBlock(part, withOpaque)) }))
    .filter(({ content }) => content.length > 0)
  const last = wired.at(-1)
  if (last) last.content = markLast(last.content)
  return wired
}

function toBlock(part: Message['content'][number], withOpaque: boolean): BlockParam[] {
  switch (part.type) {
    case 'text':
      return part.text.trim() === '' ? [] : [{ type: 'text', text: part.text }]
    case 'tool_use':
      return [{ type: 'tool_use', id: part.id, name: part.name, input: part.input }]
    case 'tool_result':
      return [toResult(part)]
    case 'image':
      return toImage(part)
    case 'document':
      return [toDocument(part)]
    case 'file':
      return [{ type: 'text', text: `[A file called ${JSON.stringify(part.name)} was sent here.]` }]
    case 'opaque':
      return withOpaque ? [Block.parse(part.block)] : []
    default:
      return part satisfies never
  }
}

function toResult(result: ToolResult): Anthropic.ToolResultBlockParam {
  const text = { type: 'text' as const, text: result.text.trim() === '' ? '(no output)' : result.text }
  const images = (result.images ?? []).flatMap(toImage)
  return { type: 'tool_result', tool_use_id: result.id, content: [text, ...images], is_error: result.isError }
}

function toImage({ mimeType, data }: ImagePart): Anthropic.ImageBlockParam[] {
  const type = ImageType.safeParse(mimeType)
  return type.success ? [{ type: 'image', source: { type: 'base64', media_type: type.data, data } }] : []
}

function toDocument({ name, data }: Document): Anthropic.DocumentBlockParam {
  return {
    type: 'document',
    title: headOf(name, 255),
    source: { type: 'base64', media_type: 'application/pdf', data },
  }
}

function markLast(content: BlockParam[]): BlockParam[] {
  const last = content.at(-1)
  // Only these kinds of block can end one of our messages and carry a mark.
  return last && isMarkable(last) ? [...content.slice(0, -1), { ...last, ...CACHED }] : content
}

const MARKABLE = ['text', 'tool_result', 'tool_use', 'image', 'document'] as const
type Markable = Extract<BlockParam, { type: (typeof MARKABLE)[number] }>

const isMarkable = (block: BlockParam): block is Markable => MARKABLE.some((type) => type === block.type)

export function readModelContent(content: Anthropic.ContentBlock[]): AssistantMessage['content'] {
  return content.map((block) => {
    if (block.type === 'text') return { type: 'text', text: block.text }
    if (block.type === 'tool_use')
      return { type: 'tool_use', id: block.id, name: block.name, input: toJson(block.input) }
    return { type: 'opaque', block: toJson(block) }
  })
}

function toJson(value: unknown): JsonObject {
  return JsonMap.parse(JSON.parse(JSON.stringify(value ?? {})))
}

export function readTokenUsage(usage: Anthropic.Usage): TokenUsage {
  return {
    input: usage.input_tokens,
    output: usage.output_tokens,
    cacheRead: usage.cache_read_input_tokens ?? 0,
    cacheWrite: usage.cache_creation_input_tokens ?? 0,
  }
}

export function readStopReason(reason: Anthropic.StopReason | null): ModelTurn['stop'] {
  switch (reason) {
    case 'tool_use':
      return 'tools'
    case 'max_tokens':
    case 'model_context_window_exceeded':
      return 'length'
    case 'refusal':
      return 'refusal'
    default:
      return 'end'
  }
}
