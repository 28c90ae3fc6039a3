import type { AttachedFile } from '../../run/state/attached-file.ts'

/** What the model can take a file as. */
export type FileType = 'text' | 'image' | 'pdf' | 'other'

const IMAGES = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp'])

const TEXT_TYPES =
  /^text\/|\/(?:.*\+)?(?:json|xml|yaml|x-yaml|toml|javascript|typescript|sql|x-sql|x-sh|x-python|graphql|x-ndjson|csv)\b/
const TEXT_NAMES =
  /\.(?:txt|md|markdown|csv|tsv|json|jsonl|ndjson|ya?ml|toml|ini|cfg|conf|env|log|xml|html?|css|svg|sql|sh|bash|ps1|py|rb|go|rs|java|kt|c|h|cpp|cs|php|swift|m?[jt]sx?|vue|diff|patch|tex|rst|org|eml|vcf|ics|srt|graphql|proto|tf|gradle|properties)$/i

export function fileTypeOf({ name, mimeType }: AttachedFile): FileType {
  if (IMAGES.has(mimeType)) return 'image'
  if (mimeType === 'application/pdf' || (mimeType === '' && /\.pdf$/i.test(name))) return 'pdf'
  return TEXT_TYPES.test(mimeType) || TEXT_NAMES.test(name) ? 'text' : 'other'
}

/** The text in the bytes; undefined when they are none. */
export function decodeText(bytes: Buffer): string | undefined {
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : 'utf-8'
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes)
    return text.includes('\0') ? undefined : text
  } catch (error) {
    if (error instanceof TypeError) return undefined
    throw error
  }
}
