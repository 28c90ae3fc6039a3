import { ProtocolError, ProtocolErrorCode, SdkHttpError, SseError } from '@modelcontextprotocol/client'
import { parseJson } from '../../json.ts'
import { isObject } from './loose-json.ts'

/** Whether a server says in words that it does not know the session, with whatever status or code: it did not run the request then. */
export function isLostSession(error: unknown): boolean {
  let at = error
  for (let depth = 0; at instanceof Error && depth < 8; depth++) {
    if (wordsOf(at).some(isAboutLostSession)) return true
    at = at.cause
  }
  return false
}

function wordsOf(error: Error): string[] {
  if (error instanceof ProtocolError) return isOfTool(error) ? [] : [error.message]
  if (error instanceof SseError) return [error.message]
  if (!(error instanceof SdkHttpError)) return []
  return textsIn(error.data.text)
}

/** A refused argument may name a session of the tool's own; Python's SDK refuses what comes before `initialize` with the same code. */
const isOfTool = ({ code, message }: ProtocolError): boolean =>
  code === ProtocolErrorCode.InvalidParams && !/initiali[sz]/i.test(message)

/** The body as it is, and what it says where it is JSON. */
function textsIn(body: unknown): string[] {
  if (typeof body !== 'string') return []
  return [body, ...messagesIn(parseJson(body))]
}

function messagesIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (Array.isArray(value)) return value.flatMap(messagesIn)
  if (!isObject(value)) return []
  return [value.error, value.message, value.detail, value.msg, value.error_description].flatMap(messagesIn)
}

// Longer texts are about a session of the tool's own ("the session of the browser …"), and what ran must not run again.
const BEFORE = /^(?:(?:mcp error|error|server|bad request|not found|unauthorized|invalid request)\b[\s\d-]*[:.] *)*/
const ID = '(?:[-_ ]?ids?)?'
const WHOSE = '(?:(?:the|this|your|an?|mcp|mcp-|http|transport|active|client|server) ?)*'
const LOST =
  '(?:not found|not known|unknown|invalid|not valid|expired|terminated|closed|missing|lost|ended|stale|gone|required|not initiali[sz]ed|not exist|no longer (?:exists?|valid|active)|not provided|not active|not recogni[sz]ed)'
const SESSION = `session${ID}`
const SENTENCES = [
  `${WHOSE}${SESSION}(?: (?:header|provided))?(?: (?:'[^']*'|"[^"]*"|[\\w-]*\\d[\\w-]*))? ?:? ?(?:is |was |has |been |does |could |cannot |can |be )*${LOST}`,
  `(?:no|not a|without a?|missing|invalid|unknown|expired|stale|unrecogni[sz]ed|could not find|cannot find)(?: or (?:missing|invalid|unknown|expired))? ${WHOSE}(?:valid |such |known |active )*${SESSION}`,
  `${WHOSE}(?:server|session|connection|client) (?:is |was |has |been )*(?:not (?:yet )?(?:been )?initiali[sz]ed|uninitiali[sz]ed)`,
  'received request before initiali[sz]ation was complete',
]
const AT_START = new RegExp(`^(?:${SENTENCES.join('|')})\\b`)
const MAX_CHARS = 160

function isAboutLostSession(text: string): boolean {
  const words = text.trim().toLowerCase()
  return words.length <= MAX_CHARS && AT_START.test(words.replace(BEFORE, ''))
}
