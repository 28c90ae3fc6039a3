import type Anthropic from '@anthropic-ai/sdk'
import { z } from 'zod'
import type { JsonObject } from '../json.ts'
import { headOf } from '../text.ts'
import type { PictureCheck } from './check-picture.ts'
import { checkPictures } from './check-pictures.ts'
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

/** What of the conversation goes along. The API can refuse thinking, and pictures and documents. */
export type SentParts = { thinking: boolean; pictures: boolean }
type CheckedParts = { thinking: boolean; pictures: Map<ImagePart, PictureCheck> | undefined }

/** The conversation as the API takes it: no empty texts, nothing from an assistant that said nothing. */
export function toMessages(messages: Message[], { thinking, pictures }: SentParts): Anthropic.MessageParam[] {
  const sent = { thinking, pictures: pictures ? checkPictures(messages) : undefined }
  const wired = messages
    .map(({ role, content }) => ({ role, content: content.flatMap((part) => toBlock(part, sent)) }))
    .filter(({ content }) => content.length > 0)
  const last = wired.at(-1)
  if (last) last.content = markLast(last.content)
  return wired
}

function toBlock(part: Message['content'][number], sent: CheckedParts): BlockParam[] {
  switch (part.type) {
    case 'text':
      return part.text.trim() === '' ? [] : [{ type: 'text', text: part.text }]
    case 'tool_use':
      return [{ type: 'tool_use', id: part.id, name: part.name, input: part.input }]
    case 'tool_result':
      return [toResult(part, sent)]
    case 'image':
      return [toImage(part, sent)]
    case 'document':
      return [toDocument(part, sent)]
    case 'file':
      return [{ type: 'text', text: `[A file called ${JSON.stringify(part.name)} was sent here.]` }]
    case 'opaque':
      return sent.thinking ? [Block.parse(part.block)] : []
    default:
      return part satisfies never
  }
}

function toResult(result: ToolResult, sent: CheckedParts): Anthropic.ToolResultBlockParam {
  const text = textBlock(result.text.trim() === '' ? '(no output)' : result.text)
  const images = (result.images ?? []).map((image) => toImage(image, sent))
  return { type: 'tool_result', tool_use_id: result.id, content: [text, ...images], is_error: result.isError }
}

const textBlock = (text: string): Anthropic.TextBlockParam => ({ type: 'text', text })

const REFUSED = 'the model could not take it'

/** Servers and people call pictures many things: the bytes decide what one is and whether the API takes it. */
function toImage(image: ImagePart, { pictures }: CheckedParts): Anthropic.ImageBlockParam | Anthropic.TextBlockParam {
  const checked = pictures?.get(image) ?? { refused: REFUSED }
  if ('refused' in checked) return textBlock(`[A picture is left out here, so you cannot see it: ${checked.refused}.]`)
  return { type: 'image', source: { type: 'base64', media_type: checked.type, data: checked.data } }
}

function toDocument(
  { name, data }: Document,
  { pictures }: CheckedParts,
): Anthropic.DocumentBlockParam | Anthropic.TextBlockParam {
  const why = pictures ? pdfRefusalFor(data) : REFUSED
  if (why !== undefined)
    return textBlock(`[The file ${JSON.stringify(name)} is left out here, so you cannot see it: ${why}.]`)
  return {
    type: 'document',
    title: headOf(name, 255),
    source: { type: 'base64', media_type: 'application/pdf', data },
  }
}

/** The mark may stand after other bytes, but within the first thousand (ISO 32000, annex H.3.4.1). */
const pdfRefusalFor = (data: string): string | undefined =>
  Buffer.from(data.slice(0, 1_400), 'base64').includes('%PDF-') ? undefined : 'it is no PDF'

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
