import { addressPartsOf, fitsAddressPart, signInAddressesOf } from '../../cards/address-parts.ts'
import type { Card, CardInput } from '../../cards/card.ts'
import { placeholdersIn } from '../../cards/placeholders.ts'
import type { Principal } from '../../ids.ts'
import type { Mcp } from '../../mcp/mcp.ts'
import { fillPlaceholders } from '../../mcp/protocol/server-target.ts'
import { permissionCardOf } from '../catalog/connectable-cards.ts'
import type { ConnectDeps, ConnectionDraft, InputProblem } from '../connect-types.ts'
import { findPemProblems } from './check-pem.ts'
import { addKeyScheme } from './key-scheme.ts'
import { operatorValuesFor } from './operator-values.ts'

type Checked = { filled: FilledInputs; problems: InputProblem[] }

/** The inputs of a draft, and what is wrong with it, found without connecting. */
export async function checkDraft(
  deps: ConnectDeps,
  by: Principal,
  card: Card,
  draft: ConnectionDraft,
): Promise<Checked> {
  const { filled, problems } = checkInputs(deps, card, draft.inputs, {})
  const [notAllowed, name] = await Promise.all([
    permissionProblems(deps, by, card),
    nameProblems(deps, by, normalizeConnectionName(draft.name)),
  ])
  return { filled, problems: [...notAllowed, ...name, ...problems] }
}

/** The card's inputs as typed, and what is wrong with them. `saved`: secrets for fields that were left empty. */
export function checkInputs(
  { prefills, mcp }: Pick<ConnectDeps, 'prefills'> & { mcp: Pick<Mcp, 'addressProblemIn'> },
  card: Card,
  typed: Record<string, string>,
  saved: Record<string, string>,
): Checked {
  const prefill = operatorValuesFor(card, prefills[card.name] ?? {}, typed)
  const { filled, problems } = fillInputs(card, typed, { saved, prefill })
  return {
    filled,
    problems: [
      ...problems,
      ...headerProblems(card, filled),
      ...findPemProblems(card, { ...filled.plain, ...filled.secret }),
      ...findAddressProblems(card, filled, mcp),
    ],
  }
}

/** A value whose header was not named would not be sent. */
function headerProblems({ server }: Card, { plain, secret }: FilledInputs): InputProblem[] {
  const all = { ...plain, ...secret }
  const headers = server.kind === 'http' ? Object.entries(server.headers) : []
  return headers.flatMap(([name, text]) => {
    const [field] = placeholdersIn(name)
    const isSent = fillPlaceholders(name, all) !== undefined || fillPlaceholders(text, all) === undefined
    return field === undefined || isSent ? [] : [{ field, message: 'Name the header that this value is for.' }]
  })
}

/** A workspace may say what can be connected; what is connected already stays. */
async function permissionProblems(
  { connectRefusal, noServersHere }: ConnectDeps,
  by: Principal,
  card: Card,
): Promise<InputProblem[]> {
  const runsHere = card.server.kind === 'stdio'
  const message =
    (runsHere ? noServersHere : undefined) ??
    (await connectRefusal?.(by, { name: permissionCardOf(card.name), title: card.title }))
  return message === undefined ? [] : [{ field: 'card', message }]
}

async function nameProblems(
  { registry, maxPerUser }: ConnectDeps,
  by: Principal,
  name: string,
): Promise<InputProblem[]> {
  const problem = connectionNameProblemIn(name)
  if (problem !== undefined) return [{ field: 'name', message: problem }]
  const connections = await registry.connectionsOf(by)
  if (connections.some((one) => one.name.toLowerCase() === name))
    return [{ field: 'name', message: nameTakenMessage(name) }]
  return connections.length < maxPerUser ? [] : [{ field: 'name', message: connectionLimitMessage(maxPerUser) }]
}

export const nameTakenMessage = (name: string): string =>
  `You already have a connection called "${name}". Choose another name.`

export const connectionLimitMessage = (limit: number): string =>
  `You already have ${limit} connections, and that is the limit. Disconnect one first.`

/** A card's inputs, filled: what goes into the row, and what goes into the credential store. */
export type FilledInputs = { plain: Record<string, string>; secret: Record<string, string> }

// Longer than any token or address; Slack's fields end at 3,000.
const MAX_INPUT_CHARS = 4_096
/** Certificates come with the chain to their CA. */
const MAX_LINES_CHARS = 32_768

/** Where a field left empty takes its value from, in this order. */
type InputFallbacks = { saved: Record<string, string>; prefill: Record<string, string> }

/** Fills the card's inputs and says what is wrong with each. Problems never repeat a value. */
function fillInputs(card: Card, typed: Record<string, string>, fallback: InputFallbacks): Checked {
  const filled: FilledInputs = { plain: {}, secret: {} }
  const problems: InputProblem[] = []
  for (const input of card.inputs.filter((one) => !isFilledInstead(card, one, typed))) {
    const value = filledValue(card, input, typed, fallback)
    const message = inputProblemIn(input, value)
    if (message !== undefined) problems.push({ field: input.name, message })
    else if (value !== '') (input.secret ? filled.secret : filled.plain)[input.name] = value
  }
  return { filled, problems }
}

/** A saved secret was sent as it is and worked, so it stays. */
function filledValue(
  card: Card,
  input: CardInput,
  typed: Record<string, string>,
  { saved, prefill }: InputFallbacks,
): string {
  const asHeader = (value: string | undefined) =>
    addKeyScheme(card, input, value?.trim() ?? '', { ...prefill, ...typed })
  const values = [asHeader(typed[input.name]), saved[input.name], asHeader(prefill[input.name]), input.default]
  return values.map((value) => value?.trim() ?? '').find((value) => value !== '') ?? ''
}

/** The person filled in the input that does in place of this one, and none of those that go with this one. */
function isFilledInstead({ inputs }: Card, { instead }: CardInput, typed: Record<string, string>): boolean {
  const isTyped = (name: string) => (typed[name]?.trim() ?? '') !== ''
  if (instead === undefined || !isTyped(instead)) return false
  return !inputs.some((input) => input.instead === instead && isTyped(input.name))
}

function inputProblemIn(input: CardInput, value: string): string | undefined {
  if (value === '') return input.required ? `${input.label} is needed.` : undefined
  const max = input.lines === true ? MAX_LINES_CHARS : MAX_INPUT_CHARS
  if (value.length > max) return `That is too long: at most ${max} characters.`
  if (input.choices !== undefined && !input.choices.includes(value))
    return `Choose one of: ${input.choices.join(', ')}.`
  if (new RegExp(`^(?:${input.pattern ?? '[^]*'})$`).test(value)) return undefined
  const like = input.example === undefined ? '' : ` It should look like ${input.example}`
  return `This does not look right.${like}`
}

/** Words in the name of a parameter that carries a credential. */
const KEY_WORDS =
  /^(?:(?:api|access|auth|client|secret)?(?:keys?|tokens?|secrets?)|sig|signature|password|passwd|pwd|auth|authorization|credentials?)$/

/** What is wrong with the addresses among a card's inputs, found without asking the network. */
function findAddressProblems(card: Card, { plain }: FilledInputs, mcp: Pick<Mcp, 'addressProblemIn'>): InputProblem[] {
  const withKey = Object.entries(plain)
    .filter(([, value]) => holdsKey(value))
    .map(([field]) => ({ field, message: 'Put the key in its own field, where it is kept as a secret.' }))
  const misfits = withKey.length > 0 ? withKey : partProblems(card, plain)
  return misfits.length > 0 ? misfits : serverProblems(card, plain, mcp)
}

/** Every address of a card that may hold what a person typed. */
export const cardAddressesOf = ({ server, auth }: Card): string[] => [
  ...(server.kind === 'http' ? [server.url] : []),
  ...(server.kind === 'builtin' && server.address !== undefined ? [`{${server.address}}`] : []),
  ...signInAddressesOf(auth ?? {}),
]

function partProblems(card: Card, plain: FilledInputs['plain']): InputProblem[] {
  const misfits = cardAddressesOf(card)
    .flatMap(addressPartsOf)
    .filter((part) => {
      const value = plain[part.name]
      return value !== undefined && !fitsAddressPart(part, value)
    })
  const fields = [...new Set(misfits.map(({ name }) => name))]
  return fields.map((field) => ({ field, message: MISFIT }))
}

const MISFIT = 'Enter only this piece of the address, without what stands before or behind it.'

function holdsKey(value: string): boolean {
  if (!URL.canParse(value)) return false
  const names = [...new URL(value).searchParams.keys()]
  return names.some((name) => wordsOf(name).some((word) => KEY_WORDS.test(word)))
}

const wordsOf = (name: string): string[] =>
  name
    .replaceAll(/([a-z])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .split(/[^a-z]+/)

function serverProblems(
  { server }: Card,
  plain: FilledInputs['plain'],
  mcp: Pick<Mcp, 'addressProblemIn'>,
): InputProblem[] {
  if (server.kind === 'stdio') return []
  const address = server.kind === 'http' ? server.url : `{${server.address}}`
  const [field] = placeholdersIn(address)
  const url = fillPlaceholders(address, plain)
  const message = field === undefined || url === undefined ? undefined : mcp.addressProblemIn(url)
  return field === undefined || message === undefined ? [] : [{ field, message }]
}

const NAME = /^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/

/** A name as it is saved: lowercase and trimmed. */
export const normalizeConnectionName = (typed: string): string => typed.trim().toLowerCase()

/** What is wrong with a name, or undefined. It also names a folder and the person's tools, so few characters are allowed. */
function connectionNameProblemIn(name: string): string | undefined {
  if (name === '') return 'Give it a name.'
  return NAME.test(name)
    ? undefined
    : 'Use up to 32 lowercase letters, digits and dashes. Begin and end with a letter or digit.'
}

/** The card's name, or the first of `card-2`, `card-3` … that is free. */
export function freeConnectionNameFor(card: string, taken: string[]): string {
  const used = new Set(taken.map((name) => name.toLowerCase()))
  for (let count = 1; ; count++) {
    const suffix = count === 1 ? '' : `-${count}`
    const name = `${card.slice(0, 32 - suffix.length)}${suffix}`
    if (!used.has(name)) return name
  }
}
