import { z } from 'zod'
import type { Card, CardInput, ReplacedFile, SqlArgument, ToolClass } from '../cards/card.ts'
import type { CredentialStore } from '../credentials/store.ts'
import { ConnectionId, type Principal, type SignInId } from '../ids.ts'
import type { Log } from '../log.ts'
import type { Auth } from '../mcp/auth/auth.ts'
import type { RevocationOutcome } from '../mcp/auth/oauth/revoke.ts'
import type { Mcp, McpDeps } from '../mcp/mcp.ts'
import type { AuthChallenge } from '../mcp/protocol/auth-challenge.ts'
import type { Catalogue } from '../registry/catalogue.ts'
import type { ConnectSubmissionRow, ConnectSubmissions } from '../registry/connect-submissions.ts'
import type { Connection } from '../registry/connection.ts'
import type { OwnCards } from '../registry/own-cards.ts'
import type { PersonRows } from '../registry/person-rows.ts'
import type { Registry } from '../registry/registry.ts'
import type { SecretEntries } from '../registry/secret-entries.ts'
import type { NewShare } from '../registry/shared-connections.ts'
import type { SignInCodes } from '../registry/sign-in-codes.ts'
import type { SignIns } from '../registry/sign-ins.ts'
import type { Polling } from '../timing.ts'
import type { SearchCatalog } from './catalog/search-catalog.ts'
import type { OwnCardActions } from './own-cards/own-card-types.ts'
import type { EnteredSecrets, SecretEntryDetails, SecretPages } from './secret-entry-types.ts'
import type { ServerTargets } from './server-targets.ts'
import type { SharedFileSource, ShareOutcome, Sharing } from './sharing-types.ts'
import type {
  BrowserCallback,
  CodeAnswer,
  FailedSignIn,
  SignInCode,
  SignInDetails,
  SignInOffer,
  SignInPage,
  SignInPlace,
  SignInResult,
  SignInRetry,
} from './sign-in-types.ts'

/** What a person does with their connections, and what cards say. */
export type Connect = {
  /** Cards by title, or those that fit the words, best first. */
  cards(words?: string): CardInfo[]
  card(name: string): CardInfo | undefined
  /** What a search found among our cards and the mirrored registry, best first. */
  find: SearchCatalog
  /** By a card's name, or a registry entry's with or without its version. */
  offer(by: Principal, name: string): Promise<CardInfo | undefined>
  /** Cards that somebody here saved and this person may connect. */
  saved(by: Principal): Promise<CardInfo[]>
  /** Cards that people make, and what they import. */
  own: OwnCardActions
  /** The card a connection was made from: for an entry of a registry, as it was then. */
  cardOf(connection: Pick<Connection, 'card' | 'entry'>): CardInfo | undefined
  /** What people call the service behind a connection. */
  titleOf(connection: Pick<Connection, 'card' | 'entry'>): string
  /** Questions to begin with, which name the connection. */
  startersOf(connection: Pick<Connection, 'card' | 'entry' | 'name'>): string[]
  /** A name that is still free: the typed address's, else the card's, with a number where that is taken. */
  defaultName(principal: Principal, card: string, address?: string): Promise<string>
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
  /** Submitted forms, until their outcome was told. */
  submissions: Submissions
  /** Connects again and saves the result in the registry. */
  test(principal: Principal, id: ConnectionId, signal: AbortSignal): Promise<TestOutcome>
  /**
   * Removes secret, row and session, and revokes its tokens; files in the connection's folder stay.
   * Undefined when it is not this person's.
   */
  disconnect(principal: Principal, id: ConnectionId): Promise<DisconnectedConnection | undefined>
  /** Removes every secret, row and session of the workspace. */
  forgetAll(by: Principal): Promise<void>
  /** Disconnects all that a person connected, and removes their secrets; how many connections there were. */
  forgetPerson(by: Principal): Promise<number>
  /** A sign-in for a connection; `challenge`: what the server wants, where it said so. */
  signIn(principal: Principal, id: ConnectionId, signal: AbortSignal, challenge?: AuthChallenge): Promise<SignInOutcome>
  /** What the page behind a sign-in's link says; undefined where there is no such sign-in any more. */
  openSignIn(link: string): Promise<SignInPage | undefined>
  /** Redeems what the browser came back with. What that gives is nobody's until the code was entered in Slack. */
  finishSignIn(brought: BrowserCallback, signal: AbortSignal): Promise<FailedSignIn | SignInRetry | SignInCode>
  /** Tries the code that the browser shows, once for all instances; `finish` then saves the connection or tells why not. Never throws. */
  confirmSignIn(by: Principal, attempt: { id: SignInId; code: string; place: SignInPlace }): Promise<CodeAnswer>
  secretPages: SecretPages
  /** Takes back sign-ins whose code did not come. */
  dropSignIns(): Promise<void>
  /** Whether calls go out to the connection's server now, or it is left alone after failing several times in a row. */
  circuit: Mcp['circuit']
  /** The connection, if this person may change it now: their own, or as an owner the workspace's. Throws AppError `slack_failed`. */
  managed(by: Principal, id: ConnectionId): Promise<Connection | undefined>
  /** What a person may use at this moment: their own connections and the workspace's. */
  usable(by: Principal): Promise<Connection[]>
  /** Makes an owner's connection the workspace's, or changes who may use that. Throws AppError `slack_failed`. */
  share(by: Principal, id: ConnectionId, share: NewShare): Promise<ShareOutcome>
  /** Carries out the operator's file. */
  sharedFile: Polling
  /** The host of a connection's server, if it is elsewhere, and whether its card answers for the server. */
  destinationOf(connection: Connection): {
    host?: string
    vouched: boolean
    rate?: { perSecond: number; burst: number }
  }
  /** What the card says of a tool. */
  classificationOf(card: string, tool: string, classed?: Connection['classedTools']): CardToolClassification
}

/** `id`: that of the connection to make, where it was chosen before; once it is made, the same draft leads to it again. */
export type ConnectionDraft = { card: string; name: string; inputs: Record<string, string>; id?: ConnectionId }

/** What a submitted form is for, beside what was typed; `reconnects`: a connection that is there already. */
export const ConnectSubmissionDetails = z.object({
  card: z.string(),
  name: z.string(),
  channel: z.string().optional(),
  reconnects: ConnectionId.optional(),
})
export type ConnectSubmissionDetails = z.infer<typeof ConnectSubmissionDetails>

/** A submitted form with everything that was typed. */
export type ConnectSubmission = ConnectSubmissionRow<ConnectSubmissionDetails> & { inputs: Record<string, string> }

/** What was typed survives the instance that connects: another one finishes it. */
export type Submissions = {
  /** False when this very form was submitted already and is still under way. */
  save(submission: ConnectSubmission): Promise<boolean>
  /** Takes over the forms whose instance died; `lost` are those that cannot be connected any more. */
  claim(): Promise<(ConnectSubmission & { lost: boolean })[]>
  /** The outcome was told. */
  end(submission: Pick<ConnectSubmission, 'id'>): Promise<void>
}

export type ConnectOutcome =
  /** `through`: the host of the organization's identity provider, if its sign-in was enough. */
  | { ok: true; connection: Connection; starters: string[]; through?: string | undefined }
  | { ok: false; message: string; problems: InputProblem[]; signIn?: undefined }
  /** A person has to sign in with a browser; the rest happens when they come back. */
  | { ok: false; message: string; problems: InputProblem[]; signIn: SignInOffer }

/** `ok`: it works as it is. */
export type SignInOutcome = { ok: true } | { ok: false; message: string; signIn?: SignInOffer }

/** `revoked`: whether the tokens were revoked too; absent where there were none. */
export type DisconnectedConnection = Connection & { revoked?: RevocationOutcome | undefined }

/** A card as a person may see it. */
export type CardInfo = Pick<Card, 'name' | 'title' | 'icon' | 'category' | 'description' | 'docs' | 'starters'> & {
  inputs: CardInput[]
  /** Where it comes from and leads, for an entry of a registry. */
  entry?: { name: string; host: string; own?: boolean }
  /** Its connections are called after the address that is typed. */
  named?: 'by_address'
}

export type CardToolClassification = {
  class?: ToolClass
  vouched: boolean
  idempotent: boolean
  sql?: SqlArgument
  replaces?: ReplacedFile
}

/** What happens in a browser, on whichever instance. None of these throws. */
export type ConnectListener = {
  /** A sign-in is over. */
  onSignedIn(news: SignInResult): void
  /** A sign-in came back and waits for its code. */
  onSignInCode(news: SignInCode): void
  /** Secrets were entered on a page. */
  onSecretsEntered(news: EnteredSecrets): void
}

export type ConnectDeps = Partial<ConnectListener> & {
  cards: Card[]
  /** What a registry offers beside them; left out: nothing. */
  catalogue?: Pick<Catalogue, 'get' | 'find'> | undefined
  ownCards: OwnCards
  auth: Pick<
    Auth,
    | 'begin'
    | 'redeem'
    | 'retry'
    | 'tryWithoutBrowser'
    | 'storedTokens'
    | 'accept'
    | 'drop'
    | 'forget'
    | 'forgetIdentity'
    | 'areTokensUsed'
    | 'revoke'
  >
  secretEntries: SecretEntries<SecretEntryDetails>
  /** Else people type them into Slack's forms. */
  entersSecretsOnPage: boolean
  signIns: SignIns<SignInDetails>
  signInCodes: SignInCodes<SignInDetails>
  /** Where browsers reach our pages. */
  publicUrl: string
  submissions: ConnectSubmissions<ConnectSubmissionDetails>
  personRows: Pick<PersonRows, 'pendingOf' | 'endPending'>
  registry: Pick<
    Registry,
    | 'connectionsOf'
    | 'find'
    | 'get'
    | 'add'
    | 'replace'
    | 'remove'
    | 'setStatus'
    | 'saveServerInfo'
    | 'connectionsIn'
    | 'forgetAll'
    | 'saved'
    | 'lease'
    | 'releaseLease'
  >
  credentials: CredentialStore
  /** Writes the row of a credential that is about to be opened. */
  audit?: McpDeps['audit']
  mcp: Pick<Mcp, 'probe' | 'close' | 'retire' | 'addressProblemIn' | 'circuit' | 'resetCircuit'>
  /** By card, then input: fill what is left empty. */
  prefills: Record<string, Record<string, string>>
  maxPerUser: number
  targets: ServerTargets
  /** Why this person may not connect this card now, in a sentence; left out: everybody may connect all. */
  connectRefusal?(by: Principal, card: { name: string; title: string }): Promise<string | undefined>
  /** Left out: every connection is somebody's own. */
  sharing?: Sharing | undefined
  /** What the operator wants to be connected for workspaces. */
  sharedFile?: SharedFileSource | undefined
  /** Why no server is started on this machine; undefined: they are. */
  noServersHere?: string | undefined
  log: Log
}

/** What is wrong with one input, in a sentence for the person who filled it in. */
export type InputProblem = { field: string; message: string }

/** `tools` is their number. */
export type TestOutcome =
  /** `sandbox`: what the server is kept in, if it runs here. */
  | { ok: true; ms: number; protocolVersion: string; tools: number; sandbox?: string | undefined }
  /** `signIn`: a sign-in is what it needs. */
  | { ok: false; message: string; signIn?: boolean }
