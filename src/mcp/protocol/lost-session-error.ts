import { ProtocolError, SdkHttpError } from '@modelcontextprotocol/client'

/** What servers say of a session they do not know any more, under any status and as a JSON-RPC error. */
const LOST = [
  /\bsession\b.{0,60}\b(?:not found|not exist|unknown|expired|invalid|terminated|closed|missing|required|not initialized)\b/i,
  /\b(?:no valid|unknown|invalid|expired|missing|not find)\b.{0,30}\bsession\b/i,
]
/** Errors of the protocol itself; a tool's own mishap is another. */
const CODES = [-32_000, -32_001, -32_600]
// That is about a sign-in.
const SIGN_IN = [401, 403]

/** Whether the server turned the request away because it does not know the session; it was not carried out. */
export function isLostSession(error: unknown): boolean {
  if (error instanceof SdkHttpError) return !SIGN_IN.includes(error.status ?? 0) && speaksOfLostSession(error.message)
  return error instanceof ProtocolError && CODES.includes(error.code) && speaksOfLostSession(error.message)
}

const speaksOfLostSession = (words: string): boolean => LOST.some((said) => said.test(words.replaceAll(/[-_]/g, ' ')))
