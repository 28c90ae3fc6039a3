import { z } from 'zod'
import type { JsonMap } from './stream.ts'

const JsonMapShape = z.record(z.string(), z.json())

/** The object a text spells out in JSON; undefined for anything else. */
export function readJsonMap(text: string): JsonMap | undefined {
  try {
    const parsed = JsonMapShape.safeParse(JSON.parse(text))
    return parsed.success ? parsed.data : undefined
  } catch {
    // Braces that are no JSON are just words.
    return undefined
  }
}
