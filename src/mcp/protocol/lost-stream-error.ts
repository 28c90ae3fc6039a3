import { ProtocolError } from '@modelcontextprotocol/client'

// In JSON-RPC's range for implementations, and not ones that MCP uses.
export const LOST_STREAM_CODE = -32_077
export const TOO_LARGE_CODE = -32_078

/** The stream that was to bring the answer ended without it, and cannot be taken up again. */
export const isLostStream = (error: unknown): boolean =>
  error instanceof ProtocolError && (error.code === LOST_STREAM_CODE || isTooLarge(error))

/** The stream was ended because it was larger than the limit. */
export const isTooLarge = (error: unknown): boolean => error instanceof ProtocolError && error.code === TOO_LARGE_CODE

/** What was refused, to be read behind the server's name; `bytes` is not known where the rest was not read. */
export function tooLargeMessage(bytes: number | undefined, maxBytes: number): string {
  const possible = maxBytes / 1024 / 1024
  const sent = bytes === undefined ? `more than ${possible}` : Math.max(possible + 1, Math.round(bytes / 1024 / 1024))
  return `sent ${sent} MB, ${possible} MB are possible; ask for a part.`
}
