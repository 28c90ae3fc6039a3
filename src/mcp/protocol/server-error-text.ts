import { z } from 'zod'
import { truncate } from '../../text.ts'

const MAX_CHARS = 300
const PREFIX =
  /^(?:(?:fatal|uncaught|unhandled)(?:\s+(?:error|exception|rejection))?:\s*|(?:[a-z]*error|exception):\s*)+/i

const Fields = z.object({ error: z.unknown(), message: z.unknown(), msg: z.unknown(), detail: z.unknown() }).partial()

/** What a server said went wrong, and what to do: `advice` unless the text itself says it. */
export function describeServerError(output: string, advice: string): string {
  const message = messageOf(output).replace(PREFIX, '').replace(/\s+/g, ' ').trim()
  if (/^(?:typeerror: )?fetch failed\.?$/i.test(message))
    return 'it cannot reach its service from here. Whoever runs Patchbay should check the network.'
  return `it says "${truncate(message, MAX_CHARS)}". ${advice}`
}

/** The message within a JSON error; other text as it is. */
function messageOf(output: string): string {
  const start = output.search(/[[{]/)
  if (start < 0) return output
  try {
    return messageIn(JSON.parse(output.slice(start))) ?? output
  } catch (error) {
    if (error instanceof SyntaxError) return output
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
