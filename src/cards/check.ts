import { addressPartsOf, signInAddressesOf } from './address-parts.ts'
import type { Card, CardInput } from './card.ts'
import { declaredVariablesOf } from './inputs.ts'
import { placeholdersIn } from './placeholders.ts'
import type { CardFile, CardPart } from './schema.ts'

export type CardProblem = { field: string; reason: string }

/** What the shape alone cannot say: names that must agree, and settings that would be unsafe. */
export function findCardProblems(file: CardFile, ours: CardPart, card: Card): CardProblem[] {
  return [
    ...serverProblems(file, ours),
    ...authProblems(file, ours),
    ...addressProblems(file, ours),
    ...nameProblems(file, ours),
    ...inputProblems(card),
    ...toolProblems(ours),
  ]
}

function serverProblems(file: CardFile, ours: CardPart): CardProblem[] {
  const found: CardProblem[] = namesOneServer(file, ours)
    ? []
    : [{ field: 'packages', reason: 'must name one server: a package or a remote' }]
  const secrets = new Set(declaredVariablesOf(file, ours).flatMap(([name, input]) => (input.isSecret ? [name] : [])))
  for (const [at, argument] of (file.packages[0]?.packageArguments ?? []).entries()) {
    const field = `packages.0.packageArguments.${at}.value`
    const used = placeholdersIn(argument.value ?? '')
    if (used.some((name) => secrets.has(name)))
      found.push({ field, reason: 'holds a secret, and arguments show in the process list: use environmentVariables' })
    if (argument.type === 'positional' && used.some((name) => !(name in ours.own)))
      found.push({ field, reason: "holds a person's input, which could be read as an option: use a named argument" })
  }
  return found
}

/** A server of our own may have a package beside it. */
function namesOneServer({ packages, remotes }: CardFile, { remote, builtin }: CardPart): boolean {
  const addresses = remotes.length + (remote === undefined ? 0 : 1)
  return builtin === undefined ? packages.length + addresses === 1 : addresses === 0
}

function authProblems(file: CardFile, { auth, remote }: CardPart): CardProblem[] {
  if (auth === undefined) return []
  const signsIn = auth.kind === 'oauth' || auth.kind === 'client_credentials'
  const found: [boolean, string, string][] = [
    [signsIn && file.remotes.length === 0 && remote === undefined, 'kind', 'is only for remote servers'],
    [auth.endpoints !== undefined && auth.issuer === undefined, 'endpoints', 'needs an issuer to be bound to'],
    [auth.resource !== undefined && auth.endpoints === undefined, 'resource', 'needs endpoints: nothing else is asked'],
    [
      auth.kind === 'client_credentials' && (auth.id === undefined || auth.secret === undefined),
      'kind',
      'needs an id and a secret',
    ],
    [!signsIn && Object.keys(auth).length > 1, 'kind', 'has no use for the other settings'],
  ]
  return found.flatMap(([wrong, field, reason]) => (wrong ? [{ field: `_meta.auth.${field}`, reason }] : []))
}

/** What a person types into an address must be there, may be seen, and may not decide where the address leads. */
function addressProblems(file: CardFile, ours: CardPart): CardProblem[] {
  const url = (ours.remote ?? file.remotes[0])?.url ?? ''
  const inputs = new Map(declaredVariablesOf(file, ours))
  const host = /^https:\/\/([^/?#]*)/.exec(url)?.[1] ?? ''
  const open = host.includes('{') && !/^(?:\{\w+\}|(?:(?:\{\w+\}|[a-z0-9-]+)\.)+[a-z0-9-]+\.[a-z]{2,})$/.test(host)
  const told = [url, ...signInAddressesOf(ours.auth ?? {})].flatMap(addressPartsOf)
  return [
    ...(open
      ? [{ field: 'url', reason: 'may have an input as its host, or as a label of it before the last two' }]
      : []),
    ...told.flatMap(({ name }) => {
      const input = inputs.get(name)
      if (input === undefined || (input.isRequired && !input.isSecret)) return []
      return [{ field: `_meta.inputs.${name}`, reason: 'is part of an address: it must be required and no secret' }]
    }),
  ]
}

/** Every name that is mentioned must be declared, and every name we describe must be asked for. */
function nameProblems(file: CardFile, ours: CardPart): CardProblem[] {
  const known = new Set([...declaredVariablesOf(file, ours).map(([name]) => name), ...Object.keys(ours.own)])
  const texts = textsOf(file, ours)
  const unknown = texts.flatMap(([field, text]) =>
    placeholdersIn(text)
      .filter((name) => !known.has(name))
      .map((name) => ({ field, reason: `mentions {${name}}, which no variable declares` })),
  )
  const idle = Object.keys(ours.inputs)
    .filter((name) => !known.has(name) || name in ours.own)
    .map((name) => ({ field: `_meta.inputs.${name}`, reason: 'describes an input that the server does not ask for' }))
  return [...unknown, ...idle]
}

function textsOf(file: CardFile, ours: CardPart): [field: string, text: string][] {
  const pack = file.packages[0]
  const remote = ours.remote ?? file.remotes[0]
  const header = (remote?.headers ?? []).flatMap((one) => [one.name, one.value])
  return [
    ...(pack?.packageArguments ?? []).map((one): [string, string] => ['packageArguments', one.value ?? '']),
    ...(pack?.environmentVariables ?? []).map((one): [string, string] => ['environmentVariables', one.value]),
    ...header.map((text): [string, string] => ['headers', text]),
    ...(ours.builtin?.settings ?? []).map((one): [string, string] => ['_meta.builtin', one.value]),
    ['url', remote?.url ?? ''],
    ['_meta.auth.id', ours.auth?.id ?? ''],
    ['_meta.auth.secret', ours.auth?.secret ?? ''],
    ...signInAddressesOf(ours.auth ?? {}).map((text): [string, string] => ['_meta.auth', text]),
    ...partTexts('signing', ours.signing),
    ...partTexts('tls', ours.tls),
    ...ours.reaches.map((text): [string, string] => ['_meta.reaches', text]),
    ...ours.hosts.map((text): [string, string] => ['_meta.hosts', text]),
  ]
}

const partTexts = (part: string, texts: Record<string, string | undefined> = {}): [field: string, text: string][] =>
  Object.values(texts).map((text) => [`_meta.${part}`, text ?? ''])

function inputProblems(card: Card): CardProblem[] {
  return card.inputs.flatMap((input) => {
    const field = `_meta.inputs.${input.name}`
    const pattern = compilePattern(input.pattern)
    const placing = placingProblem(card, input)
    if (placing !== undefined) return [{ ...placing, field: `${field}.${placing.field}` }]
    if (pattern === undefined) return [{ field: `${field}.pattern`, reason: 'is not a regular expression' }]
    const misfit = [input.default, ...(input.choices ?? []), ...(input.secret ? [] : [input.example])]
      .filter((value) => value !== undefined)
      .find((value) => !pattern.test(value))
    return misfit === undefined
      ? []
      : [{ field: `${field}.pattern`, reason: `does not take the card's own "${misfit}"` }]
  })
}

/** What is wrong with where an input stands in the form. */
function placingProblem({ inputs }: Card, { more, required, instead }: CardInput): CardProblem | undefined {
  if (more && required) return { field: 'more', reason: 'hides an input that is required' }
  const isUnknown = instead !== undefined && !inputs.some(({ name }) => name === instead)
  return isUnknown ? { field: 'instead', reason: 'names no input' } : undefined
}

function compilePattern(pattern: string | undefined): RegExp | undefined {
  try {
    return new RegExp(`^(?:${pattern ?? '[^]*'})$`)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function toolProblems(ours: CardPart): CardProblem[] {
  const all = [...ours.tools.read, ...ours.tools.write, ...ours.tools.destructive]
  const twice = all.filter((tool, at) => all.indexOf(tool) !== at)
  const named = [...ours.idempotent, ...Object.keys(ours.sql), ...Object.keys(ours.replaces)]
  const unclassed = named.filter((tool) => !all.includes(tool))
  const noReads = Object.values(ours.replaces).flatMap(({ seenWith }) =>
    ours.tools.read.includes(seenWith) ? [] : [seenWith],
  )
  return [
    ...twice.map((tool) => ({ field: '_meta.tools', reason: `names ${tool} twice` })),
    ...unclassed.map((tool) => ({ field: '_meta.tools', reason: `has no class for ${tool}` })),
    ...noReads.map((tool) => ({ field: '_meta.replaces', reason: `looks with ${tool}, which is no read` })),
  ]
}
