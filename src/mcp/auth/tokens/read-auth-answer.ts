import { OAuthErrorCode, type StandardSchemaV1, specTypeSchemas } from '@modelcontextprotocol/client'
import { isObject, parseLooseJson } from '../../protocol/loose-json.ts'

type Fields = Record<string, unknown>

/** What was asked, as far as an answer is read by it. */
type AuthRequest = { url: string; body: unknown }

/**
 * The text of a sign-in service's answer as the SDK takes it: optional fields that are odd are mended or left out, null counts as
 * absent, a form counts as JSON, and an error gets its standard code. Any other text comes back as it is.
 */
export function readAuthAnswer(text: string, ok: boolean, { url, body }: AuthRequest): string {
  const asked = fieldsOf(body)
  const fields = parseFields(text, 'grant_type' in asked)
  if (!ok) return 'grant_type' in asked ? JSON.stringify(readError(fields, text)) : text
  if (fields === undefined) return text
  if ('grant_type' in asked && !('access_token' in fields)) return JSON.stringify(readError(fields, text))
  return JSON.stringify(soundFieldsOf(fields, asked, url))
}

function fieldsOf(body: unknown): Fields {
  if (body instanceof URLSearchParams) return Object.fromEntries(body)
  return typeof body === 'string' ? (parseObject(body) ?? {}) : {}
}

function parseFields(text: string, mayBeForm: boolean): Fields | undefined {
  const json = parseObject(text)
  if (json !== undefined || !mayBeForm || !/^\s*\w+=/.test(text)) return json
  return Object.fromEntries(new URLSearchParams(text.trim()))
}

function parseObject(text: string): Fields | undefined {
  try {
    const json = parseLooseJson(text)
    return isObject(json) ? json : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function soundFieldsOf(answer: Fields, asked: Fields, url: string): Fields {
  const fields = Object.fromEntries(Object.entries(answer).filter(([, value]) => value !== null && value !== ''))
  if ('access_token' in fields) return mend(specTypeSchemas.OAuthTokens, { token_type: 'Bearer', ...fields })
  // RFC 7591: what a service does not say of a client is as it was asked for.
  if ('client_id' in fields && 'redirect_uris' in asked)
    return mend(specTypeSchemas.OAuthClientInformationFull, { ...fields, redirect_uris: asked.redirect_uris })
  if ('resource' in fields) return mend(specTypeSchemas.OAuthProtectedResourceMetadata, fields)
  if (!('token_endpoint' in fields)) return fields
  const metadata = { response_types_supported: ['code'], ...fields }
  return url.includes('openid-configuration')
    ? mend(specTypeSchemas.OpenIdProviderDiscoveryMetadata, { ...UNREAD_OPENID_FIELDS, ...metadata })
    : mend(specTypeSchemas.OAuthMetadata, metadata)
}

/** The SDK wants these in an OpenID description; nothing here reads them. */
const UNREAD_OPENID_FIELDS = {
  jwks_uri: 'https://localhost/',
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['RS256'],
}

/** Each round mends the fields that the schema still refuses; what cannot be mended is left out. */
function mend(schema: StandardSchemaV1, fields: Fields): Fields {
  let sound = fields
  for (const candidate of CANDIDATES) {
    const odd = oddFieldsOf(schema, sound)
    if (odd.size === 0) return sound
    const entries = Object.entries(sound).flatMap(([key, value]): [string, unknown][] => {
      if (!odd.has(key)) return [[key, value]]
      const mended = candidate(value, odd.get(key) ?? [])
      return mended === undefined ? [] : [[key, mended]]
    })
    sound = Object.fromEntries(entries)
  }
  return sound
}

/** By field, which items of it are refused; none means the whole. */
function oddFieldsOf(schema: StandardSchemaV1, fields: Fields): Map<string, number[]> {
  const checked = schema['~standard'].validate(fields)
  if (checked instanceof Promise) throw new TypeError('the SDK checks its messages at once')
  const odd = new Map<string, number[]>()
  for (const { path = [] } of checked.issues ?? []) {
    const [key, item] = path.map((part) => (typeof part === 'object' ? part.key : part))
    if (typeof key === 'string') odd.set(key, [...(odd.get(key) ?? []), ...(typeof item === 'number' ? [item] : [])])
  }
  return odd
}

const CANDIDATES: ((value: unknown, items: number[]) => unknown)[] = [
  // A list loses the items that are refused; a text is a list in one line, and the other way round.
  (value, items) => {
    if (Array.isArray(value)) return items.length > 0 ? value.filter((_, at) => !items.includes(at)) : value.join(' ')
    return typeof value === 'string' && !isNumber(value) && !isFlag(value) ? value.split(/[\s,]+/) : value
  },
  (value) => {
    if (typeof value === 'string' && isFlag(value)) return value === 'true'
    if (typeof value === 'string' && isNumber(value)) return Number(value)
    return typeof value === 'number' ? String(value) : value
  },
  () => undefined,
]

const isNumber = (text: string): boolean => text.trim() !== '' && Number.isFinite(Number(text))
const isFlag = (text: string): boolean => text === 'true' || text === 'false'

type OAuthFailure = { error: string; error_description?: string }

/** An error by its standard code, whatever form it came in. */
function readError(fields: Fields | undefined, text: string): OAuthFailure {
  const { error } = fields ?? {}
  const codes = isObject(error) ? [error.code, error.error, error.type, error.message] : [error, fields?.code]
  const code = codes.find((one) => typeof one === 'string' && one !== '')
  const words = fields === undefined ? text : JSON.stringify(fields)
  const standard = standardCodeOf(typeof code === 'string' ? code : undefined, words)
  return {
    error: standard ?? (typeof code === 'string' && /^\w{1,60}$/.test(code) ? code : OAuthErrorCode.ServerError),
  }
}

/** The standard code that an error has or means; undefined where neither its code nor its words tell. */
export function standardCodeOf(code: string | undefined, words: string): string | undefined {
  const all = `${code ?? ''} ${words}`.slice(0, MAX_WORDS_CHARS)
  if (code === OAuthErrorCode.InvalidRequest && REFUSED_RESOURCE.test(all)) return OAuthErrorCode.InvalidTarget
  if (code !== undefined && STANDARD_CODES.has(code)) return code
  return MEANINGS.find(([meaning]) => meaning.test(all))?.[1]
}

const MAX_WORDS_CHARS = 2_000

const STANDARD_CODES = new Set<string>(Object.values(OAuthErrorCode))

const UNKNOWN =
  '(?:invalid|unknown|unregistered|incorrect|bad|expired|deleted|revoked|disabled|not[ _](?:been[ _])?(?:found|registered|valid|recogni[sz]ed|exist)|no such|does(?: not|n.t) exist)'
const CLIENT = '(?:client|application|app)(?:[ _]?(?:id|secret|credentials|authentication))*'
const GRANT = '(?:refresh[ _]?token|authorization[ _]?code|verification[ _]?code|grant)'

const nearby = (one: string, other: string): RegExp =>
  new RegExp(`\\b${one}[ _:"'-]*${other}|${other}[ _:"'-]*(?:[^\\s_]+[ _]){0,4}?${one}`, 'i')

const REFUSAL =
  '(?:unexpected|unknown|unsupported|unrecogni[sz]ed|disallowed|forbidden|invalid|extra|additional|not (?:be )?(?:allowed|supported|permitted|recogni[sz]ed|accepted|expected|valid|known)|cannot be|should not|must not)'
// The parameter, not the resource that somebody asked for or owns.
const RESOURCE = '(?<!requested )\\bresource\\b(?! (?:owner|server)s?\\b)'
const REFUSED_RESOURCE = new RegExp(`\\b${REFUSAL}\\b[^.]{0,60}${RESOURCE}|${RESOURCE}[^.]{0,60}\\b${REFUSAL}\\b`, 'i')

/** What services mean that have words or codes of their own for it. */
const MEANINGS: [RegExp, string][] = [
  [nearby(UNKNOWN, GRANT), OAuthErrorCode.InvalidGrant],
  [nearby(UNKNOWN, CLIENT), OAuthErrorCode.InvalidClient],
  [/\bunauthori[sz]ed[ _]client\b/i, OAuthErrorCode.UnauthorizedClient],
  [REFUSED_RESOURCE, OAuthErrorCode.InvalidTarget],
]
