import type { JsonObject } from '../json.ts'
export type TextPart = { type: 'text'; text: string }
export type ToolUse = { type: 'tool_use'; id: string; name: string; input: JsonObject }
/** A block that only the model reads, such as its thinking: it goes back as it came. */
export type OpaquePart = { type: 'opaque'; block: JsonObject }
export type ImagePart = { mimeType: string; data: string }
export type ToolResult = {
  type: 'tool_result'
  id: string
  text: string
  isError: boolean
  images?: ImagePart[] | undefined
}

/** An image the person sent. */
export type PicturePart = { type: 'image' } & ImagePart
/** A PDF the person sent; `data` is base64. */
export type Document = { type: 'document'; name: string; data: string }
/** A file that was not read: its name stands for it. */
export type NamedFile = { type: 'file'; id: string; name: string; mimeType: string; size: number }

export type UserMessage = { role: 'user'; content: (TextPart | ToolResult | PicturePart | Document | NamedFile)[] }
export type AssistantMessage = { role: 'assistant'; content: (TextPart | ToolUse | OpaquePart)[] }
export type Message = UserMessage | AssistantMessage

/** A tool as the model sees it. `schema` is JSON Schema 2020-12 for its input. */
export type OfferedTool = { name: string; description: string; schema: JsonObject }

/** Tokens. `input` counts only what was neither read from nor written to the prompt cache. */
export type TokenUsage = { input: number; output: number; cacheRead: number; cacheWrite: number }

export type ModelTurn = {
  content: AssistantMessage['content']
  stop: 'end' | 'tools' | 'length' | 'refusal'
  usage: TokenUsage
  model: string
  costUsd: number
  /** The model that was asked first, and was not to be had. */
  insteadOf?: string | undefined
}

export type ModelRequest = {
  system: string
  messages: Message[]
  tools: OfferedTool[]
  maxTokens: number
  /** Another model than the usual one. */
  model?: string | undefined
}

export type ModelRetry = { seconds: number; attempt: number; why: 'overloaded' | 'rate_limited' | 'unreachable' }

export type ModelListener = {
  signal: AbortSignal
  onWords(text: string): void
  /** The words of this turn so far are void: it begins again. */
  onRestart(): void
  onWaiting(waiting: ModelRetry): void
}

/**
 * One turn of a model. Throws AppError: `cancelled` as soon as the signal fires, `model_overloaded` when the time for retries is over,
 * `model_failed` when asking again would not help.
 */
export type Model = { name: string; turn(ask: ModelRequest, listener: ModelListener): Promise<ModelTurn> }
