import type { RegistryEntry } from '../../registry/entry.ts'
import { namesSecret, PROTOCOL_HEADER, toPlainLine } from '../catalog/read-remote.ts'

type EntryInput = RegistryEntry['inputs'][number]

/** Headers as an entry has them, what has to be filled in for them, and which could not be taken over. */
export type HeaderInputs = { headers: Record<string, string>; inputs: EntryInput[]; leftOut: string[] }

const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/
const SCHEME = /^(Bearer|Basic|Token|ApiKey|Api-Key|Key|Bot)\s+(?=\S)/i
/** A plain word or two, a date, a number or a short list: nothing like a key. */
const PLAIN_VALUE = /^[A-Za-z0-9][A-Za-z0-9 .,:_/-]{0,39}$/
/** `${X}`, `${X:-default}`, `${env:X}`, `${input:x}`, `{env:X}`, `{{X}}`, `$X`. */
const REFERENCE =
  /\$?\{\{?\s*(?:env:|input:|secrets?\.)?([A-Za-z_][\w.-]{0,63})(?::-[^{}]*)?\s*\}?\}|\$([A-Za-z_]\w{0,63})/

/** A form that people would fill in. */
const MOST_HEADERS = 10

/**
 * A header's value is a secret that is asked for and never taken over, unless its name and form say otherwise. `hints`: what the file
 * itself says of an input by its id.
 */
export function headerInputsOf(headers: Record<string, string>, hints: Record<string, string>): HeaderInputs {
  const told = Object.entries(headers).filter(([name]) => !IMPLIED.test(name))
  const usable = told.filter(([name]) => isUsableName(name)).slice(0, MOST_HEADERS)
  const names = new Set(usable.map(([name]) => name))
  const found: HeaderInputs = { headers: {}, inputs: [], leftOut: [] }
  found.leftOut = told.flatMap(([name]) => (names.has(name) ? [] : [shownNameOf(name)]))
  for (const [name, value] of usable) {
    const input = isPlainValue(name, value)
      ? undefined
      : secretInputOf(name, value, { hints, number: found.inputs.length + 1 })
    if (input !== undefined) found.inputs.push(input)
    found.headers[name] = input === undefined ? value.trim() : `${schemeIn(value)}{${input.name}}`
  }
  return found
}

/** A key in the place of a name is a mistake that must not be passed on. */
const isUsableName = (name: string): boolean =>
  HEADER_NAME.test(name) && !PROTOCOL_HEADER.test(name) && !isKeyLike(name)

const shownNameOf = (name: string): string => (isKeyLike(name) ? 'a header' : toPlainLine(name, 60))

/** Every client sends them. */
const IMPLIED = /^(?:accept|content-type|mcp-protocol-version)$/i

/** What stands before a key in its header, with a space behind it; empty where nothing does. */
export function schemeIn(value: string): string {
  const scheme = SCHEME.exec(value.trim())?.[1]
  return scheme === undefined ? '' : `${scheme} `
}

const isPlainValue = (name: string, value: string): boolean =>
  !namesSecret(name) && PLAIN_VALUE.test(value.trim()) && !MIXED_WORD.test(value) && !isGap(value) && !isKeyLike(value)

/** Letters and digits in one word, as in a short key or a password. */
const MIXED_WORD = /(?=[a-z\d]{8})(?:[a-z]+\d|\d+[a-z])/i

/** What stands where a value is to be filled in: `<your key>`, `YOUR_KEY`, `xxxx`, `sk-...`. */
export const isGap = (value: string): boolean =>
  value.trim() === '' ||
  REFERENCE.test(value) ||
  /^<.*>$|^\[.*\]$|\.{3}|…|\*{3}|x{4}|\b(?:your|my|insert|replace|change|paste|enter|todo|placeholder|example)[\s_-]*(?:\w+[\s_-]*)?(?:key|token|secret|here|me|it)\b/i.test(
    value.replaceAll('_', ' '),
  )

/** Letters and digits mixed without words between them, as keys are. */
export function isKeyLike(value: string): boolean {
  const parts = value.split(/[^A-Za-z0-9_-]+/)
  return parts.some(
    (part) => part.length >= 16 && /[A-Za-z]/.test(part) && (part.match(/\d/g)?.length ?? 0) >= 3 && !isWordy(part),
  )
}

/** `my-server-2024-01`: short words and numbers between dashes. */
const isWordy = (part: string): boolean =>
  part.split(/[-_]/).every((word) => word.length <= 12 && /^(?:[A-Za-z]*\d{0,4}|\d{1,4})$/.test(word)) &&
  /[-_]/.test(part)

type Naming = { hints: Record<string, string>; number: number }

function secretInputOf(header: string, value: string, { hints, number }: Naming): EntryInput {
  const reference = referenceIn(value)
  const hint = reference === undefined || !Object.hasOwn(hints, reference) ? undefined : hints[reference]
  return {
    name: `value${number}`,
    label: labelFor(reference ?? (header.toLowerCase() === 'authorization' ? 'Key' : header)),
    hint: [hint === undefined ? '' : toPlainLine(hint, 90).replace(/(?<=\w)$/, '.'), `Sent as ${header}.`]
      .join(' ')
      .trim(),
    secret: true,
    required: true,
  }
}

/** What the value refers to, where it is one reference; a key may begin with a dollar sign. */
function referenceIn(value: string): string | undefined {
  const found = value.match(new RegExp(REFERENCE, 'g')) ?? []
  const [, braced, bare = ''] = REFERENCE.exec(value) ?? []
  const name = braced ?? bare
  return found.length === 1 && !isKeyLike(name) ? name : undefined
}

/** `API_KEY` and `apiKey` as "Api key". */
export function labelFor(name: string): string {
  const words = name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replace(/[_.\s-]+/g, /^[A-Z][a-z]*-/.test(name) ? '-' : ' ')
    .trim()
  const text = /^[A-Z\d ]+$/.test(words) ? words.toLowerCase() : words
  return toPlainLine(text.charAt(0).toUpperCase() + text.slice(1), 48) || 'Key'
}
