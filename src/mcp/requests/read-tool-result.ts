import { z } from 'zod'
import type { JsonValue } from '../../json.ts'
import { truncate } from '../../text.ts'
import { isObject } from '../protocol/loose-json.ts'
import { isNestedTooDeeply, type Redactor } from '../protocol/redactor.ts'
import type { ContentPart } from './outcome.ts'

/** What a call gave back. `failed`: the server calls it an error. */
type ToolResult = { failed: boolean; content: ContentPart[]; structured?: JsonValue }

const Json = z.json()
const TOO_DEEP = '[The structured part of this answer is nested too deeply, so it was left out.]'
const RESULT_FIELDS = ['content', 'structuredContent', 'isError', 'toolResult']

/** Reads a call's result field by field: the call was carried out, so what came is kept, and what cannot be read is named. */
export function readToolResult(result: unknown, redactor: Redactor): ToolResult {
  if (!isObject(result)) return { failed: false, content: contentOf(result, redactor) }
  const { content, isError, resultType: _, _meta, ...rest } = result
  const known = Object.keys(result).some((key) => RESULT_FIELDS.includes(key))
  // `toolResult` is what the field was called in 2024-10-07; some servers send their result bare.
  const structured = known ? (rest.structuredContent ?? rest.toolResult) : rest
  const failed = isError === true || isError === 'true' || isError === 1
  return withStructured({ failed, content: contentOf(content, redactor) }, structured, redactor)
}

function withStructured(result: ToolResult, structured: unknown, redactor: Redactor): ToolResult {
  if (structured === undefined || structured === null) return result
  if (isObject(structured) && Object.keys(structured).length === 0) return result
  if (isNestedTooDeeply(structured)) return { ...result, content: [...result.content, text(TOO_DEEP)] }
  const json = Json.safeParse(structured)
  return json.success ? { ...result, structured: redactor.json(json.data) } : result
}

function contentOf(content: unknown, redactor: Redactor): ContentPart[] {
  if (content === undefined || content === null) return []
  return readContentParts([content].flat(), redactor)
}

/** Parts of one result or message. Texts that follow one another are also cleaned as one text. */
export function readContentParts(parts: unknown[], redactor: Redactor): ContentPart[] {
  return cleanAcross(parts, redactor).map((part) => readContentPart(part, redactor))
}

type TextPart = { type: 'text'; text: string }

const isText = (part: unknown): part is TextPart =>
  isObject(part) && part.type === 'text' && typeof part.text === 'string'

function cleanAcross(parts: unknown[], redactor: Redactor): unknown[] {
  const cleaned: unknown[] = []
  let texts: TextPart[] = []
  const takeTexts = () => {
    const words = texts.length > 1 ? redactor.texts(texts.map((part) => part.text)) : undefined
    cleaned.push(...texts.map((part, at) => ({ ...part, text: words?.[at] ?? part.text })))
    texts = []
  }
  for (const part of parts) {
    if (isText(part)) {
      texts.push(part)
      continue
    }
    takeTexts()
    cleaned.push(part)
  }
  takeTexts()
  return cleaned
}

const text = (words: string): ContentPart => ({ type: 'text', text: words })

/** One part of a result or a message, whatever it holds. */
export function readContentPart(part: unknown, redactor: Redactor): ContentPart {
  if (!isObject(part)) return isValue(part) ? text(redactor.text(String(part))) : unknownPart(part, redactor)
  switch (part.type) {
    case 'text':
      return textPart(part.text, redactor)
    case 'image':
    case 'audio':
      return mediaPart(part.type, part, redactor)
    case 'resource_link':
      return linkPart(part, redactor)
    case 'resource':
      return resourcePart(part, redactor)
    default:
      return unknownPart(part, redactor)
  }
}

const isValue = (value: unknown): value is string | number | boolean =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'

function textPart(value: unknown, redactor: Redactor): ContentPart {
  if (value === undefined || value === null) return text('[A text without words was left out.]')
  return text(isValue(value) ? redactor.text(String(value)) : jsonOf(value, redactor))
}

type Fields = Record<string, unknown>

const DATA_URL = /^data:([^;,]*)(?![^;,])[^,]*;base64,/
/** How the base64 of a picture begins. */
const BEGINNINGS: Record<string, string> = {
  iVBORw0KGgo: 'image/png',
  '/9j/': 'image/jpeg',
  R0lGOD: 'image/gif',
  UklGR: 'image/webp',
}

function mediaPart(type: 'image' | 'audio', fields: Fields, redactor: Redactor): ContentPart {
  const { data, mimeType } = fields
  if (typeof data !== 'string' || data === '') {
    const what = type === 'image' ? 'A picture' : 'A sound'
    return text(`[${what} came without its data, so it was left out.]`)
  }
  const [prefix = '', named = ''] = DATA_URL.exec(data) ?? []
  const bytes = data.slice(prefix.length)
  const found = Object.entries(BEGINNINGS).find(([beginning]) => bytes.startsWith(beginning))?.[1]
  const said = typeof mimeType === 'string' && mimeType.includes('/') ? redactor.text(mimeType) : named
  const declared = said || (type === 'image' ? found : undefined) || 'application/octet-stream'
  return { type, mimeType: declared, data: redactor.blob(bytes), ...contentNameOf(fields, redactor) }
}

/** The protocol has no names for contents; some servers give one all the same. */
export function contentNameOf({ name, title, filename }: Fields, redactor: Redactor): { name?: string } {
  const said = [filename, name, title].find((one) => typeof one === 'string' && one.trim() !== '')
  return typeof said === 'string' ? { name: redactor.text(said) } : {}
}

const WITHHELD = '[A link was left out, because its address holds a secret of this connection.]'

function linkPart({ uri, name, title }: Fields, redactor: Redactor): ContentPart {
  if (typeof uri !== 'string' || uri === '') return text('[A link came without its address, so it was left out.]')
  // An address is sent back as it came, so it is never rewritten around a secret.
  if (redactor.holdsSecret(uri)) return text(WITHHELD)
  const address = redactor.text(uri)
  const label = [title, name].find((one) => typeof one === 'string' && one.trim() !== '')
  return { type: 'link', uri: address, name: typeof label === 'string' ? redactor.text(label) : address }
}

function resourcePart({ resource, ...rest }: Fields, redactor: Redactor): ContentPart {
  // Some servers put the fields of the resource beside its type.
  const fields = isObject(resource) ? resource : rest
  const { uri, mimeType, text: words, blob } = fields
  if (!isValue(words) && typeof blob !== 'string') return unknownPart({ type: 'resource', ...fields }, redactor)
  const address = typeof uri === 'string' ? uri : ''
  return {
    type: 'resource',
    uri: redactor.holdsSecret(address) ? '' : redactor.text(address),
    ...contentNameOf(fields, redactor),
    ...(typeof mimeType === 'string' && { mimeType: redactor.text(mimeType) }),
    ...(isValue(words)
      ? { text: redactor.text(String(words)) }
      : { data: typeof blob === 'string' ? redactor.blob(blob) : '' }),
  }
}

const MAX_KIND_CHARS = 60

/** Content of a kind that the protocol does not have is said, and kept as it came. */
function unknownPart(part: unknown, redactor: Redactor): ContentPart {
  const type = isObject(part) && typeof part.type === 'string' ? part.type : ''
  const kind = type === '' ? 'without a kind' : `of the kind "${truncate(redactor.text(type), MAX_KIND_CHARS)}"`
  return text(`[Content ${kind}, which Patchbay does not know:]\n${jsonOf(part, redactor)}`)
}

function jsonOf(value: unknown, redactor: Redactor): string {
  if (isNestedTooDeeply(value)) return '(nested too deeply)'
  const json = Json.safeParse(value)
  return json.success ? JSON.stringify(redactor.json(json.data)) : ''
}
