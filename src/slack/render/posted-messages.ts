import { createHash } from 'node:crypto'
import { z } from 'zod'
import { LIMITS } from '../../block-kit/limits.ts'
import { errorChainOf, isAppError } from '../../errors.ts'
import type { Principal, RunId } from '../../ids.ts'
import type { Log } from '../../log.ts'
import type { Settings } from '../../policy/settings.ts'
import type { Runs, ShownMessage } from '../../run/runs.ts'
import type { Origin } from '../../run/state/events.ts'
import type { RunState } from '../../run/state/state.ts'
import { truncate } from '../../text.ts'
import type { MessageContent } from '../blocks/build-blocks.ts'
import type { AgentSessions, StreamLimits } from '../web-api/agents.ts'
import { stopMessageStream } from '../web-api/agents.ts'
import { readReplies } from '../web-api/read-replies.ts'
import type { BotIdentity, DirectMessages } from '../web-api/users.ts'
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
const METADATA_TYPE = 'patchbay_message'

/** The message cannot be changed any more. */
const FROZEN = new Set(['message_not_found', 'cant_update_message', 'edit_window_closed'])

const BLOCKS_REFUSED = new Set(['invalid_blocks', 'invalid_blocks_format', 'msg_too_long', 'msg_blocks_too_long'])

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
 * Throws AppError `slack_failed` where another try may help; a conversation that takes no message is logged.
 */
export async function showMessage(posted: PostedMessages, slot: MessageSlot, content: MessageContent): Promise<void> {
  const { deps, run, byKey } = posted
  const send = (what: MessageContent) => (byKey.has(slot.key) ? edit(posted, slot, what) : post(posted, slot, what))
  const logPermanentError = (error: unknown) => {
    if (!isPermanentError(error)) throw error
    deps.log.warn({ run, key: slot.key, why: slackErrorCodeOf(error) }, 'message cannot be posted there')
  }
  try {
    await send(content)
  } catch (error) {
    if (!BLOCKS_REFUSED.has(slackErrorCodeOf(error) ?? '')) return logPermanentError(error)
    deps.log.error({ run, key: slot.key, why: errorChainOf(error) }, 'Slack refused the blocks; words only')
    const shown = byKey.get(slot.key)
    // An edit takes fewer words than a post.
    if (shown && content.text.length > LIMITS.methodText['chat.update']) await removeMessage(posted, shown)
    await send({ text: content.text, blocks: [] }).catch(logPermanentError)
  }
}

/** The words stand in the blocks, where there are any; the text is for notifications then. */
const bodyOf = (run: RunId, key: string, { text, blocks }: MessageContent, method: keyof typeof LIMITS.methodText) => ({
  text: truncate(text || 'Working on it…', blocks.length > 0 ? LIMITS.message.text : LIMITS.methodText[method]),
  blocks,
  metadata: { event_type: METADATA_TYPE, event_payload: { run, key } },
})

async function post(posted: PostedMessages, { key, channel, thread }: MessageSlot, content: MessageContent) {
  const place = { channel, ...(thread && { thread_ts: thread }), unfurl_links: false, unfurl_media: false }
  try {
    const args = { ...place, ...bodyOf(posted.run, key, content, 'chat.postMessage') }
    const { ts } = await posted.deps.webApi.call('chat.postMessage', args, z.object({ ts: z.string() }))
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
    await deps.webApi.call(
      'chat.update',
      { channel, ts, ...bodyOf(run, slot.key, content, 'chat.update') },
      AnyResponse,
    )
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
async function removeMessage(posted: PostedMessages, { key, channel, ts }: ShownMessage): Promise<void> {
  const { deps, run } = posted
  try {
    await deps.webApi.call('chat.delete', { channel, ts }, AnyResponse)
  } catch (error) {
    if (slackErrorCodeOf(error) === undefined) throw error
    deps.log.warn({ run, key, why: slackErrorCodeOf(error) }, 'message not removed')
  }
  await forgetMessage(posted, key)
}

/** Ends streams that another instance, which is gone, left open. */
export async function endStrayStreams(posted: PostedMessages): Promise<void> {
  for (const shown of [...posted.byKey.values()].filter(({ live }) => live)) {
    await stopMessageStream(posted.deps.webApi, shown)
    await saveMessage(posted, { ...shown, live: false, contentHash: '' })
  }
}

/** Deletes pages that the answer has no longer. */
export async function removeOldPages(posted: PostedMessages, keys: Set<string>): Promise<void> {
  for (const shown of [...posted.byKey.values()])
    if (shown.key.startsWith('answer:') && !keys.has(shown.key)) await removeMessage(posted, shown)
}

const Message = z.object({
  ts: z.string(),
  bot_id: z.string().optional(),
  metadata: z.object({ event_type: z.string(), event_payload: z.record(z.string(), z.unknown()) }).optional(),
  blocks: z.array(z.object({ block_id: z.string().optional() })).optional(),
  files: z.array(z.object({ id: z.string(), name: z.string().nullish() })).optional(),
})
type Message = z.infer<typeof Message>

/**
 * Finds messages of this run that are in its thread without a record, as the app died between a post and its record, and records them.
 * A post is known by its metadata; a stream has none, so its Stop block names run and key. A thread that may not be read is logged.
 */
export async function adoptFoundMessages(posted: PostedMessages, state: RunState): Promise<void> {
  const { deps } = posted
  const { channel } = state.origin
  try {
    const { bot } = await deps.bot()
    const botMessages = (await repliesOf(deps, state)).filter((message) => message.bot_id === bot)
    for (const message of botMessages) {
      const found = keyIn(state, message)
      const isNew = found !== undefined && !posted.byKey.has(found.key)
      if (isNew) await saveMessage(posted, { ...found, channel, ts: message.ts, contentHash: '' })
    }
    await adoptFiles(posted, state, botMessages)
  } catch (error) {
    if (slackErrorCodeOf(error) === undefined) throw error
    deps.log.warn({ run: state.id, why: errorChainOf(error) }, 'thread could not be read')
  }
}

function repliesOf({ webApi }: RenderDeps, { origin }: RunState): Promise<Message[]> {
  const { channel, threadTs: ts, messageTs: oldest } = origin
  return readReplies(webApi, { channel, ts, oldest, include_all_metadata: true }, Message)
}

/** The key of the message of this run; `live` where it was a stream. */
function keyIn(state: RunState, { metadata, blocks }: Message): { key: string; live: boolean } | undefined {
  const { run, key } = metadata?.event_type === METADATA_TYPE ? metadata.event_payload : {}
  if (run === state.id && typeof key === 'string') return { key, live: false }
  const stop = (blocks ?? []).map((block) => block.block_id?.split(' ') ?? []).find(([word]) => word === 'stop')
  const [, id, streamed] = stop ?? []
  return id === state.id && streamed ? { key: streamed, live: true } : undefined
}

/** A file has no metadata; one of ours by the same name in the thread is taken for it. */
async function adoptFiles(posted: PostedMessages, state: RunState, botMessages: Message[]): Promise<void> {
  const recorded = new Set([...posted.byKey.values()].map(({ ts }) => ts))
  const found = botMessages.flatMap((message) => message.files ?? []).filter((file) => !recorded.has(file.id))
  for (const { key, name } of postedFilesOf(state)) {
    if (posted.byKey.has(key)) continue
    const at = found.findIndex((file) => file.name === name)
    const [file] = at < 0 ? [] : found.splice(at, 1)
    if (file)
      await saveMessage(posted, { key, channel: state.origin.channel, ts: file.id, contentHash: '', live: false })
  }
}

/** The files of a run's results, each with the key it is shown under. */
export const postedFilesOf = (state: RunState) =>
  state.calls.flatMap((call) =>
    (call.result?.files ?? []).map((file, index) => ({ ...file, key: `file:${call.id}:${index}` })),
  )
