import { ProtocolError } from '@modelcontextprotocol/client'

// In JSON-RPC's range for implementations, and not ones that MCP uses.
export const LOST_STREAM_CODE = -32_077
export const TOO_LARGE_CODE = -32_078

/** The stream that was to bring the answer ended without it, and cannot be taken up again. */
export const isLostStream = (error: unknown): boolean =>
  error instanceof ProtocolError && (error.code === LOST_STREAM_CODE || isTooLarge(error))

/** The stream was ended because it was larger than the limit. */
export const isTooLarge = (error: unknown): boolean => error instanceof ProtocolError && error.code === TOO_LARGE_CODE
