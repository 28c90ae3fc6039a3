import type { JsonValue } from '../../json.ts'
import type { ServerFeatures, StoredTool, UnusableTool } from '../../registry/connection.ts'
import type { AuthChallenge } from '../protocol/auth-challenge.ts'
import type { FailureReason } from '../protocol/classify-error.ts'
import type { LogLine } from '../protocol/notifications.ts'
import type { InputRequiredOutcome, RequestOptions } from './send-request.ts'

export type Probe = {
  tools: StoredTool[]
  unusableTools: UnusableTool[]
  /** What the server says of its own use; untrusted. */
  instructions: string | undefined
  protocolVersion: string
  serverName: string
  ms: number
  offers: ServerFeatures
  /** For `Connection.era`. */
  era: unknown
  /** What the server is kept in, if it runs here. */
  sandbox?: string | undefined
}

export type CallOptions = RequestOptions & {
  onProgress(progress: CallProgress): void
  /** The run the call is part of, for the server's own tracing. */
  trace?: string
}
type CallProgress = { message?: string; progress?: number; total?: number }

export type ToolOutcome =
  | { kind: 'ok' | 'tool_error'; content: ContentPart[]; structured?: JsonValue; ms: number; log?: LogLine[] }
  | (InputRequiredOutcome & { ms: number })
  | CallFailure

/** `sent` is false only when the call was certainly not carried out: never sent, or refused before anything was done. */
export type CallFailure = {
  kind: 'failed'
  why: FailureReason
  message: string
  sent: boolean
  ms: number
  /** With `sign_in` and `scope`: what a sign-in has to bring. Absent where only another credential helps. */
  challenge?: AuthChallenge
  /** With `busy`: how long the server asks to wait. */
  afterMs?: number
  log?: LogLine[]
}

export type ContentPart =
  | { type: 'text'; text: string }
  | { type: 'image' | 'audio'; mimeType: string; data: string; name?: string }
  | { type: 'resource'; uri: string; name?: string; mimeType?: string; text?: string; data?: string }
  | { type: 'link'; uri: string; name: string }
