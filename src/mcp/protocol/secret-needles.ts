import { decodeUriText } from '../../text.ts'
import { createUnescape, unwrapText } from './unescape-text.ts'

/** A spelling of a secret, as UTF-8 bytes in a Latin-1 string. */
export type Needle = {
  kind: 'plain' | 'base64' | 'hex'
  bytes: string
  /** Found only where no letter or digit touches it: shorter ones are often part of something else. */
  alone: boolean
  /** Base64 whose first or last sign also holds bits of what stands beside the secret. */
  shared: { first: boolean; last: boolean }
}

// Shorter ones are often part of ordinary words.
const SECRET_MIN_CHARS = 4
// From here on no text or file has one by chance.
const LONG_SECRET_CHARS = 6

/** All that a redactor looks for. Knows each secret also as its parts (the token after "Bearer", a URL's password). */
export function needlesOf(secrets: string[]): Needle[] {
  const needles = [...new Set(secrets.flatMap(partsOf))].flatMap(spellingsOf)
  const byText = new Map(needles.map((needle) => [`${needle.kind}:${needle.bytes}`, needle]))
  return [...byText.values()]
}

/** UTF-8 bytes as a Latin-1 string, in which each sign is a byte: `%c3%bc` and `ü` are then alike. */
export const bytesOf = (text: string): string =>
  Buffer.byteLength(text) === text.length ? text : Buffer.from(text, 'utf8').toString('latin1')

/** Words of letters alone that everybody uses; removing them would damage what is no secret. A password of six letters or more is one. */
const SHORT_WORD = /^[a-z]{1,5}$/i
const COMMON_WORDS = new Set(
  `access anonymous apikey bearer client database default development digest enabled header localhost member number object
  password postgres private production public schema secret server string system undefined unknown username`.split(
    /\s+/,
  ),
)
/** How a credential of several words begins, with a digit or sign in it: "OAuth2", "Api_Key". */
const SCHEME = /^(?:[a-z]+[-_])*(?:bearer|oauth2?|token|(?:api[-_]?)?key)[:=]?$/i
/** The frame around a key or certificate (RFC 7468). */
const PEM_FRAME = /-----(?:BEGIN|END) [A-Z0-9 ]{1,40}-----/g

const isSecret = (part: string): boolean =>
  part.length >= SECRET_MIN_CHARS && !SHORT_WORD.test(part) && !COMMON_WORDS.has(part.toLowerCase())

function partsOf(secret: string): string[] {
  const words = secret.replace(PEM_FRAME, ' ').trim().split(/\s+/)
  // The first words say how it is used ("GoogleLogin", "Bearer") where they are letters alone; the last is the credential.
  const last = words.length - 1
  const own = words.filter((word, at) => at === last || (!SCHEME.test(word) && /[^a-z-]/i.test(word)))
  return [...[secret, ...own].filter(isSecret), ...passwordsOf(secret)]
}

const PASSWORD_MIN_CHARS = 6

/** A URL's password, unless another part of the URL says the same: otherwise "postgres" would be removed from every answer. */
function passwordsOf(secret: string): string[] {
  if (!URL.canParse(secret)) return []
  const { password, username, hostname, pathname } = new URL(secret)
  if (password.length < PASSWORD_MIN_CHARS || [username, hostname, pathname.slice(1)].includes(password)) return []
  return [password, decodeUriText(password)]
}

const NOT_SHARED = { first: false, last: false }

function spellingsOf(secret: string): Needle[] {
  const alone = secret.length < LONG_SECRET_CHARS
  const plain = (bytes: string): Needle => ({ kind: 'plain', bytes, alone, shared: NOT_SHARED })
  const hex = (bytes: string): Needle => ({ kind: 'hex', bytes, alone, shared: NOT_SHARED })
  const utf8 = Buffer.from(secret.toWellFormed(), 'utf8')
  const bytes = unwrapText(utf8.toString('latin1').trim())
  // What it becomes where escapes are resolved, and what a form writes for its spaces.
  const others = [createUnescape([bytes])(bytes).bytes, bytes.replaceAll(' ', '+')]
  return [
    ...[...new Set([bytes, ...others])].filter((one) => one.length >= SECRET_MIN_CHARS).map(plain),
    ...[0, 1, 2].flatMap((offset) => base64Of(utf8, offset, alone)),
    ...[utf8.toString('hex'), utf8.toString('hex').toUpperCase()].map(hex),
  ]
}

const BASE64_BITS = 6

/** The signs of base64 that the secret alone decides where it begins at this byte of three, in both alphabets. */
function base64Of(utf8: Buffer, offset: number, alone: boolean): Needle[] {
  const all = Buffer.concat([Buffer.alloc(offset), utf8])
  const bits = all.length * 8
  const from = Math.ceil((offset * 8) / BASE64_BITS)
  const to = Math.floor(bits / BASE64_BITS)
  const shared = { first: offset > 0, last: bits % BASE64_BITS !== 0 }
  const texts = new Set([all.toString('base64').slice(from, to), all.toString('base64url').slice(from, to)])
  return [...texts].map((bytes) => ({ kind: 'base64', bytes, alone, shared }))
}
