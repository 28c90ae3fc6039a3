import type { Message } from './turn.ts'

/** Tokens of https://platform.claude.com/docs/en/about-claude/models/overview as of November 2026; newest first within a family. */
const WINDOWS: [prefix: string, tokens: number][] = [
  ['claude-fable-5', 1_000_000],
  ['claude-mythos-5', 1_000_000],
  ['claude-opus-5', 1_000_000],
  ['claude-sonnet-5', 1_000_000],
]

/** What every model has that the API offers. */
const LEAST = 200_000

/** How many tokens a model takes, its answer among them. */
export const contextWindowOf = (model: string): number =>
  WINDOWS.find(([prefix]) => model.startsWith(prefix))?.[1] ?? LEAST

/** JSON has 2.3 to 3.5 bytes a token, by the model's tokenizer; fewer are assumed, so that the estimate is rather too high. */
const BYTES_PER_TOKEN = 2
/** A picture of the largest size the API keeps. */
const PICTURE_TOKENS = 5_000
/** Pages cost tokens, and what a page weighs differs: a light one is assumed, up to the most pages the API takes. */
const PDF_CHARS_PER_TOKEN = 20
const PDF_MAX_TOKENS = 300_000

/** Rather more tokens than a value has when it is sent, without asking anybody. */
export function estimateTokens(value: string | object): number {
  if (Array.isArray(value)) return value.reduce((sum: number, one: string | object) => sum + estimateTokens(one), 0)
  if (typeof value === 'string') return Math.ceil(Buffer.byteLength(value) / BYTES_PER_TOKEN)
  if (isMessage(value)) return value.content.reduce((sum, part) => sum + tokensOfPart(part), 0)
  return estimateTokens(JSON.stringify(value))
}

const isMessage = (value: object): value is Message => 'role' in value && 'content' in value

function tokensOfPart(part: Message['content'][number]): number {
  switch (part.type) {
    case 'image':
      return PICTURE_TOKENS
    case 'document':
      return Math.min(PDF_MAX_TOKENS, Math.ceil(part.data.length / PDF_CHARS_PER_TOKEN))
    case 'tool_result': {
      const { images = [], ...rest } = part
      return images.length * PICTURE_TOKENS + estimateTokens(JSON.stringify(rest))
    }
    default:
      return estimateTokens(JSON.stringify(part))
  }
}
