import type { JsonObject, JsonValue } from '../../json.ts'
import type { RedactPaths } from './redact-paths.ts'

/** Takes the connection's secrets and this machine's paths out of what a server says, and what Postgres cannot keep. */
export type Redactor = {
  text(text: string): string
  json(value: JsonValue): JsonValue
  object(value: JsonObject): JsonObject
}

// Shorter ones stand in ordinary words too often.
const SECRET_MIN_CHARS = 4
const PASSWORD_MIN_CHARS = 6
const INSTEAD = '[secret]'

/**
 * Knows each secret also as its parts (the token after "Bearer", a URL's password) and in common spellings (URL, JSON, base64).
 * `secrets` is asked each time, as tokens change; the same array means the same secrets.
 */
export function createRedactor(secrets: () => string[], hidePaths: RedactPaths): Redactor {
  let known: { of: string[]; hidden: string[] } | undefined
  const hidden = (): string[] => {
    const of = secrets()
    if (known?.of !== of) known = { of, hidden: spelled(of) }
    return known.hidden
  }
  const text = (said: string): string =>
    hidePaths(
      hidden().reduce((left, secret) => left.replaceAll(secret, INSTEAD), said.replaceAll('\0', '').toWellFormed()),
    )
  const object = (value: JsonObject): JsonObject =>
    Object.fromEntries(Object.entries(value).map(([key, inner]) => [text(key), json(inner)]))
  const json = (value: JsonValue): JsonValue => {
    if (typeof value === 'string') return text(value)
    if (Array.isArray(value)) return value.map(json)
    return value !== null && typeof value === 'object' ? object(value) : value
  }
  return { text, json, object }
}

const spelled = (secrets: string[]): string[] =>
  [...new Set(secrets.flatMap(partsOf).flatMap(spellingsOf))].toSorted((a, b) => b.length - a.length)

function partsOf(secret: string): string[] {
  const words = secret.trim().split(/\s+/)
  const parts = [secret, ...words].filter((part) => part.length >= SECRET_MIN_CHARS)
  return [...parts, ...passwordsOf(secret)]
}

/** A URL's password, unless another part of the URL says the same: "postgres" would else vanish from every answer. */
function passwordsOf(secret: string): string[] {
  if (!URL.canParse(secret)) return []
  const { password, username, hostname, pathname } = new URL(secret)
  if (password.length < PASSWORD_MIN_CHARS || [username, hostname, pathname.slice(1)].includes(password)) return []
  return [password, decoded(password)]
}

function spellingsOf(secret: string): string[] {
  return [
    secret,
    encodeURIComponent(secret.toWellFormed()),
    JSON.stringify(secret).slice(1, -1),
    Buffer.from(secret).toString('base64'),
  ]
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch (error) {
    if (error instanceof URIError) return text
    throw error
  }
}
