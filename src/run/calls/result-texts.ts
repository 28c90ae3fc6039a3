import { parseJson } from '../../json.ts'

/** What a tool gave back, as mcp/ reports it. */
export type ResultPart =
  | { type: 'text'; text: string }
  | { type: 'image' | 'audio'; mimeType: string; data: string }
  | {
      type: 'resource'
      uri: string
      mimeType?: string | undefined
      text?: string | undefined
      data?: string | undefined
    }
  | { type: 'link'; uri: string; name: string }

/** The texts of a result, each once: servers often send the same as text, as JSON and as a resource. */
export function textsIn(parts: ResultPart[], structured: unknown): string[] {
  const held = new Set(parts.flatMap((part) => (part.type === 'text' || part.type === 'link' ? [] : heldBy(part))))
  const seen = new Set<string>()
  const texts = parts.flatMap((part) => {
    if (part.type === 'text' && (seen.has(part.text) || repeats(part.text, held))) return []
    if (part.type === 'text') seen.add(part.text)
    return textOf(part)
  })
  if (texts.length > 0 || structured === undefined) return texts
  const whole = JSON.stringify(structured)
  return repeats(whole, held) ? [] : [whole]
}

const heldBy = (part: Exclude<ResultPart, { type: 'text' | 'link' }>): string[] => {
  const content = part.type === 'resource' ? [part.text, part.data] : [part.data]
  return content.filter((one) => one !== undefined && one !== '').map(String)
}

/** Whether a text is what another part holds, by itself or as JSON around it whose other words only label it. */
function repeats(text: string, held: Set<string>): boolean {
  if (held.has(text)) return true
  if (held.size === 0 || !isJsonLike(text)) return false
  const leaves = leavesOf(parseJson(text))
  return leaves.some((leaf) => held.has(leaf)) && leaves.every((leaf) => held.has(leaf) || LABEL.test(leaf))
}

/** The type of a part, or its media type. */
const LABEL = /^(?:text|image|audio|resource|blob|[a-z]+\/[\w.+-]+)$/i

function leavesOf(value: unknown): string[] {
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(leavesOf)
  return value === undefined || value === null ? [] : [String(value)]
}

function textOf(part: ResultPart): string[] {
  if (part.type === 'text') return [part.text]
  if (part.type === 'link') return [`${part.name}: ${part.uri}`]
  if (part.type !== 'resource' || part.text === undefined) return []
  return [part.text === '' ? `${part.uri || 'The file'} is empty.` : `${part.uri}:\n${part.text}`]
}

export const isJsonLike = (text: string): boolean => /^\s*[[{]/.test(text)

export const isJson = (text: string): boolean => isJsonLike(text) && parseJson(text) !== undefined
