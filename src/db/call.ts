import { z } from 'zod'
import { AppError, type ErrorCode } from '../errors.ts'

/**
 * The database as the rest of the app knows it: one SQL function per operation.
 * `call` runs `fn` in a transaction of its own and parses its jsonb result with `shape`.
 * An argument `name` is the function's parameter `p_name` (the prefix keeps it apart from columns);
 * values are JSON: texts, numbers, booleans, null, and objects or arrays for jsonb parameters.
 * Throws AppError: what the function raised as PT4xx, `database_unavailable` when it cannot be reached
 * (nothing is known of the outcome), `database_failed` for the rest.
 */
export type Db = {
  call<T>(fn: string, args: Record<string, unknown>, shape: z.ZodType<T>): Promise<T>
  [Symbol.asyncDispose](): Promise<void>
}

/** The schema that holds everything of ours. */
export const SCHEMA = 'patchbay'

/** Halves of surrogate pairs and NUL, as JSON writes them: Postgres takes neither in jsonb, and a tool may send both. */
const UNSTORABLE = /\\u0000|\\ud[89a-f][0-9a-f]{2}/i

/** The arguments with every text in them fit to be stored. */
export function toStorableJson(args: Record<string, unknown>): Record<string, unknown> {
  const text = JSON.stringify(args)
  if (!UNSTORABLE.test(text)) return args
  // The values as JSON has them: a date, for one, is a text there.
  return JsonArguments.parse(storable(JSON.parse(text)))
}

const JsonArguments = z.record(z.string(), z.unknown())

function storable(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed().replaceAll('\0', '')
  if (Array.isArray(value)) return value.map(storable)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [String(storable(name)), storable(part)]))
}

const CODE_OF_STATE: Record<string, ErrorCode> = {
  PT400: 'input_invalid',
  PT403: 'not_allowed',
  PT404: 'not_found',
  PT409: 'conflict',
  PT410: 'name_taken',
  PT429: 'limit_reached',
}

/** The AppError for a SQLSTATE a function raised on purpose, or undefined for any other state. */
export function readRaisedError(state: string | undefined, message: string, cause: unknown): AppError | undefined {
  const code = state === undefined ? undefined : CODE_OF_STATE[state]
  return code === undefined ? undefined : new AppError(code, message, { cause })
}

/** Parses what a function returned; a mismatch means code and schema disagree. */
export function parseResult<T>(fn: string, result: unknown, shape: z.ZodType<T>): T {
  const parsed = shape.safeParse(result)
  if (parsed.success) return parsed.data
  throw createCallError(fn, 'the answer has a form this version does not know', parsed.error)
}

/** Anybody may read it, so what failed and why is left to the cause, for the log. */
export const createCallError = (fn: string, why: string, cause: unknown): AppError =>
  new AppError(
    'database_failed',
    'Something went wrong in the database. Please try again; if it happens again, tell whoever runs Patchbay here.',
    { cause: new Error(`${fn}: ${why}`, { cause }) },
  )

/** A nullable column as TypeScript has it: undefined where there is no value. */
export const toUndefined = <T>(value: T | null): T | undefined => value ?? undefined
