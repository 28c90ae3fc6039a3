/**
 * The characters of text that blocks hold, as Slack counts them for `msg_blocks_too_long`: every text at any depth. Tables and
 * charts are left out, because they have limits of their own.
 */
export function blockTextLengthOf(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum: number, part) => sum + blockTextLengthOf(part), 0)
  if (typeof value !== 'object' || value === null) return 0
  if ('type' in value && OWN_LIMITS.has(String(value.type))) return 0
  return Object.entries(value).reduce((sum, [key, part]) => {
    if (typeof part !== 'string') return sum + blockTextLengthOf(part)
    return TEXTS.has(key) ? sum + part.length : sum
  }, 0)
}

const OWN_LIMITS = new Set(['table', 'data_table', 'data_visualization'])
const TEXTS = new Set(['text', 'title', 'alt_text', 'fallback'])
