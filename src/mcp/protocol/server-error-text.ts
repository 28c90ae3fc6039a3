import { z } from 'zod'
import { truncate } from '../../text.ts'

const MAX_CHARS = 300
const PREFIX =
  /^(?:(?:fatal|uncaught|unhandled)(?:\s+(?:error|exception|rejection))?:\s*|(?:[a-z]*error|exception):\s*)+/i

const Fields = z.object({ error: z.unknown(), message: z.unknown(), msg: z.unknown(), detail: z.unknown() }).partial()

/** What a server said of its trouble, and what to do: `advice` unless that is plain from what it said. */
export function describeServerError(said: string, advice: string): string {
  const words = wordsOf(said).replace(PREFIX, '').replace(/\s+/g, ' ').trim()
  if (/^(?:typeerror: )?fetch failed\.?$/i.test(words))
    return 'it cannot reach its service from here. Whoever runs Patchbay should check the network.'
  return `it says "${truncate(words, MAX_CHARS)}". ${advice}`
}

/** The message within a JSON error; other text as it is. */
function wordsOf(said: string): string {
  const start = said.search(/[[{]/)
  if (start < 0) return said
  try {
    return messageIn(JSON.parse(said.slice(start))) ?? said
  } catch (error) {
    if (error instanceof SyntaxError) return said
    throw error
  }
}

function messageIn(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (Array.isArray(value)) return messageIn(value[0])
  const fields = Fields.safeParse(value)
  if (!fields.success) return undefined
  const { error, message, msg, detail } = fields.data
  return [error, message, msg, detail].map(messageIn).find((text) => text !== undefined && text !== '')
}
