import { z } from 'zod'
import { parseJson } from '../../parse-json.ts'

/** The answer of a Web API method; a refusal is an answer with `ok: false`, not an exception. */
export type MethodResponse = { ok: boolean; [field: string]: unknown }
export type Method = (args: Record<string, unknown>) => MethodResponse | Promise<MethodResponse>
export type Methods = Record<string, Method>

export function refuse(error: string, messages: string[] = []): MethodResponse {
  return messages.length === 0
    ? { ok: false, error }
    : { ok: false, error, response_metadata: { messages: messages.map((message) => `[ERROR] ${message}`) } }
}

/** An argument for which Slack has an error of its own is declared with that as its message. */
const SLACK_CODE = /^[a-z]+(_[a-z]+)+$/

/** Defines a method whose arguments are checked before it runs; unknown arguments are ignored, as in Slack. */
export function defineMethod<T>(
  shape: z.ZodType<T>,
  answer: (args: T) => MethodResponse | Promise<MethodResponse>,
): Method {
  return (args) => {
    const parsed = shape.safeParse(args)
    if (parsed.success) return answer(parsed.data)
    const { issues } = parsed.error
    const own = issues.find(({ message }) => SLACK_CODE.test(message))
    const messages = issues.map((issue) => `${issue.message} [json-pointer:/${issue.path.join('/')}]`)
    return own === undefined ? refuse('invalid_arguments', messages) : refuse(own.message)
  }
}

/** Accepts a value as JSON text too, because form bodies carry lists and objects that way. */
export function acceptJson<T extends z.ZodType>(shape: T) {
  return z.preprocess((value) => (typeof value === 'string' ? (parseJson(value) ?? value) : value), shape)
}

const TRUTHS = new Map<unknown, boolean>([
  ['true', true],
  ['1', true],
  [1, true],
  ['false', false],
  ['0', false],
  [0, false],
])

export const flagArg = z.preprocess((value) => TRUTHS.get(value) ?? value, z.boolean())
export const countArg = z.coerce
  .number('invalid_limit')
  .int('invalid_limit')
  .min(1, 'invalid_limit')
  .max(1_000, 'invalid_limit')

/** Timestamps must be strings, because a number loses digits. */
export const tsArg = z.string().regex(/^\d{1,12}\.\d{6}$/, 'must be a message timestamp')
export const channelArg = z.string({ error: 'missing required field: channel' })
export const jsonObjectArg = acceptJson(z.record(z.string(), z.unknown()))
export const jsonObjectsArg = acceptJson(z.array(z.record(z.string(), z.unknown())))
export const blocksArg = acceptJson(z.array(z.record(z.string(), z.unknown()), 'invalid_blocks_format'))

const CURSOR = /^next:(\d+)$/
const readCursor = (cursor: string): string => Buffer.from(cursor, 'base64url').toString()
export const cursorArg = z
  .string()
  .refine((cursor) => cursor === '' || CURSOR.test(readCursor(cursor)), 'invalid_cursor')

/** Returns one page of a list; the cursor encodes the next index. */
export function paginate<T>(all: T[], limit: number, cursor: string | undefined) {
  const from = Number(CURSOR.exec(readCursor(cursor ?? ''))?.[1] ?? 0)
  const to = from + limit
  const next = to < all.length ? Buffer.from(`next:${to}`).toString('base64url') : ''
  return { items: all.slice(from, to), response_metadata: { next_cursor: next } }
}
