import { createHash } from 'node:crypto'
import type { AgentSnapshot } from '../../agents/agent.ts'
import type { Principal, RunId } from '../../ids.ts'
import type { Log } from '../../log.ts'
import type { Settings } from '../../policy/settings.ts'
import type { Runs, ShownMessage } from '../../run/runs.ts'
import type { Origin } from '../../run/state/events.ts'
import type { RunState } from '../../run/state/state.ts'
import type { MessageContent } from '../blocks/build-blocks.ts'
import type { AgentIdentities } from '../web-api/agent-identity.ts'
import type { AgentSessions, StreamLimits } from '../web-api/agents.ts'
import type { MessagePlace } from '../web-api/post-message.ts'
import type { BotIdentity, DirectMessages } from '../web-api/users.ts'
import { AnyResponse, slackErrorCodeOf, type WebApi } from '../web-api/web-api.ts'

/** What it takes to show the runs of one workspace. */
export type RenderDeps = {
  runs: Pick<Runs, 'shown' | 'withdraw' | 'activeIn'>
  settings: Pick<Settings, 'of'>
  webApi: WebApi
  bot: () => Promise<BotIdentity>
  directMessageOf: DirectMessages
  sessions: AgentSessions
  identities: AgentIdentities
  streams: StreamLimits
  refreshHome(principal: Principal): void
  /** Offers under a finished answer a connection to a person who has none, and an agent to a channel that has none; never throws. */
  postOffers(state: RunState): Promise<void>
  log: Log
}

/** The messages that show one run, known from their records, so that nothing is posted twice. */
export type PostedMessages = {
  deps: RenderDeps
  run: RunId
  origin: Origin
  /** Whose name and face the answer carries. */
  agent: AgentSnapshot | undefined
  byKey: Map<string, ShownMessage>
  /** True where another instance died, perhaps between a post and its record. */
  recovered: boolean
  /** The run goes on, so that there is something to stop. */
  working: boolean
  closed: CloseReason | undefined
  /** Where a post got no answer, so that its message may be in Slack without a record, or come there late. */
  lost: Map<string, MessagePlace>
  /** Leads to the message that asked, once that was looked up. */
  requestLink?: string | undefined
  /** The places that were read since. */
  read: Set<string>
  /** Files of the app that were found without a record. */
  foundFiles: { channel: string; id: string; name: string; size: number }[]
}

/**
 * Why the run's own thread takes nothing more: its request was withdrawn, the message it hangs on is gone, or the app may not speak in
 * its conversation.
 */
export type CloseReason = 'withdrawn' | 'thread_gone' | 'conversation_closed'

/** Names a message and says where it goes if it is not posted yet. */
export type MessageSlot = MessagePlace & {
  key: string
  /** It is posted nowhere where it is gone, or where its place takes nothing. */
  isBound?: boolean
}

/** A message in the run's own thread. */
export const threadSlotOf = ({ channel, threadTs }: Origin, key: string): MessageSlot => ({
  key,
  channel,
  thread: threadTs,
})

/** Reads the records of a run's messages. */
export async function readPostedMessages(
  deps: RenderDeps,
  { id: run, origin, recovered, status, agent }: Pick<RunState, 'id' | 'origin' | 'recovered' | 'status' | 'agent'>,
): Promise<PostedMessages> {
  const byKey = new Map((await deps.runs.shown.of(run)).map((shown) => [shown.key, shown]))
  const found = { lost: new Map(), read: new Set<string>(), foundFiles: [] }
  return { deps, run, origin, agent, byKey, recovered, working: status === 'working', closed: undefined, ...found }
}

export const contentHashOf = (content: MessageContent): string =>
  createHash('sha256').update(JSON.stringify(content)).digest('base64url').slice(0, 22)

/** Records what a message shows now; one whose record failed counts as showing something else, so that the next try records it. */
export async function saveMessage({ deps, run, byKey }: PostedMessages, shown: ShownMessage): Promise<void> {
  byKey.set(shown.key, { ...shown, contentHash: '' })
  await deps.runs.shown.record(run, shown)
  byKey.set(shown.key, shown)
}

/** The message is in Slack no longer. */
export async function forgetShownMessage({ deps, run, byKey }: PostedMessages, key: string): Promise<void> {
  byKey.delete(key)
  await deps.runs.shown.forget(run, key)
}

/** Deletes a message; one that Slack refuses to delete is forgotten all the same. */
export async function removeMessage(posted: PostedMessages, shown: ShownMessage): Promise<void> {
  await deleteMessage(posted, shown)
  await forgetShownMessage(posted, shown.key)
}

/** A message that Slack refuses to delete is left; false then. */
export async function deleteMessage(
  { deps, run }: PostedMessages,
  { key, channel, ts }: Pick<ShownMessage, 'key' | 'channel' | 'ts'>,
): Promise<boolean> {
  try {
    await deps.webApi.call('chat.delete', { channel, ts }, AnyResponse)
    return true
  } catch (error) {
    if (slackErrorCodeOf(error) === undefined) throw error
    deps.log.warn({ run, key, why: slackErrorCodeOf(error) }, 'message not removed')
    return false
  }
}
