import { createHash } from 'node:crypto'
import { z } from 'zod'
import { errorChainOf, isAppError } from '../../errors.ts'
import type { Principal, RunId } from '../../ids.ts'
import type { Log } from '../../log.ts'
import type { Settings } from '../../policy/settings.ts'
import type { Runs, ShownMessage } from '../../run/runs.ts'
import type { Origin } from '../../run/state/events.ts'
import type { MessageContent } from '../blocks/build-blocks.ts'
import type { AgentSessions } from '../web-api/agent-sessions.ts'
import type { BotIdentity } from '../web-api/bot-identity.ts'
import type { DirectMessages } from '../web-api/direct-messages.ts'
import type { StreamLimits } from '../web-api/message-stream.ts'
import { AnyResponse, isPermanentError, slackErrorCodeOf, type WebApi } from '../web-api/web-api.ts'

/** What it takes to show the runs of one workspace. */
export type RenderDeps = {
  runs: Pick<Runs, 'shown'>
  settings: Pick<Settings, 'of'>
  webApi: WebApi
  bot: () => Promise<BotIdentity>
  directMessageOf: DirectMessages
  sessions: AgentSessions
  streams: StreamLimits
  refreshHome(principal: Principal): void
  log: Log
}

/** The messages that show one run, known from their records, so that nothing is posted twice. */
export type PostedMessages = {
  deps: RenderDeps
  run: RunId
  byKey: Map<string, ShownMessage>
  /** True after a post whose answer never came: the message may be in Slack without a record. */
  uncertain: boolean
}

/** Names a message and says where it goes if it is not posted yet. */
export type MessageSlot = { key: string; channel: string; thread: string | undefined }

/** A message in the run's own thread. */
export const threadSlotOf = ({ channel, threadTs }: Origin, key: string): MessageSlot => ({
  key,
  channel,
  thread: threadTs,
})

/** The `event_type` of the metadata by which our posts are found again. */
export const METADATA_TYPE = 'patchbay_message'

/** The message cannot be changed any more. */
const FROZEN = new Set(['message_not_found', 'cant_update_message', 'edit_window_closed'])

const BLOCKS_REFUSED = new Set(['invalid_blocks', 'invalid_blocks_format', 'msg_too_long', 'msg_blocks_too_long'])

const Posted = z.object({ ts: z.string() })

/** Reads the records of a run's messages. */
export async function readPostedMessages(deps: RenderDeps, run: RunId): Promise<PostedMessages> {
  const records = await deps.runs.shown.of(run)
  return { deps, run, byKey: new Map(records.map((shown) => [shown.key, shown])), uncertain: false }
}

export const contentHashOf = (content: MessageContent): string =>
  createHash('sha256').update(JSON.stringify(content)).digest('base64url').slice(0, 22)

/** Records what a message shows now. */
export async function saveMessage({ deps, run, byKey }: PostedMessages, shown: ShownMessage): Promise<void> {
  byKey.set(shown.key, shown)
  await deps.runs.shown.record(run, shown)
}

async function forgetMessage({ deps, run, byKey }: PostedMessages, key: string): Promise<void> {
  byKey.delete(key)
  await deps.runs.shown.forget(run, key)
}

/**
 * Makes a message show the content: posts it, edits it, or leaves it alone. Without its blocks where Slack refuses them.
 * Throws AppError `slack_failed` where another try may help; a place that takes no message is logged.
 */
export async function showMessage(posted: PostedMessages, slot: MessageSlot, content: MessageContent): Promise<void> {
  const { deps, run, byKey } = posted
  const put = (what: MessageContent) => (byKey.has(slot.key) ? edit(posted, slot, what) : post(posted, slot, what))
  const passOver = (error: unknown) => {
    if (!isPermanentError(error)) throw error
    deps.log.warn({ run, key: slot.key, why: slackErrorCodeOf(error) }, 'nobody can be told there')
  }
  try {
    await put(content)
  } catch (error) {
    if (!BLOCKS_REFUSED.has(slackErrorCodeOf(error) ?? '')) return passOver(error)
    deps.log.error({ run, key: slot.key, why: errorChainOf(error) }, 'Slack refused the blocks; words only')
    await put({ text: content.text, blocks: [] }).catch(passOver)
  }
}

const bodyOf = (run: RunId, key: string, { text, blocks }: MessageContent) => ({
  text: text === '' ? 'Working on it…' : text,
  blocks,
  metadata: { event_type: METADATA_TYPE, event_payload: { run, key } },
})

async function post(posted: PostedMessages, { key, channel, thread }: MessageSlot, content: MessageContent) {
  const place = { channel, ...(thread && { thread_ts: thread }), unfurl_links: false, unfurl_media: false }
  try {
    const args = { ...place, ...bodyOf(posted.run, key, content) }
    const { ts } = await posted.deps.webApi.call('chat.postMessage', args, Posted)
    await saveMessage(posted, { key, channel, ts, contentHash: contentHashOf(content), live: false })
  } catch (error) {
    if (isAppError(error, 'slack_failed') && slackErrorCodeOf(error) === undefined) posted.uncertain = true
    throw error
  }
}

async function edit(posted: PostedMessages, slot: MessageSlot, content: MessageContent): Promise<void> {
  const { deps, run, byKey } = posted
  const shown = byKey.get(slot.key)
  const contentHash = contentHashOf(content)
  if (shown === undefined || shown.contentHash === contentHash) return
  try {
    const { channel, ts } = shown
    await deps.webApi.call('chat.update', { channel, ts, ...bodyOf(run, slot.key, content) }, AnyResponse)
  } catch (error) {
    const why = slackErrorCodeOf(error)
    if (why === undefined || !FROZEN.has(why)) throw error
    if (why === 'message_not_found') {
      await forgetMessage(posted, slot.key)
      return post(posted, slot, content)
    }
    deps.log.warn({ run, key: slot.key, why }, 'message cannot be changed')
  }
  await saveMessage(posted, { ...shown, contentHash, live: false })
}

/** Deletes a message; one that Slack refuses to delete is forgotten all the same. */
export async function removeMessage(posted: PostedMessages, { key, channel, ts }: ShownMessage): Promise<void> {
  const { deps, run } = posted
  try {
    await deps.webApi.call('chat.delete', { channel, ts }, AnyResponse)
  } catch (error) {
    if (slackErrorCodeOf(error) === undefined) throw error
    deps.log.warn({ run, key, why: slackErrorCodeOf(error) }, 'message not removed')
  }
  await forgetMessage(posted, key)
}
