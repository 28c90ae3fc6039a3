import Anthropic from '@anthropic-ai/sdk'
import { AppError } from '../errors.ts'
import { truncate } from '../text.ts'
import type { ModelRetry } from './turn.ts'

/** What to do after a failed attempt: try again later, try without thinking blocks or without pictures, or give up. */
export type ModelFailure =
  | { kind: 'later'; why: ModelRetry['why']; afterSeconds: number | undefined }
  | { kind: 'thinking_refused'; error: AppError }
  | { kind: 'pictures_refused'; error: AppError }
  | { kind: 'final'; error: AppError }

const LATER_STATUSES = new Set([408, 409, 425, 429, 500, 502, 503, 504, 529])
const LATER_TYPES = new Set(['overloaded_error', 'rate_limit_error', 'api_error', 'timeout_error'])

/** Classifies by status and type (https://platform.claude.com/docs/en/api/errors); an error event inside a stream has a type but no status. */
export function classifyModelError(error: Error, model: string): ModelFailure {
  // Any other error comes from the network: the connection was refused, reset or cut off.
  if (!(error instanceof Anthropic.APIError) || error instanceof Anthropic.APIConnectionError)
    return { kind: 'later', why: 'unreachable', afterSeconds: undefined }
  const status: unknown = error.status
  if (isPassing(status, error.type))
    return { kind: 'later', why: whyOf(status, error.type), afterSeconds: retryAfterSeconds(error.headers) }
  // Thinking is bound to the conversation before it, which changes when a connection is added or a thread is summarised:
  // https://platform.claude.com/docs/en/build-with-claude/preserved-thinking
  if (status === 400 && /thinking.{0,40}block/i.test(error.message))
    return { kind: 'thinking_refused', error: new AppError('model_failed', THINKING_REFUSED, { cause: error }) }
  const final = new AppError('model_failed', adviceOn(error, model), { cause: error })
  return isAboutPictures(status, error.message)
    ? { kind: 'pictures_refused', error: final }
    : { kind: 'final', error: final }
}

const THINKING_REFUSED = "Claude's API refused this conversation. Start a new thread."

/** The API names the block (`messages.0.content.1.image.source`) or the kind ("Could not process PDF"); most of a too large request are files. */
const isAboutPictures = (status: unknown, message: string): boolean =>
  status === 413 || (status === 400 && /\b(?:images?|pictures?|pdfs?|documents?|media[_ ]type)\b/i.test(message))

function isPassing(status: unknown, type: string | null): boolean {
  if (typeof status !== 'number') return type !== null && LATER_TYPES.has(type)
  return LATER_STATUSES.has(status) || status >= 520
}

function whyOf(status: unknown, type: string | null): ModelRetry['why'] {
  return status === 429 || type === 'rate_limit_error' ? 'rate_limited' : 'overloaded'
}

/** The header holds seconds or a date: https://www.rfc-editor.org/rfc/rfc9110#name-retry-after */
function retryAfterSeconds(headers: Headers | undefined): number | undefined {
  const value = headers?.get('retry-after')
  if (!value) return undefined
  const seconds = /^\d+(\.\d+)?$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1000
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined
}

const MAX_REASON_CHARS = 300

function adviceOn(error: InstanceType<typeof Anthropic.APIError>, model: string): string {
  const said = truncate(error.apiMessage ?? 'no reason given', MAX_REASON_CHARS)
  if (/credit balance|billing/i.test(said))
    return `Claude's API wants payment: ${said} Whoever runs Patchbay can settle that in their Anthropic account; then try again.`
  if (/prompt is too long|context window|too large/i.test(said) || Number(error.status) === 413)
    return 'This conversation has become too long for the model. Start a new thread, and ask for less data at once.'
  switch (Number(error.status)) {
    case 401:
      return "Claude's API does not accept the key. Whoever runs Patchbay should check ANTHROPIC_API_KEY."
    case 403:
      return `The key may not use the model ${model}. Whoever runs Patchbay should check ANTHROPIC_API_KEY and MODEL.`
    case 404:
      return `Claude's API does not know the model ${model}. Whoever runs Patchbay should check MODEL and ANTHROPIC_BASE_URL.`
    default:
      return `Claude's API refused the request: ${said} Try again in a new thread; if that fails too, tell whoever runs Patchbay.`
  }
}
