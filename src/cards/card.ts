import type { JsonObject } from '../json.ts'

/** A run card: how to connect one kind of server, and what we know of its tools. Read from `run-cards/<name>.yaml`. */
export type Card = {
  name: string
  title: string
  /** An emoji's short code, with colons. */
  icon: string
  category: string
  /** What people also call it, for the search. */
  words: string[]
  description: string
  docs: string
  inputs: CardInput[]
  /** What we say of tools we know; any other tool asks. */
  tools: Record<string, CardTool>
  starters: string[]
  limits: CardLimits
  server: CardServer
  /** How people sign in to it; left out: with what they fill in, if anything. */
  auth?: CardAuth | undefined
  /** The card's classes count more than the server's annotations: only for servers whose code is pinned. */
  vouches: boolean
}

/** Texts may hold `{name}` for an input. */
export type CardAuth = {
  kind: 'none' | 'token' | 'oauth' | 'client_credentials'
  /** The only authorization server that is accepted. */
  issuer?: string | undefined
  scopes?: string[] | undefined
  /** The only kind of client registration to use; left out: what the server offers, in the specification's order. */
  client?: 'registered' | 'cimd' | 'dcr' | undefined
  /** It accepts ID-JAGs of the organization's identity provider, though its metadata does not say so. */
  managed?: boolean | undefined
  /** A registered client that a person fills in. The secret may be a private key. */
  id?: string | undefined
  secret?: string | undefined
  /** Where the service's own description cannot be relied on. */
  endpoints?: CardEndpoints | undefined
  /** The authorization server rejects requests that name the resource. */
  resource?: 'none' | undefined
}

export type CardEndpoints = {
  authorization: string
  token: string
  revocation?: string | undefined
  /** How a client's secret is sent there; left out: by HTTP Basic. */
  clientAuth?: 'client_secret_post' | undefined
}

/**
 * `memoryMb`: for a server that runs here with all it starts; `diskMb`: for what is in its folder. Left out, what most need. `rate`: so
 * many calls in so many seconds, as its vendor's documentation says.
 */
type CardLimits = {
  callSeconds: number
  idleSeconds: number
  memoryMb?: number | undefined
  diskMb?: number | undefined
  rate?: { calls: number; seconds: number } | undefined
}

export type CardInput = {
  name: string
  label: string
  hint: string
  secret: boolean
  required: boolean
  /** A regular expression's source; the whole value must match. */
  pattern?: string | undefined
  example?: string | undefined
  choices?: string[] | undefined
  default?: string | undefined
  /** Few people need it: the form shows it only on request. */
  more?: boolean | undefined
  /** A text of several lines, as a certificate is. */
  lines?: boolean | undefined
  /** Another input that does in place of this one. */
  instead?: string | undefined
}

export type ToolClass = 'read' | 'write' | 'destructive'

export type CardTool = {
  class: ToolClass
  idempotent?: boolean | undefined
  /** The argument that holds SQL, for tools whose harm depends on the statement. */
  sql?: SqlArgument | undefined
  replaces?: ReplacedFile | undefined
}

/** A tool replaces the file that `argument` names. It is there where what the tool `seenWith` answers has `sign` in it. */
export type ReplacedFile = { argument: string; seenWith: string; sign: string }

/** Texts may hold `{name}` for an input or an own value. One that mentions an input left empty is left out. */
export type CardServer = StdioServer | HttpServer | BuiltinServer

/** A server of our own, in this process. */
export type BuiltinServer = {
  kind: 'builtin'
  server: string
  settings: Record<string, string>
  /** Which input is the address that it goes to, if it goes anywhere. */
  address?: string | undefined
  checks: CardCheck[]
  /** What is started where the address was left empty. */
  otherwise?: StdioServer | undefined
}

export type StdioServer = {
  kind: 'stdio'
  /** `machine`: a program that is installed on the app's machine, whose name is the package's. */
  from: 'npm' | 'pypi' | 'machine'
  package: string
  version: string
  /** The file with the versions and hashes of an npm package and all that it needs, if it does not come with the app. */
  lock: string
  /** Which of the package's commands, where it has several. */
  bin?: string | undefined
  arguments: string[]
  env: Record<string, string>
  /** Values made for each connection: a path inside its own folder, `.` being the folder. */
  own: Record<string, string>
  /** What it writes into its folder is there the next time. */
  keeps: boolean
  /** Addresses a person types that the server itself opens: their host and port alone, by the rules of our own requests. */
  reaches: string[]
  /** Hosts it reaches over HTTPS; `*.example.com` means each below it. */
  hosts: string[]
  checks: CardCheck[]
}

type HttpServer = {
  kind: 'http'
  url: string
  headers: Record<string, string>
  /** Its requests are signed as AWS services want it. */
  signing?: CardSigning | undefined
  /** How it knows us, and we it, beside the public CAs. Each text is one input. */
  tls?: CardTls | undefined
  checks: CardCheck[]
}

type CardTls = { certificate?: string | undefined; key?: string | undefined; ca?: string | undefined }

type CardSigning = {
  service: string
  region: string
  keyId: string
  secret: string
  session?: string | undefined
}

/**
 * A harmless call that fails when the credential is wrong, for servers that list their tools to anyone.
 * Of several, the first whose tool the server lists is made.
 */
type CardCheck = { tool: string; arguments: JsonObject }

/** Which argument holds SQL, and its dialect, because parsers read the same text differently. */
export type SqlArgument = { argument: string; dialect: 'postgres' | 'sqlite' | 'mysql' }
