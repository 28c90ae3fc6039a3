import { isUtf8 } from 'node:buffer'
import { mkdir, realpath } from 'node:fs/promises'
import type { JsonObject, JsonValue } from '../../json.ts'
import { createSecretFinder, replaceRanges, replaceSecrets } from './find-secrets.ts'
import { bytesOf } from './secret-needles.ts'
import type { StdioTarget } from './server-target.ts'

/** Removes the connection's secrets, this machine's paths and what Postgres cannot store from what a server says. */
export type Redactor = {
  text(text: string): string
  /** Texts that follow one another: a secret may begin in one and end in another. */
  texts(texts: string[]): string[]
  /** A file in base64. Of a text the secrets are taken out; in other bytes each is overwritten, so that nothing moves. */
  blob(base64: string): string
  json(value: JsonValue): JsonValue
  object(value: JsonObject): JsonObject
  /** For what is sent back as it came (names, keys, addresses): it is never rewritten, but left out if it holds a secret. */
  holdsSecret(identifier: string): boolean
}

const HIDDEN_SECRET = '[secret]'
const hide = () => HIDDEN_SECRET

/** `secrets` is asked each time, as tokens change; the same array means the same secrets. */
export function createRedactor(secrets: () => string[], hidePaths: RedactPaths): Redactor {
  const find = createCurrent(secrets, (of) => createSecretFinder(of))
  const findInFile = createCurrent(secrets, (of) => createSecretFinder(of, { wide: true }))
  const texts = (inputs: string[]) => replaceSecrets(find(), inputs.map(storable), hide).map(hidePaths)
  const text = (input: string): string => texts([input]).join('')
  const holdsSecret = (identifier: string) => find()(bytesOf(storable(identifier))).length > 0
  const object = (value: JsonObject): JsonObject =>
    Object.fromEntries(
      Object.entries(value).map(([key, inner]) => (holdsSecret(key) ? LEFT_OUT : [storable(key), inside(inner)])),
    )
  const inside = (value: JsonValue): JsonValue => {
    if (value === null || typeof value !== 'object') return plain(value)
    return Array.isArray(value) ? value.map(inside) : object(value)
  }
  const plain = (value: string | number | boolean | null): JsonValue => {
    if (typeof value === 'string') return text(value)
    return typeof value === 'number' && holdsSecret(String(value)) ? HIDDEN_SECRET : value
  }
  const isClean = (value: JsonValue): boolean => {
    const written = JSON.stringify(value)
    return !NOT_STORABLE.test(written) && text(written) === written
  }
  return {
    text,
    texts,
    blob: (base64) => text(cleanFile(base64, findInFile())),
    // One look at the whole is far faster than one at each of its texts.
    json: (value) => (isClean(value) ? value : inside(value)),
    object: (value) => (isClean(value) ? value : object(value)),
    holdsSecret,
  }
}

const LEFT_OUT = ['[left out]', 'a field whose name holds a secret']

/** Without what Postgres cannot store. */
const storable = (text: string): string => text.replaceAll('\0', '').toWellFormed()
/** How JSON writes what Postgres cannot store. */
const NOT_STORABLE = /\\u(?:0000|d[89a-f])/

/** What is made of the secrets, made again when they have changed. */
function createCurrent<T>(secrets: () => string[], make: (of: string[]) => T): () => T {
  let known: { of: string[]; made: T } | undefined
  return () => {
    const of = secrets()
    if (known?.of !== of) known = { of, made: make(of) }
    return known.made
  }
}

function cleanFile(base64: string, find: ReturnType<typeof createSecretFinder>): string {
  const file = Buffer.from(base64, 'base64')
  const bytes = file.toString('latin1')
  const ranges = find(bytes)
  if (ranges.length === 0) return base64
  const put = isUtf8(file) ? hide : (secret: string) => '*'.repeat(secret.length)
  return Buffer.from(replaceRanges(bytes, ranges, { from: 0, put }), 'latin1').toString('base64')
}

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
