import type { IncomingMessage } from 'node:http'

/** More than all fields of a form may hold. */
const MAX_BYTES = 64 * 1024

/** The fields of a sent form; undefined where it is none, or too long. */
export async function readForm(request: IncomingMessage): Promise<Record<string, string> | undefined> {
  const [type = ''] = (request.headers['content-type'] ?? '').split(';')
  if (type.trim().toLowerCase() !== 'application/x-www-form-urlencoded') return undefined
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    const part = Buffer.from(chunk)
    bytes += part.length
    // Read to its end, or the answer would not arrive.
    if (bytes <= MAX_BYTES) chunks.push(part)
  }
  if (bytes > MAX_BYTES) return undefined
  return Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString('utf8')))
}
