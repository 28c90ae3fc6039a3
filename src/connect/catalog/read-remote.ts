import { z } from 'zod'
import type { RegistryEntry } from '../../registry/entry.ts'
import { truncate } from '../../text.ts'

type RegistryInput = RegistryEntry['inputs'][number]

/** What a server.json says of a value: all of it optional, none of it trusted. */
const RegistryVariable = z.looseObject({
  description: z.string().default(''),
  isRequired: z.boolean().default(false),
  isSecret: z.boolean().default(false),
  format: z.enum(['string', 'number', 'boolean', 'filepath']).default('string').catch('string'),
  value: z.string().max(500).optional(),
  default: z.string().optional(),
  placeholder: z.string().optional(),
  choices: z.array(z.string()).default([]),
})

/** Where an entry's server is, in the words of our own cards. */
export type RegistryRemote = Pick<RegistryEntry, 'url' | 'headers' | 'inputs'> & { sse: boolean }

const Variables = z.record(z.string().regex(/^[\w.-]{1,64}$/), RegistryVariable).default({})

const Header = RegistryVariable.extend({
  name: z.string().regex(/^[A-Za-z0-9-]{1,64}$/),
  variables: Variables,
})

const Remote = z.looseObject({
  type: z.enum(['streamable-http', 'sse']),
  url: z.string().max(500),
  headers: z.array(Header).max(20).default([]),
  variables: Variables,
})

/** More than a form that people would fill in. */
const MOST_INPUTS = 15

/** Those that steer the connection itself or the protocol are not an entry's to set. */
const OURS =
  /^(?:host|cookie|connection|upgrade|te|trailer|expect|accept.*|content-.*|transfer-.*|proxy-.*|sec-.*|mcp-.*|last-event-id)$/i

const VARIABLE = /\{([\w.-]{1,64})\}/g
/** What our own templates read as a name and a password. */
const PAIR = /\{[a-zA-Z][a-zA-Z0-9]*:[a-zA-Z][a-zA-Z0-9]*\}/

type Variables = z.infer<typeof Variables>

/**
 * Turns a remote into an address, headers and inputs as cards have them; undefined for one that we could not or should not
 * connect to: no safe address, a secret in the address (it would show in logs on the way), a header that is the protocol's.
 */
export function readRemote(written: unknown, usable: (url: string) => boolean): RegistryRemote | undefined {
  const parsed = Remote.safeParse(written)
  if (!parsed.success) return undefined
  const { type, url, headers, variables } = parsed.data
  const texts = [url, ...headers.map(({ value }) => value ?? '')]
  if (texts.some((text) => PAIR.test(text)) || headers.some(({ name }) => OURS.test(name))) return undefined
  const collector = createInputCollector()
  const address = collector.template(url, variables, { required: true, secret: false })
  if (collector.inputs().some(({ secret }) => secret) || !usable(sampleOf(address, collector.inputs())))
    return undefined
  const sent = headers.map((header) => [header.name, headerValue(header, collector)])
  if (collector.inputs().length > MOST_INPUTS) return undefined
  return { url: address, headers: Object.fromEntries(sent), inputs: collector.inputs(), sse: type === 'sse' }
}

/** A header without a value is filled in as a whole. */
function headerValue(header: z.infer<typeof Header>, collector: InputCollector): string {
  const { name, value, isRequired } = header
  if (value === undefined) return collector.ask(`header ${name}`, registryInputOf(name, header))
  return collector.template(value, header.variables, { required: isRequired, secret: true })
}

type InputCollector = ReturnType<typeof createInputCollector>

/** Collects the inputs of an entry under names of our own, because its names may hold characters that our templates do not take. */
function createInputCollector() {
  const inputsByKey = new Map<string, RegistryInput>()
  const ask = (key: string, input: RegistryInput): string => {
    const known = inputsByKey.get(key) ?? { ...input, name: `value${inputsByKey.size + 1}` }
    inputsByKey.set(key, { ...known, required: known.required || input.required })
    return `{${known.name}}`
  }
  /** A name that no variable declares is asked for all the same: `undeclared` says how. */
  const template = (text: string, variables: Variables, undeclared: { required: boolean; secret: boolean }): string =>
    text.replace(VARIABLE, (_, name: string) => {
      const variable = Object.hasOwn(variables, name) ? variables[name] : undefined
      if (variable?.value !== undefined) return variable.value.replace(VARIABLE, '')
      const input = registryInputOf(name, variable ?? RegistryVariable.parse({ isSecret: undeclared.secret }))
      return ask(name, { ...input, required: input.required || undeclared.required })
    })
  return { ask, template, inputs: () => [...inputsByKey.values()] }
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

/** Its description is the hint; a menu where it names choices. */
function registryInputOf(name: string, variable: z.infer<typeof RegistryVariable>): RegistryInput {
  const choices = choicesOf(variable)
  const usual = variable.isSecret || variable.default === undefined ? undefined : toPlainLine(variable.default, 200)
  const fits = usual !== undefined && (choices === undefined || choices.includes(usual))
  return {
    name,
    label: labelOf(name),
    hint: toPlainLine(variable.description, 150),
    secret: variable.isSecret,
    required: variable.isRequired,
    pattern: PATTERNS[variable.format],
    example: variable.placeholder === undefined ? undefined : toPlainLine(variable.placeholder, 100) || undefined,
    choices,
    default: fits && usual !== '' ? usual : undefined,
  }
}

function choicesOf({ format, choices, isSecret }: z.infer<typeof RegistryVariable>): string[] | undefined {
  const named = [...new Set(format === 'boolean' ? ['true', 'false'] : choices)]
  const fit = named.every(
    (one) => one !== '' && one.length <= MOST_CHOICE_CHARS && one === toPlainLine(one, MOST_CHOICE_CHARS),
  )
  return !isSecret && fit && named.length > 0 && named.length <= MOST_CHOICES ? named : undefined
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
