import { z } from 'zod'
import { type Db, toUndefined } from '../db/call.ts'
import { type ChannelId, type Principal, UserId, type WorkspaceId } from '../ids.ts'
import { AgentDefinition } from './agent.ts'

/** An agent as somebody may use it. */
export type Agent = AgentDefinition & {
  /** A file's agent has an id made of its name. */
  id: string
  version: number
  /** Who made it, and alone may edit it; undefined for one that came with a file. */
  owner: UserId | undefined
  /** Everybody in the workspace may use it. */
  shared: boolean
}

const Row = z
  .object({
    id: z.string(),
    owner: UserId,
    definition: AgentDefinition,
    version: z.int(),
    shared: z.boolean(),
  })
  .transform(({ definition, ...row }): Agent => ({ ...definition, ...row }))

const VersionRow = z.object({ version: z.int(), definition: AgentDefinition, at: z.coerce.date() })
/** What an agent was at one time. */
export type AgentVersion = z.infer<typeof VersionRow>

const Text = z.string().nullable().transform(toUndefined)
const Choices = z
  .object({ thread: Text, thread_name: Text, channel: Text, person: Text })
  .transform(({ thread_name: threadName, ...choices }) => ({ ...choices, threadName }))
/** Ids of the agents that were chosen for a place, and the name of the thread's. */
export type AgentChoices = z.infer<typeof Choices>

/** A conversation, as Slack names it. */
export type AgentPlace = { channel: ChannelId; thread: string }

export type AgentEdit = {
  id: string
  /** The version that was edited; undefined for a new agent. */
  base: number | undefined
  nameKey: string
  definition: AgentDefinition
}

/** As many as a person would look through. */
const MOST_OWN = 30
/** Older ones are kept, and nobody looks for them. */
const MOST_VERSIONS = 20

const Maybe = Row.nullable().transform(toUndefined)
const Nothing = z.null().transform(() => undefined)

/** Agents that people make, over the database. Errors are db/'s. */
export const createAgentRows = (db: Db) => ({
  of: ({ workspace, user }: Principal): Promise<Agent[]> => db.call('agents_of', { workspace, user }, z.array(Row)),
  /** Throws `name_taken`, `conflict`, `not_found` and `limit_reached`. */
  save: ({ workspace, user }: Principal, { id, base, nameKey, definition }: AgentEdit): Promise<Agent> =>
    db.call(
      'agent_save',
      { workspace, user, id, base: base ?? null, name_key: nameKey, definition, limit: MOST_OWN },
      Row,
    ),
  versionsOf: ({ workspace, user }: Principal, id: string): Promise<AgentVersion[]> =>
    db.call('agent_versions_of', { workspace, user, id, limit: MOST_VERSIONS }, z.array(VersionRow)),
  /** Throws `name_taken`. */
  share: ({ workspace, user }: Principal, id: string, shared: boolean): Promise<Agent | undefined> =>
    db.call('agent_share', { workspace, user, id, shared }, Maybe),
  archive: ({ workspace, user }: Principal, id: string, any: boolean): Promise<Agent | undefined> =>
    db.call('agent_archive', { workspace, user, id, any }, Maybe),
  setForChannel: ({ workspace, user }: Principal, channel: ChannelId, agent: Agent | undefined): Promise<void> =>
    db.call(
      'channel_agent_set',
      { workspace, user, channel, agent: agent?.id ?? null, name: agent?.name ?? null },
      Nothing,
    ),
  setForPerson: ({ workspace, user }: Principal, agent: string | undefined): Promise<void> =>
    db.call('person_agent_set', { workspace, user, agent: agent ?? null }, Nothing),
  choices: ({ workspace, user }: Principal, { channel, thread }: AgentPlace): Promise<AgentChoices> =>
    db.call('agent_choices', { workspace, user, channel, thread }, Choices),
  claimOffer: (workspace: WorkspaceId, channel: ChannelId): Promise<boolean> =>
    db.call('agent_offer_claim', { workspace, channel }, z.boolean()),
  mute: (workspace: WorkspaceId, { channel, thread }: AgentPlace, muted: boolean): Promise<void> =>
    db.call('thread_mute', { workspace, channel, thread, muted }, Nothing),
  isMuted: (workspace: WorkspaceId, { channel, thread }: AgentPlace): Promise<boolean> =>
    db.call('thread_muted', { workspace, channel, thread }, z.boolean()),
})
