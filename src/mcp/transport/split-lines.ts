const NEWLINE = 10

/** Splits a stream of bytes into lines. `push` says false, once and for all, when a line grows beyond `maxBytes`. */
export function createLineSplitter(maxBytes: number, onLine: (line: string) => void): { push(chunk: Buffer): boolean } {
  let parts: Buffer[] = []
  let bytes = 0
  const keep = (part: Buffer): boolean => {
    parts.push(part)
    bytes += part.length
    return bytes <= maxBytes
  }
  const push = (chunk: Buffer): boolean => {
    let from = 0
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      if (!keep(chunk.subarray(from, at))) return false
      const line = Buffer.concat(parts).toString('utf8')
      parts = []
      bytes = 0
      from = at + 1
      onLine(line)
    }
    return keep(chunk.subarray(from))
  }
  return { push }
}
