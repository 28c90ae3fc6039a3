import { z } from 'zod'
import { type Db, toUndefined } from '../db/call.ts'
import { ConnectionId, type IdentityId, type Principal, UserId, WorkspaceId } from '../ids.ts'
import type { JsonObject } from '../json.ts'
import type {
  Connection,
  ConnectionStatus,
  NewConnection,
  SavedConnection,
  ServerFeatures,
  ServerInfo,
  StoredTool,
} from './connection.ts'
import { RegistryEntry } from './entry.ts'
import { ClassedTool } from './own-cards.ts'

/** Which connection: its id counts only in its workspace. */
type At = Pick<Connection, 'id' | 'workspace'>

/** Who has connected what. */
export type Registry = {
  /** A person's connections, by name. */
  connectionsOf(principal: Principal): Promise<Connection[]>
  /** By name, upper and lower case alike. */
  find(principal: Principal, name: string): Promise<Connection | undefined>
  get(id: ConnectionId, workspace: WorkspaceId): Promise<Connection | undefined>
  /** Throws `name_taken`, or `limit_reached` when the person has `limit` connections already. */
  add(connection: NewConnection, limit: number): Promise<Connection>
  /** New inputs and tools after a successful reconnect; what it was made from stays. Throws `not_found`. */
  replace(at: At & Pick<Connection, 'user'>, change: SavedConnection): Promise<Connection>
  /** What became of an `add` or `replace` that failed: waits for one that is still under way. */
  saved(principal: Principal, id: ConnectionId): Promise<Connection | undefined>
  setStatus(at: At, status: ConnectionStatus, reason?: string): Promise<void>
  /** What its server says of itself now. */
  saveServerInfo(at: At, saveServerInfo: ServerInfo): Promise<void>
  saveFeatures(at: At, offers: ServerFeatures): Promise<void>
  saveEra(at: At, era: unknown): Promise<void>
  /** The turn to renew tokens; false while another holder has it, for at most the time it asked for. */
  lease(id: ConnectionId | IdentityId, holder: string, ms: number): Promise<boolean>
  releaseLease(id: ConnectionId | IdentityId, holder: string): Promise<void>
  /** Removes it if it is this person's; undefined when there is none. */
  remove(principal: Principal, id: ConnectionId): Promise<Connection | undefined>
  /** Everybody's, in a workspace. */
  connectionsIn(workspace: WorkspaceId): Promise<Connection[]>
  /** Removes them all; what there was. */
  forgetAll(by: Principal): Promise<Connection[]>
}

/** A JSON object; what is in it came out of a JSON column and is JSON, so its depths are not walked once more. */
const Json = z.custom<JsonObject>((value) => typeof value === 'object' && value !== null && !Array.isArray(value))

const Tool = z.object({
  name: z.string(),
  title: z.string().optional(),
  description: z.string(),
  inputSchema: Json,
  outputSchema: Json.optional(),
  annotations: z
    .object({
      readOnlyHint: z.boolean().optional(),
      destructiveHint: z.boolean().optional(),
      idempotentHint: z.boolean().optional(),
      openWorldHint: z.boolean().optional(),
    })
    .optional(),
})

const Offered = z.object({
  resources: z.boolean(),
  prompts: z.boolean(),
  skills: z.boolean().optional(),
  completions: z.boolean(),
  subscriptions: z.boolean(),
})

const instant = z
  .string()
  .nullable()
  .transform((text) => (text === null ? undefined : new Date(text)))

const Shared = z.object({
  audience: z.enum(['everybody', 'approvers', 'people']),
  people: z.array(UserId),
  level: z.enum(['reads', 'writes_ask', 'all_ask']),
  by: UserId,
  fromFile: z.boolean().optional(),
})

const Stored = z.object({
  id: ConnectionId,
  workspace_id: WorkspaceId,
  user_id: UserId,
  connection_name: z.string(),
  mcp_type: z.string(),
  connection_config: z.object({
    inputs: z.record(z.string(), z.string()),
    signsIn: z.boolean().default(false),
    entry: RegistryEntry.optional(),
  }),
  credential_reference: z.string().nullable().transform(toUndefined),
  status: z.enum(['connected', 'failing', 'needs_sign_in']),
  status_reason: z.string().nullable().transform(toUndefined),
  /** Left out where the hash was known already. */
  tools_available: z.array(Tool).optional(),
  tools_hash: z.string(),
  server_features: Offered.nullish().transform((offers) => offers ?? undefined),
  /** Classes by tool; a tool that nobody has checked has none. */
  classed_tools: z
    .array(ClassedTool)
    .default([])
    .transform((tools) => Object.fromEntries(tools.flatMap((one) => (one.class ? [[one.name, one.class]] : [])))),
  unusable_tools: z.array(z.object({ tool: z.string(), why: z.string() })),
  server_instructions: z.string().nullable().transform(toUndefined),
  listing_changes: z
    .object({ hash: z.string(), tools: z.array(Tool), instructions: z.string().optional() })
    .nullish()
    .transform((changes) => changes ?? undefined),
  shared: Shared.nullish().transform((shared) => shared ?? undefined),
  protocol_era: z.unknown().transform((era) => era ?? undefined),
  protocol_era_at: instant,
  created_at: z.string().transform((text) => new Date(text)),
  last_used: instant,
  usage_count: z.number(),
})

const connectionOf = (row: z.infer<typeof Stored>, tools: StoredTool[]): Connection => ({
  id: row.id,
  workspace: row.workspace_id,
  user: row.user_id,
  name: row.connection_name,
  card: row.mcp_type,
  entry: row.connection_config.entry,
  inputs: row.connection_config.inputs,
  credential: row.credential_reference,
  signsIn: row.connection_config.signsIn,
  status: row.status,
  statusReason: row.status_reason,
  tools,
  classedTools: row.classed_tools,
  offers: row.server_features,
  unusableTools: row.unusable_tools,
  instructions: row.server_instructions,
  ...(row.shared && { shared: row.shared }),
  changes: row.listing_changes,
  era: row.protocol_era,
  eraAt: row.protocol_era_at,
  createdAt: row.created_at,
  lastUsed: row.last_used,
  usageCount: row.usage_count,
})

/** One connection, as the database gives it. */
export const ConnectionRow = Stored.transform((row) => connectionOf(row, row.tools_available ?? []))

const Maybe = ConnectionRow.nullable().transform(toUndefined)

/** The columns that one save writes. */
const savedArgs = ({ credential, tools, unusableTools, instructions, offers, era }: SavedConnection) => ({
  credential: credential ?? null,
  tools,
  unusable: unusableTools ?? [],
  instructions: instructions ?? null,
  features: offers ?? null,
  era: era ?? {},
})
const Nothing = z.null().transform(() => undefined)

/** The registry over the database. Errors are db/'s. */
export function createRegistry(db: Db): Registry {
  const knownTools = createToolListCache()
  return {
    connectionsOf: async ({ workspace, user }) => {
      const known = knownTools.of({ workspace, user })
      const rows = await db.call('connections_of', { workspace, user, known: [...known.keys()] }, z.array(Stored))
      const read = rows.map((row) => ({ row, tools: row.tools_available ?? known.get(row.tools_hash) ?? [] }))
      knownTools.keep({ workspace, user }, new Map(read.map(({ row, tools }) => [row.tools_hash, tools])))
      return read.map(({ row, tools }) => connectionOf(row, tools))
    },
    find: (p, name) => db.call('connection_by_name', { workspace: p.workspace, user: p.user, name }, Maybe),
    get: (id, workspace) => db.call('connection_get', { workspace, id }, Maybe),
    add: (c, limit) =>
      db.call(
        'connection_add',
        {
          id: c.id,
          workspace: c.workspace,
          user: c.user,
          name: c.name,
          card: c.card,
          config: { inputs: c.inputs, ...(c.signsIn && { signsIn: true }), ...(c.entry && { entry: c.entry }) },
          ...savedArgs(c),
          limit,
        },
        ConnectionRow,
      ),
    replace: ({ id, workspace, user }, change) => {
      const config = { inputs: change.inputs, ...(change.signsIn && { signsIn: true }) }
      return db.call('connection_replace', { workspace, user, id, config, ...savedArgs(change) }, ConnectionRow)
    },
    saved: ({ workspace, user }, id) => db.call('connection_saved', { workspace, user, id }, Maybe),
    setStatus: ({ id, workspace }, status, reason) =>
      db.call('connection_set_status', { workspace, id, status, reason: reason ?? null }, Nothing),
    saveServerInfo: ({ id, workspace }, { tools, unusableTools, instructions, offers }) =>
      db.call(
        'connection_save_server_info',
        { workspace, id, tools, unusable: unusableTools, instructions: instructions ?? null, features: offers ?? null },
        Nothing,
      ),
    saveFeatures: ({ id, workspace }, offers) =>
      db.call('connection_save_features', { workspace, id, features: offers }, Nothing),
    saveEra: ({ id, workspace }, era) => db.call('connection_save_era', { workspace, id, era: era ?? {} }, Nothing),
    lease: (id, holder, ms) => db.call('token_refresh_claim', { connection: id, owner: holder, ms }, z.boolean()),
    releaseLease: (id, holder) => db.call('token_refresh_release', { connection: id, owner: holder }, Nothing),
    remove: (p, id) => db.call('connection_remove', { workspace: p.workspace, user: p.user, id }, Maybe),
    connectionsIn: (workspace) => db.call('connections_in', { workspace }, z.array(ConnectionRow)),
    forgetAll: (by) =>
      db.call('connections_remove_all', { workspace: by.workspace, actor: by.user }, z.array(ConnectionRow)),
  }
}

/** Tools by the stamp the database gives them; the same stamp means the same tools. */
type ByStamp = ReadonlyMap<string, StoredTool[]>

/** People whose tools are cached; each asks several times a minute while at work. */
const CACHED_PEOPLE = 200

/** Tool lists are large and seldom change, so those read before are not read and checked again for every turn and call. */
function createToolListCache() {
  const people = new Map<string, ByStamp>()
  const keyOf = ({ workspace, user }: Principal): string => `${workspace} ${user}`
  return {
    of: (principal: Principal): ByStamp => people.get(keyOf(principal)) ?? new Map(),
    keep(principal: Principal, tools: ByStamp): void {
      const key = keyOf(principal)
      people.delete(key)
      people.set(key, tools)
      const [oldest] = people.keys()
      if (people.size > CACHED_PEOPLE && oldest !== undefined) people.delete(oldest)
    },
  }
}
