import { z } from 'zod'
import type { RegistryEntry } from '../../registry/entry.ts'
import { type RegistryInput, RegistryVariable, registryInputOf } from './read-remote-input.ts'

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
  const asking = createAsking()
  const address = asking.template(url, variables, { required: true, secret: false })
  if (asking.inputs().some(({ secret }) => secret) || !usable(sampleOf(address, asking.inputs()))) return undefined
  const sent = headers.map((header) => [header.name, headerValue(header, asking)])
  if (asking.inputs().length > MOST_INPUTS) return undefined
  return { url: address, headers: Object.fromEntries(sent), inputs: asking.inputs(), sse: type === 'sse' }
}

/** A header without a value is filled in as a whole. */
function headerValue(header: z.infer<typeof Header>, asking: Asking): string {
  const { name, value, isRequired } = header
  if (value === undefined) return asking.ask(`header ${name}`, registryInputOf(name, header))
  return asking.template(value, header.variables, { required: isRequired, secret: true })
}

type Asking = ReturnType<typeof createAsking>

/** Collects what is asked for; an entry's own names may hold characters that our templates do not take, so they get ours. */
function createAsking() {
  const asked = new Map<string, RegistryInput>()
  const ask = (key: string, input: RegistryInput): string => {
    const known = asked.get(key) ?? { ...input, name: `value${asked.size + 1}` }
    asked.set(key, { ...known, required: known.required || input.required })
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
  return { ask, template, inputs: () => [...asked.values()] }
}

/** The address as it could be filled in. */
function sampleOf(url: string, inputs: RegistryInput[]): string {
  const samples = new Map(inputs.map((input) => [input.name, input.default ?? input.choices?.[0]]))
  return url.replace(/\{(\w+)\}/g, (_, name: string, at: number) => {
    return samples.get(name) ?? (url.charAt(at - 1) === ':' ? '443' : 'sample')
  })
}
