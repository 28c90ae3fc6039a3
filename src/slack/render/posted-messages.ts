import { z } from 'zod'
import { LIMITS } from '../../block-kit/limits.ts'
import { errorChainOf } from '../../errors.ts'
import type { RunId } from '../../ids.ts'
import { truncate } from '../../text.ts'
import type { MessageContent } from '../blocks/build-blocks.ts'
import { stopMessageStream } from '../web-api/agents.ts'
import { AnyResponse, isPermanentError, slackErrorCodeOf } from '../web-api/web-api.ts'
import { findBeforePosting, METADATA_TYPE, noteLostAnswer } from './find-messages.ts'
import {
  contentHashOf,
  forgetMessage,
  type MessageSlot,
  type PostedMessages,
  removeMessage,
  saveMessage,
} from './message-records.ts'

/** The message cannot be changed any more. */
const FROZEN = new Set(['message_not_found', 'cant_update_message', 'edit_window_closed'])

const BLOCKS_REFUSED = new Set(['invalid_blocks', 'invalid_blocks_format', 'msg_too_long', 'msg_blocks_too_long'])

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

async function post(posted: PostedMessages, slot: MessageSlot, content: MessageContent): Promise<void> {
  await findBeforePosting(posted, slot)
  const { key, channel, thread } = slot
  if (posted.byKey.has(key)) return edit(posted, slot, content)
  const place = { channel, ...(thread && { thread_ts: thread }), unfurl_links: false, unfurl_media: false }
  try {
    const args = { ...place, ...bodyOf(posted.run, key, content, 'chat.postMessage') }
    const { ts } = await posted.deps.webApi.call('chat.postMessage', args, z.object({ ts: z.string() }))
    await saveMessage(posted, { key, channel, ts, contentHash: contentHashOf(content), live: false })
  } catch (error) {
    noteLostAnswer(posted, { channel, thread }, error)
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
