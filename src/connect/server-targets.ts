import { join, resolve } from 'node:path'
import { addressPartsOf, fitsAddressPart, signInAddressesOf } from '../cards/address-parts.ts'
import type { BuiltinServer, Card, CardAuth, CardEndpoints, CardInput, CardServer, StdioServer } from '../cards/card.ts'
import { placeholdersIn } from '../cards/placeholders.ts'
import { AppError } from '../errors.ts'
import type { AuthConfig } from '../mcp/protocol/auth-config.ts'
import { fillPlaceholders, type Target, type TargetLimits } from '../mcp/protocol/server-target.ts'
import type { Connection } from '../registry/connection.ts'
import { entryNameIn, findCardOf } from './catalog/connectable-cards.ts'

const FILES = 'files'
const PACKAGES = 'packages'

/** What a target is made of: a connection, or one that is about to be. */
export type TargetSource = Pick<Connection, 'workspace' | 'user' | 'name' | 'card' | 'entry' | 'inputs'>

export type ServerTargets = {
  /** Throws `card_unknown` when the connection's card is not there any more. */
  target(connection: TargetSource): Target
  limits(connection: Pick<Connection, 'card' | 'entry'>): TargetLimits
}

/**
 * Turns connections into targets by their cards. A stdio server gets a folder of its own, which is also its HOME.
 * `prefills` may hold OAuth clients that the operator registered, as `client_id` and `client_secret` of a card, and as
 * `issuer` whom they are registered with, where the card does not say.
 */
export function createServerTargets(
  cards: Card[],
  dataDir: string,
  prefills: Record<string, Record<string, string>> = {},
): ServerTargets {
  const data = resolve(dataDir)
  const byName = new Map(cards.map((card) => [card.name, card]))
  const cardOf = (connection: Pick<Connection, 'card' | 'entry'>): Card => {
    const card = findCardOf(byName, connection)
    if (card !== undefined) return card
    throw new AppError(
      'card_unknown',
      `The service "${connection.card}" is not offered here any more. Disconnect it, or ask whoever runs Patchbay here.`,
    )
  }
  return {
    target: (connection) => {
      const card = cardOf(connection)
      const { title } = card
      const docs = keyPageOf(card)
      const server = serverFor(card, connection.inputs)
      if (server.kind === 'builtin') return { title, docs, ...builtinTarget(server, connection.inputs) }
      if (server.kind === 'stdio') return { title, docs, ...stdioTarget(card, server, connection, data) }
      return {
        title,
        docs,
        kind: 'http',
        url: server.url,
        headers: server.headers,
        values: connection.inputs,
        checks: server.checks,
        signing: server.signing,
        tls: server.tls,
        by: { workspace: connection.workspace, user: connection.user },
        auth: authConfigOf(card, connection.inputs, prefills[card.name] ?? {}),
      }
    },
    limits: (connection) => cardOf(connection).limits,
  }
}

const builtinTarget = ({ kind, server, settings, checks }: BuiltinServer, values: Record<string, string>) => ({
  kind,
  server,
  settings,
  values,
  checks,
})

/** Of a card with two servers, the other one is started where the address was left empty. */
function serverFor({ server }: Card, inputs: Record<string, string>): CardServer {
  if (server.kind !== 'builtin' || server.otherwise === undefined) return server
  return server.address === undefined || inputs[server.address] === undefined ? server.otherwise : server
}

function authConfigOf(
  card: Card,
  inputs: Record<string, string>,
  operator: Record<string, string>,
): AuthConfig | undefined {
  const { auth } = card
  if (auth === undefined || auth.kind === 'none' || auth.kind === 'token') return undefined
  const { kind, scopes, client, managed, resource, id, secret } = auth
  const typed = id === undefined ? [] : [{ id, secret }]
  const issuer = auth.issuer && addressAt(card, auth.issuer, inputs)
  const endpoints = auth.endpoints && endpointsAt(card, auth.endpoints, inputs)
  const trusted = issuerForOperatorClient(auth, issuer, operator)
  const set =
    operator.client_id && trusted ? [{ id: operator.client_id, secret: operator.client_secret, issuer: trusted }] : []
  const registered = [...typed, ...set]
  const found = keyInputOf(card)
  const key = found && { input: found.name, label: found.label }
  const help = { howToRegister: howToRegister(card), key }
  return { kind, issuer, scopes, client, managed, endpoints, resource, registered, ...help }
}

/** The operator's secret goes to the authorization server that the card or the operator names, and to none that a person can choose. */
function issuerForOperatorClient(
  auth: CardAuth,
  issuer: string | undefined,
  operator: Record<string, string>,
): string | undefined {
  if (hostsAreNamed(auth)) return issuer
  return auth.endpoints === undefined ? operator.issuer : undefined
}

const hostsAreNamed = (auth: CardAuth): boolean =>
  auth.issuer !== undefined &&
  signInAddressesOf(auth)
    .flatMap(addressPartsOf)
    .every(({ at }) => at === 'path')

const endpointsAt = (card: Card, endpoints: CardEndpoints, inputs: Record<string, string>): CardEndpoints => ({
  authorization: addressAt(card, endpoints.authorization, inputs),
  token: addressAt(card, endpoints.token, inputs),
  revocation: endpoints.revocation && addressAt(card, endpoints.revocation, inputs),
  clientAuth: endpoints.clientAuth,
})

/** Checked again, because an address with an unfilled part could lead to another sign-in service. */
function addressAt({ title }: Card, address: string, inputs: Record<string, string>): string {
  const filled = fillPlaceholders(address, inputs)
  if (filled !== undefined && addressPartsOf(address).every((part) => fitsAddressPart(part, inputs[part.name] ?? '')))
    return filled
  throw new AppError(
    'input_invalid',
    `I do not know where to sign in to ${title}. Press Reconnect and fill in the form.`,
  )
}

/** Where a new key is made; nobody here knows that of an address that was typed, or that a stranger listed. */
const keyPageOf = ({ name, docs, server }: Card): string | undefined =>
  entryNameIn(name) !== undefined || (server.kind === 'http' && server.url.startsWith('{')) ? undefined : docs

/** The secret that a header carries. */
function keyInputOf({ inputs, server }: Card): CardInput | undefined {
  const headers = server.kind === 'http' ? Object.values(server.headers).flatMap(placeholdersIn) : []
  return inputs.find((input) => input.secret && headers.includes(input.name))
}

function howToRegister(card: Card): string {
  const { name, inputs, auth } = card
  const label = (input: string | undefined) => inputs.find((one) => one.name === input)?.label
  const [id] = placeholdersIn(auth?.id ?? '').map(label)
  const token = keyInputOf(card)
  const variable = (what: string) => `MCP_${name.toUpperCase().replaceAll('-', '_')}_${what}`
  const named = auth === undefined || hostsAreNamed(auth) || auth.endpoints !== undefined
  const issuer = named ? '' : ` Its issuer goes into ${variable('ISSUER')}.`
  const where =
    id === undefined
      ? `whoever runs Patchbay then sets ${variable('CLIENT_ID')} and, for its secret, ${variable('CLIENT_SECRET')}.${issuer}`
      : `then enter what you get there at "${id}", and its secret below that.`
  return token === undefined ? where : `${where} Or fill in "${token.label}" instead.`
}

function stdioTarget({ limits }: Card, server: StdioServer, connection: TargetSource, data: string) {
  const home = homeOf(connection, data)
  const own = Object.fromEntries(Object.entries(server.own).map(([name, path]) => [name, join(home, path)]))
  return {
    kind: 'stdio' as const,
    from: server.from,
    source: { lock: server.lock, folder: join(data, PACKAGES) },
    package: server.package,
    version: server.version,
    bin: server.bin,
    args: server.arguments,
    env: server.env,
    values: { ...connection.inputs, ...own },
    folders: [home] satisfies [string],
    around: [data],
    reaches: server.reaches,
    hosts: server.hosts,
    memoryMb: limits.memoryMb,
    diskMb: limits.diskMb,
    keeps: server.keeps,
    checks: server.checks,
  }
}

/** By name, not id: who connects again under the same name finds their files again. The names hold no dots or slashes. */
function homeOf({ workspace, user, card, name }: TargetSource, data: string): string {
  return join(data, FILES, workspace, user, card, name)
}
