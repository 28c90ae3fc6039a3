import { mkdir, realpath } from 'node:fs/promises'
import type { JsonObject, JsonValue } from '../../json.ts'
import { decodeUriText } from '../../text.ts'
import type { StdioTarget } from './server-target.ts'

/** Removes the connection's secrets, this machine's paths and what Postgres cannot store from what a server says. */
export type Redactor = {
  text(text: string): string
  json(value: JsonValue): JsonValue
  object(value: JsonObject): JsonObject
  /** For what is sent back as it came (names, keys, addresses): it is never rewritten, but left out if it holds a secret. */
  holdsSecret(identifier: string): boolean
}

// Shorter ones are often part of ordinary words.
const SECRET_MIN_CHARS = 4
const PASSWORD_MIN_CHARS = 6
const HIDDEN_SECRET = '[secret]'

/**
 * Knows each secret also as its parts (the token after "Bearer", a URL's password) and in common spellings (URL, JSON, base64).
 * `secrets` is asked each time, as tokens change; the same array means the same secrets.
 */
export function createRedactor(secrets: () => string[], hidePaths: RedactPaths): Redactor {
  let known: { of: string[]; hidden: string[] } | undefined
  const hidden = (): string[] => {
    const of = secrets()
    if (known?.of !== of) known = { of, hidden: secretSpellingsOf(of) }
    return known.hidden
  }
  const text = (input: string): string =>
    hidePaths(hidden().reduce((left, secret) => left.replaceAll(secret, HIDDEN_SECRET), storable(input)))
  const holdsSecret = (identifier: string) => hidden().some((secret) => identifier.includes(secret))
  const object = (value: JsonObject): JsonObject =>
    Object.fromEntries(
      Object.entries(value).map(([key, inner]) => (holdsSecret(key) ? LEFT_OUT : [storable(key), json(inner)])),
    )
  const json = (value: JsonValue): JsonValue => {
    if (typeof value === 'string') return text(value)
    if (Array.isArray(value)) return value.map(json)
    return value !== null && typeof value === 'object' ? object(value) : value
  }
  return { text, json, object, holdsSecret }
}

const LEFT_OUT = ['[left out]', 'a field whose name holds a secret']

/** Without what Postgres cannot store. */
const storable = (text: string): string => text.replaceAll('\0', '').toWellFormed()

const secretSpellingsOf = (secrets: string[]): string[] =>
  [...new Set(secrets.flatMap(partsOf).flatMap(spellingsOf))].toSorted((a, b) => b.length - a.length)

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

const isSecret = (part: string): boolean =>
  part.length >= SECRET_MIN_CHARS && !SHORT_WORD.test(part) && !COMMON_WORDS.has(part.toLowerCase())

function partsOf(secret: string): string[] {
  const words = secret.trim().split(/\s+/)
  // The first words say how it is used ("GoogleLogin", "Bearer") where they are letters alone; the last is the credential.
  const last = words.length - 1
  const own = words.filter((word, at) => at === last || (!SCHEME.test(word) && /[^a-z-]/i.test(word)))
  return [...[secret, ...own].filter(isSecret), ...passwordsOf(secret)]
}

/** A URL's password, unless another part of the URL says the same: otherwise "postgres" would be removed from every answer. */
function passwordsOf(secret: string): string[] {
  if (!URL.canParse(secret)) return []
  const { password, username, hostname, pathname } = new URL(secret)
  if (password.length < PASSWORD_MIN_CHARS || [username, hostname, pathname.slice(1)].includes(password)) return []
  return [password, decodeUriText(password)]
}

function spellingsOf(secret: string): string[] {
  const url = encodeURIComponent(secret.toWellFormed())
  const form = new URLSearchParams({ secret }).toString().slice('secret='.length)
  const base64 = Buffer.from(secret).toString('base64')
  const json = JSON.stringify(secret).slice(1, -1)
  const ascii = json.replace(NOT_ASCII, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
  return [
    secret,
    ...[url, form].flatMap((one) => [one, one.replace(/%../g, (code) => code.toLowerCase())]),
    ...[json, ascii].flatMap((one) => [one, one.replaceAll('/', String.raw`\/`)]),
    ...[base64, base64.replace(/=+$/, ''), Buffer.from(secret).toString('base64url')],
  ]
}

/** What Python and PHP write as `\u…` in JSON, a UTF-16 unit at a time. */
const NOT_ASCII = /[\u0080-\uffff]/g

/** Takes this machine's paths out of what a server says: one in its own folder becomes relative, any other of ours `…`. */
export type RedactPaths = (text: string) => string

const HIDDEN_PATH = '…'
/** The folder with what follows in it, or the folder alone; not one whose name merely begins alike. */
const AFTER_FOLDER = String.raw`(?:(?<inner>/+(?=[^\s'"\x60/]))|/*(?![\w-]|\.\w))`
/** To where a path in a sentence or in JSON ends. */
const REST_OF_PATH = String.raw`(?:/[^\s'"\x60<>|,;()\[\]{}]*|(?![\w-]))`

/** Makes the target's folders, and knows them also by their real names, as servers that follow links say them. */
export async function createPathRedactor({ folders, around = [] }: StdioTarget): Promise<RedactPaths> {
  for (const folder of folders) await mkdir(folder, { recursive: true, mode: 0o700 })
  return hidePaths(await pathSpellingsOf(folders), await pathSpellingsOf(around))
}

/** The server's folder is also its working directory, so what is left of a path can be used as it stands. */
function hidePaths(folders: string[], around: string[]): RedactPaths {
  const inside = new RegExp(`${anyOf(folders)}${AFTER_FOLDER}`, 'g')
  const outside = around.length === 0 ? undefined : new RegExp(`${anyOf(around)}${REST_OF_PATH}`, 'g')
  return (text) => {
    const left = text.replace(inside, (_, inner: string | undefined) => (inner === undefined ? '.' : ''))
    return outside === undefined ? left : left.replace(outside, HIDDEN_PATH)
  }
}

async function pathSpellingsOf(folders: string[]): Promise<string[]> {
  const real = await Promise.all(folders.map(realOf))
  const names = [...folders, ...real].flatMap((folder) => [folder, encodeURI(folder)])
  return [...new Set(names)].toSorted((a, b) => b.length - a.length)
}

async function realOf(folder: string): Promise<string> {
  return realpath(folder).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return folder
    throw error
  })
}

const anyOf = (texts: string[]): string =>
  `(?:${texts.map((text) => text.replaceAll(/[^\w/]/g, String.raw`\$&`)).join('|')})`

// Honest values end at 20; far deeper ones exhaust the stack of whatever walks them.
const MAX_DEPTH = 100

/** Whether a server's JSON is nested too deeply for a recursive walk, as redaction is. Found without recursion. */
export function isNestedTooDeeply(value: unknown): boolean {
  let level: unknown[] = [value]
  for (let depth = 0; depth <= MAX_DEPTH; depth++) {
    level = level.flatMap((at) => (typeof at === 'object' && at !== null ? Object.values(at) : []))
    if (level.length === 0) return false
  }
  return true
}
