import type { Card, CardInput, SqlArgument, ToolClass } from '../cards/card.ts'
import { searchCards } from '../cards/search.ts'
import type { CredentialStore } from '../credentials/store.ts'
import type { ConnectionId, Principal, WorkspaceId } from '../ids.ts'
import type { Log } from '../log.ts'
import type { Auth } from '../mcp/auth/auth.ts'
import type { RevocationOutcome } from '../mcp/auth/oauth/revoke.ts'
import type { AuthChallenge } from '../mcp/auth/tokens/auth-challenge.ts'
import type { Mcp } from '../mcp/mcp.ts'
import type { Catalogue } from '../registry/catalogue.ts'
import type { Connection } from '../registry/connection.ts'
import type { Registry } from '../registry/registry.ts'
import type { SignIns } from '../registry/sign-ins.ts'
import { connectionNameFor, entryNameIn } from './catalog/card-from-entry.ts'
import { createConnectableCards } from './catalog/connectable-cards.ts'
import { entryHostOf } from './catalog/read-registry-entry.ts'
import { createSearch, type SearchCatalog } from './catalog/search.ts'
import { createConnectUseCases } from './connections/connect-and-reconnect.ts'
import { freeConnectionNameFor } from './connections/connection-name.ts'
import { createDisconnect, createForgetAll } from './connections/disconnect.ts'
import type { InputProblem } from './connections/fill-inputs.ts'
import { createTestConnection, type TestOutcome } from './connections/test-connection.ts'
import type { ServerTargets } from './server-targets.ts'
import type { SignInDetails, SignInOffer } from './sign-in/begin-sign-in.ts'
import { createFinishSignIn, type SignInResult } from './sign-in/finish-sign-in.ts'
import { createSignInAgain } from './sign-in/sign-in-again.ts'

/** What a person does with their connections, and what cards say. */
export type Connect = {
  /** Cards by title, or those that fit the words, best first. */
  cards(words?: string): CardInfo[]
  card(name: string): CardInfo | undefined
  /** What a search found among our cards and the mirrored registry, best first. */
  find: SearchCatalog
  /** By a card's name, or a registry entry's with or without its version. */
  offer(name: string): Promise<CardInfo | undefined>
  /** The card a connection was made from: for an entry of a registry, as it was then. */
  cardOf(connection: Pick<Connection, 'card' | 'entry'>): CardInfo | undefined
  /** What people call the service behind a connection. */
  titleOf(connection: Pick<Connection, 'card' | 'entry'>): string
  /** A name that is still free: the card's, else with a number. */
  defaultName(principal: Principal, card: string): Promise<string>
  /** What is wrong with a draft, found without connecting. Throws `card_unknown`. */
  check(principal: Principal, draft: ConnectionDraft): Promise<InputProblem[]>
  /** Checks, really connects, then saves. Nothing is saved unless all of it worked. */
  connect(principal: Principal, draft: ConnectionDraft, signal: AbortSignal): Promise<ConnectOutcome>
  /** The same with new inputs for a connection; a secret left empty stays what it is. On failure nothing changes. */
  reconnect(
    principal: Principal,
    id: ConnectionId,
    inputs: Record<string, string>,
    signal: AbortSignal,
  ): Promise<ConnectOutcome>
  /** Connects anew and notes in the registry how that went. */
  test(principal: Principal, id: ConnectionId, signal: AbortSignal): Promise<TestOutcome>
  /**
   * Removes secret, row and session, and takes tokens back where they came from; files in the connection's folder stay.
   * Undefined when it is not this person's.
   */
  disconnect(principal: Principal, id: ConnectionId): Promise<DisconnectedConnection | undefined>
  /** Removes every secret, row and session of the workspace. */
  forgetAll(by: Principal): Promise<void>
  /** A sign-in for a connection; `challenge`: what the server wants, where it said so. */
  signIn(principal: Principal, id: ConnectionId, signal: AbortSignal, challenge?: AuthChallenge): Promise<SignInOutcome>
  /** What a browser brought back from a sign-in. */
  finishSignIn(brought: URLSearchParams, signal: AbortSignal): Promise<SignInResult>
  /** Whether calls go out to the connection's server now, or it is left alone after failing several times in a row. */
  circuit: Mcp['circuit']
  /** What the card says of a tool. */
  classificationOf(card: string, tool: string): CardToolClassification
}

export type ConnectionDraft = { card: string; name: string; inputs: Record<string, string> }

export type ConnectOutcome =
  /** `through`: the host of the organization's identity provider, whose word was enough to sign in. */
  | { ok: true; connection: Connection; starters: string[]; through?: string | undefined }
  | { ok: false; message: string; problems: InputProblem[]; signIn?: undefined }
  /** A person has to sign in with a browser; the rest happens when they come back. */
  | { ok: false; message: string; problems: InputProblem[]; signIn: SignInOffer }

/** `ok`: it works as it is. */
export type SignInOutcome = { ok: true } | { ok: false; message: string; signIn?: SignInOffer }

/** `revoked`: whether the tokens were taken back too; absent where there were none. */
export type DisconnectedConnection = Connection & { revoked?: RevocationOutcome | undefined }

/** A card as a person may see it. */
export type CardInfo = Pick<Card, 'name' | 'title' | 'icon' | 'category' | 'description' | 'docs' | 'starters'> & {
  inputs: CardInput[]
  /** Where it comes from and leads, for an entry of a registry. */
  entry?: { name: string; host: string }
}

export type CardToolClassification = { class?: ToolClass; vouched: boolean; idempotent: boolean; sql?: SqlArgument }

export type ConnectDeps = {
  cards: Card[]
  /** What a registry offers beside them; left out: nothing. */
  catalogue?: Pick<Catalogue, 'get' | 'find'> | undefined
  auth: Pick<
    Auth,
    'begin' | 'redeem' | 'withoutPage' | 'kept' | 'keep' | 'forget' | 'forgetIdentity' | 'isUsed' | 'revoke'
  >
  signIns: SignIns<SignInDetails>
  /** A sign-in came back, on whichever instance; never throws. */
  onSignedIn?(news: SignInResult): void
  registry: Pick<
    Registry,
    | 'connectionsOf'
    | 'find'
    | 'get'
    | 'add'
    | 'replace'
    | 'remove'
    | 'setStatus'
    | 'learn'
    | 'connectionsIn'
    | 'forgetAll'
    | 'saved'
  >
  credentials: CredentialStore
  mcp: Pick<Mcp, 'probe' | 'close' | 'retire' | 'addressFault' | 'circuit' | 'wake'>
  /** By card, then input: fill what is left empty. */
  prefills: Record<string, Record<string, string>>
  maxPerUser: number
  targets: ServerTargets
  /** Whether people here may connect this card; left out: all of them. */
  mayConnect?(workspace: WorkspaceId, card: string): Promise<boolean>
  log: Log
}

export function createConnect(deps: ConnectDeps): Connect {
  const byName = new Map(deps.cards.map((card) => [card.name, card]))
  const infoOf = (card: Card): CardInfo => infoWith(card, deps.prefills[card.name] ?? {})
  const offers = createConnectableCards(deps.cards, deps.catalogue)
  const { check, connect, reconnect } = createConnectUseCases(deps, offers)
  return {
    cards: (words = '') => searchCards(deps.cards, words).map(infoOf),
    card: (name) => {
      const card = byName.get(name)
      return card && infoOf(card)
    },
    find: createSearch(deps.cards, deps.catalogue),
    offer: async (name) => {
      const offer = await offers.offer(name)
      return offer && infoOf(offer.card)
    },
    cardOf: (connection) => {
      const card = offers.behind(connection)
      return card && infoOf(card)
    },
    titleOf: (connection) => offers.behind(connection)?.title ?? connection.card,
    defaultName: async (principal, card) => {
      const connections = await deps.registry.connectionsOf(principal)
      return freeConnectionNameFor(
        connectionNameFor(card),
        connections.map((one) => one.name),
      )
    },
    check,
    connect,
    reconnect,
    test: createTestConnection(deps),
    signIn: createSignInAgain(deps),
    finishSignIn: createFinishSignIn(deps),
    disconnect: createDisconnect(deps),
    forgetAll: createForgetAll(deps),
    circuit: (id) => deps.mcp.circuit(id),
    classificationOf: (card, tool) => wordOf(byName.get(card), tool),
  }
}

/** An input that has a value already need not be filled in. */
function infoWith(card: Card, prefill: Record<string, string>): CardInfo {
  const { name, title, icon, category, description, docs, starters } = card
  const inputs = card.inputs.map((input) =>
    prefill[input.name] === undefined
      ? input
      : { ...input, required: false, hint: `${input.hint} Leave it empty to use the one set for this machine.`.trim() },
  )
  const entry = entryNameIn(name)
  const from = entry !== undefined &&
    card.server.kind === 'http' && { entry: { name: entry, host: entryHostOf(card.server.url) } }
  return { name, title, icon, category, description, docs, starters, inputs, ...from }
}

function wordOf(card: Card | undefined, tool: string): CardToolClassification {
  const word = card && Object.hasOwn(card.tools, tool) ? card.tools[tool] : undefined
  if (card === undefined || word === undefined) return { vouched: false, idempotent: false }
  const { class: kind, idempotent, sql } = word
  return {
    class: kind,
    vouched: card.vouches,
    idempotent: idempotent ?? (kind === 'read' && sql === undefined),
    ...(sql !== undefined && { sql }),
  }
}
