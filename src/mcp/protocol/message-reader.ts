import type { JSONRPCResultResponse } from '@modelcontextprotocol/client'
import { withoutNulls } from '../../json.ts'
import { isObject } from './loose-json.ts'
import { repairFormSchema } from './repair-form-schema.ts'

/**
 * Reads a server's messages leniently, before the SDK checks them as wholes: one odd field would lose the answer of a call that
 * succeeded. What the SDK would refuse is made sound here; what it checks too strictly is handed on below its schemas.
 */
export type MessageReader = {
  /** Remembers what is asked, because an answer says only its id. */
  note(message: unknown): void
  /** Whether a request of this id has no answer yet. */
  isOpen(id: number): boolean
  /** The message as the SDK takes it; what is no answer of ours comes back as it is. */
  read(message: unknown): unknown
}

/** Where the result of a call, or the items of a list, are found as the server sent them. */
export const RAW_RESULT = 'patchbay/result'

// A server that never answers is forgotten after this many requests.
const MAX_OPEN = 1_000
const INTERNAL_ERROR = -32_603

export function createMessageReader(): MessageReader {
  const asked = new Map<number, string>()
  const readAnswerOf = (message: Record<string, unknown>): unknown => {
    // An answer that names no request is for the one that waits, where there is only one.
    const [only] = asked.size === 1 ? asked.keys() : []
    const id = message.id ?? only
    const method = asked.get(Number(id)) ?? ''
    asked.delete(Number(id))
    return readAnswer({ ...message, id }, method)
  }
  const read = (message: unknown): unknown => {
    if (Array.isArray(message)) return message.map(read)
    if (!isObject(message)) return message
    if (typeof message.method === 'string') return readRequest(message, message.method)
    return 'result' in message || 'error' in message ? readAnswerOf(message) : message
  }
  return {
    note: (message) => {
      for (const one of [message].flat()) {
        if (!isObject(one) || typeof one.method !== 'string' || typeof one.id !== 'number') continue
        asked.set(one.id, one.method)
        const [oldest] = asked.keys()
        if (asked.size > MAX_OPEN && oldest !== undefined) asked.delete(oldest)
      }
    },
    isOpen: (id) => asked.has(id),
    read,
  }
}

/** Whether it is a result as `read` makes it, which needs no more checks before the SDK takes it. */
export const isReadResult = (message: unknown): message is JSONRPCResultResponse =>
  isObject(message) && !('method' in message) && typeof message.id === 'number' && isObject(message.result)

function readAnswer({ id, error, result }: Record<string, unknown>, method: string): unknown {
  const head = { jsonrpc: '2.0', id }
  // Some servers send both, and what is empty of them does not count.
  const failed = error !== undefined && error !== null && !(isEmpty(error) && isObject(result))
  return failed ? { ...head, error: readError(error) } : { ...head, result: readResult(method, result) }
}

const isEmpty = (error: unknown): boolean =>
  error === false || error === '' || error === 0 || (isObject(error) && Object.keys(error).length === 0)

/** What a server asks or tells: null is as good as absent there, too. */
function readRequest(message: Record<string, unknown>, method: string): unknown {
  const { jsonrpc: _, params, id, ...rest } = message
  const asks = id === undefined || id === null ? {} : { id }
  if (params === undefined || params === null) return { ...rest, ...asks, jsonrpc: '2.0' }
  return { ...rest, ...asks, jsonrpc: '2.0', params: readParams(method, params) }
}

function readParams(method: string, params: unknown): unknown {
  if (method.startsWith('notifications/')) return withoutNulls(params)
  return method === 'elicitation/create' ? readElicitationParams(params) : params
}

function readElicitationParams(params: unknown): unknown {
  const sound = withoutNulls(params)
  if (!isObject(sound) || 'url' in sound) return sound
  return { ...sound, requestedSchema: repairFormSchema(sound.requestedSchema) }
}

/** The questions of an unfinished call. */
function readInputRequests(result: Fields): unknown {
  const sound = withoutNulls(result)
  if (!isObject(sound) || !isObject(sound.inputRequests)) return sound
  const entries = Object.entries(sound.inputRequests).map(([key, request]) => [
    key,
    isObject(request) && request.method === 'elicitation/create'
      ? { ...request, params: readElicitationParams(request.params) }
      : request,
  ])
  return { ...sound, inputRequests: Object.fromEntries(entries) }
}

/** An error keeps its words, also without a code or as a bare text. */
function readError(error: unknown): { code: number; message: string; data?: unknown } {
  if (!isObject(error)) return { code: INTERNAL_ERROR, message: wordsOf(error) }
  const { code, message, data } = error
  const number = typeof code === 'string' ? Number(code) : code
  const words = [message, error.error, error.detail, error.msg].find((one) => typeof one === 'string' && one !== '')
  return {
    code: typeof number === 'number' && Number.isInteger(number) ? number : INTERNAL_ERROR,
    message: typeof words === 'string' ? words : wordsOf(message ?? error),
    ...(data !== undefined && { data }),
  }
}

const wordsOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

function readResult(method: string, result: unknown): unknown {
  if (isObject(result) && result.resultType === 'input_required') return readInputRequests(result)
  if (method === 'tools/call') return { resultType: 'complete', content: [], [RAW_RESULT]: result }
  if (!isObject(result) && result !== null) return result
  const sound = result === null ? {} : withoutMeta(result)
  return READERS[method]?.(sound) ?? sound
}

/** Null for absent; nothing of ours needs `_meta`, but what an extension puts there is kept where it is an object. */
function withoutMeta(result: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(result).filter(([, value]) => value !== null)
  return Object.fromEntries(entries.filter(([key, value]) => key !== '_meta' || isObject(value)))
}

type Fields = Record<string, unknown>

const READERS: Record<string, (result: Fields) => unknown> = {
  initialize: (result) => ({ ...readServer(result), protocolVersion: textOf(result.protocolVersion) }),
  'server/discover': (result) =>
    Array.isArray(result.supportedVersions) ? { ...result, ...cacheOf(result), ...aboutOf(result) } : result,
  'tools/list': listReader('tools'),
  'resources/list': listReader('resources'),
  'resources/templates/list': listReader('resourceTemplates'),
  'prompts/list': listReader('prompts'),
  'resources/read': (result) => ({ ...completeOf(result), ...cacheOf(result), contents: contentsOf(result.contents) }),
  'prompts/get': (result) => ({ resultType: 'complete', messages: [], [RAW_RESULT]: result }),
  'completion/complete': (result) => ({ resultType: 'complete', completion: completionOf(result.completion) }),
}

/** The items travel below the SDK's schemas, which refuse a whole list for one odd item; they are read one by one. */
function listReader(field: string): (result: Fields) => unknown {
  return (result) => {
    const { nextCursor, ...rest } = completeOf(result)
    const cursor = typeof nextCursor === 'number' ? String(nextCursor) : nextCursor
    return {
      ...rest,
      ...cacheOf(result),
      [field]: [],
      [RAW_RESULT]: Array.isArray(result[field]) ? result[field] : [],
      ...(typeof cursor === 'string' && { nextCursor: cursor }),
    }
  }
}

const completeOf = ({ _meta: _, ...result }: Fields): Fields => ({
  ...result,
  resultType: typeof result.resultType === 'string' ? result.resultType : 'complete',
})

const cacheOf = ({ ttlMs, cacheScope }: Fields): Fields => ({
  ttlMs: typeof ttlMs === 'number' && Number.isFinite(ttlMs) ? Math.max(0, Math.trunc(ttlMs)) : 0,
  cacheScope: cacheScope === 'public' ? cacheScope : 'private',
})

function contentsOf(contents: unknown): Fields[] {
  return [contents].flat().flatMap((one) => {
    if (typeof one === 'string') return [{ uri: '', text: one }]
    if (!isObject(one)) return []
    const { uri, mimeType, text, blob } = one
    const content = typeof blob === 'string' && typeof text !== 'string' ? { blob } : { text: textOf(text) }
    return [{ uri: textOf(uri), ...(typeof mimeType === 'string' && { mimeType }), ...content }]
  })
}

const completionOf = (completion: unknown): Fields => ({
  values: isObject(completion)
    ? [completion.values]
        .flat()
        .flatMap((one) => (typeof one === 'string' || typeof one === 'number' ? [String(one)] : []))
    : [],
})

function readServer({ serverInfo, ...result }: Fields): Fields {
  const info = isObject(serverInfo) ? serverInfo : {}
  return {
    ...result,
    ...aboutOf(result),
    serverInfo: {
      name: textOf(info.name),
      version: textOf(info.version),
      ...(typeof info.title === 'string' && { title: info.title }),
    },
  }
}

/** What a server says of itself. An odd instruction counts as none; undefined takes its place in the result. */
const aboutOf = ({ capabilities, instructions }: Fields): Fields => ({
  capabilities: capabilitiesOf(capabilities),
  instructions: typeof instructions === 'string' ? instructions : undefined,
})

const FLAGS = ['listChanged', 'subscribe']

/** A capability is an object of flags; some servers say `true` or, in PHP, `[]`, and null is none. */
function capabilitiesOf(capabilities: unknown): Fields {
  if (!isObject(capabilities)) return {}
  const entries = Object.entries(capabilities).flatMap(([name, value]): [string, unknown][] => {
    if (value === true || Array.isArray(value)) return [[name, {}]]
    if (!isObject(value) || name === 'tasks') return []
    if (name === 'experimental' || name === 'extensions')
      return [[name, Object.fromEntries(Object.entries(value).filter(([, inner]) => isObject(inner)))]]
    return [
      [
        name,
        Object.fromEntries(
          Object.entries(value).filter(([key, flag]) => !FLAGS.includes(key) || typeof flag === 'boolean'),
        ),
      ],
    ]
  })
  return Object.fromEntries(entries)
}

const textOf = (value: unknown): string => (['string', 'number', 'boolean'].includes(typeof value) ? String(value) : '')
