import type { ConnectionId, UserId, WorkspaceId } from '../ids.ts'
import type { JsonObject } from '../json.ts'
import type { RegistryEntry } from './entry.ts'

/** A tool as its server listed it; annotations are the server's claims, not facts. */
export type StoredTool = {
  name: string
  title?: string | undefined
  description: string
  inputSchema: JsonObject
  outputSchema?: JsonObject | undefined
  annotations?: ToolAnnotations | undefined
}

/** A tool its server lists and we cannot use, and why, in words. */
export type UnusableTool = { tool: string; why: string }

/** What a server told of itself; `instructions` is its own text on its use, untrusted. */
export type ServerInfo = {
  tools: StoredTool[]
  unusableTools: UnusableTool[]
  instructions: string | undefined
  /** Left out: what was known of them stays. */
  offers?: ServerFeatures | undefined
}

export type ToolAnnotations = {
  readOnlyHint?: boolean | undefined
  destructiveHint?: boolean | undefined
  idempotentHint?: boolean | undefined
  openWorldHint?: boolean | undefined
}

/** What a server really answers to, whatever it declares. */
export type ServerFeatures = {
  resources: boolean
  prompts: boolean
  /** Undefined in what was kept before there were any. */
  skills?: boolean | undefined
  completions: boolean
  subscriptions: boolean
}

/** What a server lists otherwise than its owner accepted it; the accepted is used meanwhile. `hash` stands for exactly these changes. */
export type ListingChanges = { hash: string; tools: StoredTool[]; instructions?: string | undefined }

export type ConnectionStatus = 'connected' | 'failing' | 'needs_sign_in'

/** Who may use a connection of the workspace, and how far. */
export type ConnectionShare = {
  /** `everybody`: members of the workspace; `approvers`: approvers and owners; `people`: those named. */
  audience: 'everybody' | 'approvers' | 'people'
  people: UserId[]
  /** `reads`: all else is refused; `writes_ask`: a person decides on all else; `all_ask`: on everything. */
  level: 'reads' | 'writes_ask' | 'all_ask'
  /** Who connected it. */
  by: UserId
  /** The operator's file says so, and only that changes it. */
  fromFile?: boolean | undefined
  /** Whose run it is used in: no two people share a session. */
  usedBy?: UserId | undefined
}

/** One person's, or with `shared` the workspace's, configured link to one MCP server. Secrets are not here: `credential` names them in the credential store. */
export type Connection = {
  id: ConnectionId
  workspace: WorkspaceId
  user: UserId
  name: string
  card: string
  /** What it was made from, where that is no card of ours but an entry of an MCP registry. */
  entry?: RegistryEntry | undefined
  /** What the person filled in and is not secret. */
  inputs: Record<string, string>
  credential: string | undefined
  /** A person signed in for it in a browser, so that is how it is mended. */
  signsIn?: boolean
  status: ConnectionStatus
  statusReason: string | undefined
  tools: StoredTool[]
  /** What an owner said of its tools, where it was made from a card that somebody shared; known where all of a person's are read. */
  classedTools?: Record<string, 'read' | 'write' | 'destructive'>
  /** What its server offers beside tools; undefined until a session was opened. */
  offers?: ServerFeatures | undefined
  unusableTools?: UnusableTool[]
  instructions?: string | undefined
  /** Set for a workspace connection. */
  shared?: ConnectionShare | undefined
  /** What waits for its owner's look. */
  changes?: ListingChanges | undefined
  /** The protocol verdict of the last open; only mcp/ reads it. */
  era: unknown
  eraAt: Date | undefined
  createdAt: Date
  lastUsed: Date | undefined
  usageCount: number
}

/** What one save writes: what a person filled in, and what the server told when it was tried. */
export type SavedConnection = Pick<
  Connection,
  'inputs' | 'credential' | 'signsIn' | 'tools' | 'unusableTools' | 'instructions' | 'offers' | 'era'
>

export type NewConnection = SavedConnection & Pick<Connection, 'id' | 'workspace' | 'user' | 'name' | 'card' | 'entry'>
