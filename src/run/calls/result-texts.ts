import { holdersIn, isJsonLike, parseJson } from '../../json.ts'

/** What a tool gave back, as mcp/ reports it. */
export type ResultPart =
  | { type: 'text'; text: string }
  | { type: 'image' | 'audio'; mimeType: string; data: string; name?: string | undefined }
  | {
      type: 'resource'
      uri: string
      name?: string | undefined
      mimeType?: string | undefined
      text?: string | undefined
      data?: string | undefined
    }
  | { type: 'link'; uri: string; name: string }

/** The parts of a result, each text once: servers often send the same as text, as JSON and as a resource. */
export function distinctParts(parts: ResultPart[]): ResultPart[] {
  const held = new Set(parts.flatMap((part) => (part.type === 'text' || part.type === 'link' ? [] : heldBy(part))))
  const seen = new Set<string>()
  return parts.filter((part) => {
    if (part.type !== 'text') return true
    if (seen.has(part.text) || repeats(part.text, held)) return false
    seen.add(part.text)
    return true
  })
}

/** Where nothing of a result can be read, its structured part is its text. */
export const withStructured = (parts: ResultPart[], structured: unknown): ResultPart[] =>
  structured === undefined || parts.some((part) => part.type === 'link' || ('text' in part && part.text !== undefined))
    ? parts
    : [...parts, { type: 'text', text: JSON.stringify(structured) }]

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

const leavesOf = (value: unknown): string[] =>
  [...holdersIn(value)].flatMap(([, holder]) =>
    Object.values(holder).flatMap((leaf) => (leaf === null || typeof leaf === 'object' ? [] : [String(leaf)])),
  )

/** What of a part is read; a file's text says whose it is. */
export function textOf(part: ResultPart): string {
  switch (part.type) {
    case 'text':
      return part.text
    case 'link':
      return `${part.name}: ${part.uri}`
    case 'image':
    case 'audio':
      return ''
    case 'resource': {
      const label = part.uri || part.name || 'The file'
      if (part.text === undefined) return ''
      return part.text === '' ? `${label} is empty.` : `${label}:\n${part.text}`
    }
    default:
      return part satisfies never
  }
}

export const isJson = (text: string): boolean => isJsonLike(text) && parseJson(text) !== undefined
