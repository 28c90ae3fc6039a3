import type { JsonValue } from '../../json.ts'
import { isTemplate } from '../templates/render-template.ts'
import { MOST_TEMPLATE_CHARS } from '../workflow-limits.ts'
import type { OutputValue } from './output-leaves.ts'

/** Shorter texts and smaller numbers are equal by chance. */
const SHORTEST_TEXT = 4
const SMALLEST_NUMBER = 20
const SHORTEST_PART = 6

/** What literals may come from; what the person said themselves is not referred to: it is what they would say otherwise the next time. */
export type LiteralSources = { leaves: OutputValue[]; request: string }

/** A recorded value as a template that gives it again: what came out of an earlier step becomes a reference. */
export function templateOf(value: JsonValue, sources: LiteralSources): JsonValue {
  if (typeof value === 'number') return numberTemplate(value, sources)
  if (typeof value === 'string') return textTemplate(value, sources)
  if (Array.isArray(value)) return value.map((one) => templateOf(one, sources))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, templateOf(inner, sources)]))
}

function numberTemplate(value: number, { leaves, request }: LiteralSources): JsonValue {
  if (value <= SMALLEST_NUMBER || isSaid(String(value), request)) return value
  const leaf = leaves.find((one) => one.value === value)
  return leaf === undefined ? value : `\${{ ${leaf.reference} }}`
}

function textTemplate(value: string, sources: LiteralSources): string {
  const { leaves, request } = sources
  if (value.length < SHORTEST_TEXT || isSaid(value, request)) return escapeLiteral(value)
  const leaf = leaves.find((one) => one.value === value)
  if (leaf !== undefined) return `\${{ ${leaf.reference} }}`
  const parts = partsOf(value, sources)
  const template = parts
    .map((part) => (typeof part === 'string' ? escapeLiteral(part) : `{{ ${part.reference} }}`))
    .join('')
  return template.length > MOST_TEMPLATE_CHARS ? escapeLiteral(value) : template
}

/** The text in pieces: what stands in an output is named, the longest first. */
function partsOf(text: string, { leaves, request }: LiteralSources): (string | OutputValue)[] {
  const found = leaves
    .filter(
      ({ value }) =>
        String(value).length >= SHORTEST_PART && text.includes(String(value)) && !isSaid(String(value), request),
    )
    .toSorted((a, b) => String(b.value).length - String(a.value).length)
  return found.reduce<(string | OutputValue)[]>(
    (parts, leaf) => parts.flatMap((part) => (typeof part === 'string' ? splitAround(part, leaf) : [part])),
    [text],
  )
}

function splitAround(text: string, leaf: OutputValue): (string | OutputValue)[] {
  const pieces = text.split(String(leaf.value))
  return pieces.flatMap((piece, at) => (at === 0 ? [piece] : [leaf, piece])).filter((piece) => piece !== '')
}

/** Whether a person said it, as words of their own. */
export function isSaid(text: string, request: string): boolean {
  const words = text.trim()
  if (words.length < 2) return false
  for (let at = request.indexOf(words); at >= 0; at = request.indexOf(words, at + 1))
    if (!/\w/.test(request[at - 1] ?? '') && !/\w/.test(request[at + words.length] ?? '')) return true
  return false
}

/** Words that look like a template and are none. */
export const escapeLiteral = (text: string): string => (isTemplate(text) ? `{% raw %}${text}{% endraw %}` : text)
