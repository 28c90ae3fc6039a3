import type { z } from 'zod'
import { EmulatorError } from '../../errors.ts'
import type { Json } from '../../workspace/records.ts'

/** One route of the control API, from its unchecked input to its answer. */
export type Route = (input: unknown) => Promise<Json>

/** Makes a route whose input is checked before it acts. */
export function route<T>(shape: z.ZodType<T>, act: (input: T) => Json | Promise<Json>): Route {
  return async (input) => {
    const parsed = shape.safeParse(input)
    if (parsed.success) return act(parsed.data)
    const [issue] = parsed.error.issues
    throw new EmulatorError('input_invalid', `${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'invalid'}`)
  }
}
