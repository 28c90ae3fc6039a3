import type { RegistryEntry } from '../../registry/entry.ts'
import { truncate } from '../../text.ts'
import { type RegistryHeader, RegistryServerRemote, RegistryVariable, type RegistryVariables } from './server-json.ts'

type RegistryInput = RegistryEntry['inputs'][number]

/** Where an entry's server is, in the words of our own cards. */
export type RegistryRemote = Pick<RegistryEntry, 'url' | 'headers' | 'inputs'> & { sse: boolean }

/** More than a form that people would fill in. */
const MOST_INPUTS = 15

/** Those that steer the connection itself or the protocol are not an entry's to set. */
export const PROTOCOL_HEADER =
  /^(?:host|cookie|connection|upgrade|te|trailer|expect|accept.*|content-.*|transfer-.*|proxy-.*|sec-.*|mcp-.*|last-event-id)$/i

const VARIABLE = /\{([\w.-]{1,64})\}/g
/** What our own templates read as a name and a password. */
const PAIR = /\{[a-zA-Z][a-zA-Z0-9]*:[a-zA-Z][a-zA-Z0-9]*\}/

/**
 * Turns a remote into an address, headers and inputs as cards have them, or says why we could not or should not connect to
 * it: no safe address, a secret in the address (it would show in logs on the way), a header that it needs and cannot have.
 */
export function readRemote(written: unknown, usable: (url: string) => boolean): RegistryRemote | { why: string } {
  const parsed = RegistryServerRemote.safeParse(written)
  if (!parsed.success) return { why: 'a remote that cannot be read' }
  const { type, url, headers, variables } = parsed.data
  const sent = headers.filter(({ name }) => !PROTOCOL_HEADER.test(name))
  const refused = headers.filter(({ name }) => PROTOCOL_HEADER.test(name)).some(isNeeded)
  if (refused) return { why: "a header that is the protocol's own" }
  if ([url, ...sent.map(({ value }) => value ?? '')].some((text) => PAIR.test(text)))
    return { why: 'a name and a password in one place' }
  const collector = createInputCollector()
  const address = collector.template(url, (name) => urlInputOf(name, variables))
  if (collector.inputs().some(({ secret }) => secret)) return { why: 'a secret in the address' }
  if (!usable(sampleOf(address, collector.inputs()))) return { why: 'an address that may not be connected to' }
  const values = sent.flatMap((header) => {
    const value = collector.fits(header) ? headerValue(header, collector) : undefined
    return value === undefined ? [] : [[header.name, value]]
  })
  if (collector.inputs().length > MOST_INPUTS) return { why: 'more inputs than a form can ask for' }
  return { url: address, headers: Object.fromEntries(values), inputs: collector.inputs(), sse: type === 'sse' }
}

/** A server that wants it of a person cannot do without it. */
const isNeeded = ({ isRequired, isSecret, value }: RegistryHeader): boolean =>
  isRequired === true && (value === undefined || isSecret === true || value.search(VARIABLE) >= 0)

/** A header without a value is filled in as a whole. */
function headerValue(header: RegistryHeader, collector: InputCollector): string {
  const { name, value, variables, isRequired = false } = header
  if (value === undefined) return collector.ask(`header ${name}`, headerInputOf(name, name, header))
  return collector.template(value, (variable) => {
    const declared = Object.hasOwn(variables, variable) ? variables[variable] : undefined
    if (declared?.value !== undefined) return declared.value.replace(VARIABLE, '')
    const input = headerInputOf(variable, name, declared ?? RegistryVariable.parse({}))
    return { ...input, required: input.required || isRequired }
  })
}

/**
 * A value in a header is a secret unless it is chosen from a list, or is said to be none by an entry whose names do not speak of
 * keys: entries often forget to mark their keys.
 */
function headerInputOf(name: string, header: string, variable: RegistryVariable): RegistryInput {
  const isPlain =
    variable.isSecret !== true &&
    (choicesOf(variable) !== undefined || (variable.isSecret === false && !namesSecret(name) && !namesSecret(header)))
  return registryInputOf(name, variable, !isPlain)
}

/** A part of an address is no secret unless it is marked or called so. */
function urlInputOf(name: string, variables: RegistryVariables): RegistryInput | string {
  const variable = Object.hasOwn(variables, name) ? variables[name] : undefined
  if (variable?.value !== undefined) return variable.value.replace(VARIABLE, '')
  const secret = variable?.isSecret ?? (namesSecret(name) && (variable?.choices.length ?? 0) === 0)
  return { ...registryInputOf(name, variable ?? RegistryVariable.parse({}), secret), required: true }
}

const SECRET_WORD =
  /^(?:auth(?:n|z|orization|entication)?|\w*(?:token|secret|password|passwd|passphrase|credential|apikey)s?|(?:api|access|secret|private|license)?keys?|pwd|pass|pat|pin|jwt|bearer|cookie|session|signature)$/

/** Whether a name speaks of a key: `X-Api-Key`, `apiKey`, `github_token`, but not `monkey` or `X-Author`. */
export const namesSecret = (name: string): boolean =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .some((word) => SECRET_WORD.test(word))

type InputCollector = ReturnType<typeof createInputCollector>

/** Collects the inputs of an entry under names of our own, because its names may hold characters that our templates do not take. */
function createInputCollector() {
  const inputsByKey = new Map<string, RegistryInput>()
  const ask = (key: string, input: RegistryInput): string => {
    const known = inputsByKey.get(key) ?? { ...input, name: `value${inputsByKey.size + 1}` }
    const { secret, required } = { secret: known.secret || input.secret, required: known.required || input.required }
    inputsByKey.set(key, { ...known, secret, required })
    return `{${known.name}}`
  }
  /** `inputFor`: the input of a name in braces, or the text that stands for it. */
  const template = (text: string, inputFor: (name: string) => RegistryInput | string): string =>
    text.replace(VARIABLE, (_, name: string) => {
      const input = inputFor(name)
      return typeof input === 'string' ? input : ask(name, input)
    })
  /** Beyond what a form can ask for, only what the server cannot do without counts. */
  const fits = ({ isRequired }: RegistryHeader): boolean => isRequired === true || inputsByKey.size < MOST_INPUTS
  return { ask, template, fits, inputs: () => [...inputsByKey.values()] }
}

/** The address as it could be filled in. */
function sampleOf(url: string, inputs: RegistryInput[]): string {
  const samples = new Map(inputs.map((input) => [input.name, input.default ?? input.choices?.[0]]))
  return url.replace(/\{(\w+)\}/g, (_, name: string, at: number) => {
    return samples.get(name) ?? (url.charAt(at - 1) === ':' ? '443' : 'sample')
  })
}

/** As many as Slack's menus take, and as long. */
const MOST_CHOICES = 100
const MOST_CHOICE_CHARS = 75

const PATTERNS: Record<string, string> = { number: '-?\\d+(?:\\.\\d+)?' }

/** Its description is the hint; a menu where it names choices. What is usual for a secret is only shown as an example. */
function registryInputOf(name: string, variable: RegistryVariable, secret: boolean): RegistryInput {
  const choices = secret ? undefined : choicesOf(variable)
  const usual = lineOf(variable.default, 200)
  return {
    name,
    label: labelOf(name),
    hint: lineOf(variable.description, 150) ?? '',
    secret,
    required: variable.isRequired ?? false,
    pattern: PATTERNS[variable.format],
    example: lineOf(variable.placeholder, 100) ?? (secret ? usual : undefined),
    choices,
    default: secret || (choices !== undefined && !choices.includes(usual ?? '')) ? undefined : usual,
  }
}

/** Undefined for no text and for one of which nothing is left. */
const lineOf = (text: string | undefined, max: number): string | undefined =>
  text === undefined ? undefined : toPlainLine(text, max) || undefined

function choicesOf({ format, choices }: RegistryVariable): string[] | undefined {
  const named = [...new Set(format === 'boolean' ? ['true', 'false'] : choices)]
  const fit = named.every(
    (one) => one !== '' && one.length <= MOST_CHOICE_CHARS && one === toPlainLine(one, MOST_CHOICE_CHARS),
  )
  return fit && named.length > 0 && named.length <= MOST_CHOICES ? named : undefined
}

/** "api_key" and "apiKey" as "Api key"; Slack itself says of an input that it is optional. */
function labelOf(name: string): string {
  const words = name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replace(/[_.-]+/g, /[A-Z]/.test(name) ? '-' : ' ')
    .replace(/\boptional\b/gi, '')
    .trim()
  return toPlainLine(words.charAt(0).toUpperCase() + words.slice(1), 48) || 'Value'
}

/**
 * A stranger's text as one plain line of at most `max` characters: nothing invisible, no addresses Slack would make links
 * of, no emoji codes that could pass for marks of ours.
 */
export function toPlainLine(text: string, max: number): string {
  const line = text
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .replace(/\b[a-z][a-z0-9+.-]*:\/\/\S+/gi, '')
    .replace(/:([\w+-]+):/g, '$1')
    .replace(/ {2,}/g, ' ')
    .trim()
  return truncate(line, max)
}
