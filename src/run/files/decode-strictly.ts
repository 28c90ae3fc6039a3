const ESCAPE = 0x1b

/** Whether no text has this control character; tabs, line ends, form feeds and escape sequences are common in some. */
export const isBinaryControl = (code: number): boolean => code < 0x09 || (code > 0x0d && code < 0x20 && code !== ESCAPE)

/** The text of the bytes in an encoding; undefined where a byte or character is none of a text. */
export function decodeStrictly(bytes: Buffer, encoding: string): string | undefined {
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes)
    return hasBinaryControl(text) ? undefined : text
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) return undefined
    throw error
  }
}

function hasBinaryControl(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (isBinaryControl(text.charCodeAt(at))) return true
  return false
}
