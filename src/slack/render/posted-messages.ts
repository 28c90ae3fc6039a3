import { LIMITS } from '../../block-kit/limits.ts'
import { errorChainOf } from '../../errors.ts'
import type { RunId } from '../../ids.ts'
import type { ShownMessage } from '../../run/runs.ts'
import { truncate } from '../../text.ts'
import { contextBlock, type MessageContent } from '../blocks/build-blocks.ts'
import { stopMessageStream } from '../web-api/agents.ts'
import { postMessage } from '../web-api/post-message.ts'
import { AnyResponse, isPermanentError, slackErrorCodeOf } from '../web-api/web-api.ts'
import { agentFor, withAgentLine } from './agent-line.ts'
import { closePlace, contentFor, noteClosedPlace, placeFor } from './closed-place.ts'
import { findBeforePosting, METADATA_TYPE, noteLostAnswer } from './find-messages.ts'
import {
  contentHashOf,
  deleteMessage,
  forgetShownMessage,
  type MessageSlot,
  type PostedMessages,
  removeMessage,
  saveMessage,
} from './message-records.ts'

/** The message cannot be changed any more. */
const FROZEN = new Set(['message_not_found', 'cant_update_message', 'edit_window_closed'])

const BLOCKS_REFUSED = new Set(['invalid_blocks', 'invalid_blocks_format', 'msg_too_long', 'msg_blocks_too_long'])

/**
 * Makes a message show the content: posts it, edits it, or leaves it alone. Without its blocks where Slack refuses them; what the run's
 * own thread does not take any more goes to the person who asked. Throws AppError `slack_failed` where another try may help; what no
 * place takes is logged.
 */
export async function showMessage(posted: PostedMessages, slot: MessageSlot, content: MessageContent): Promise<void> {
  try {
    await showFitting(posted, slot, content)
  } catch (error) {
    if (!(await noteClosedPlace(posted, slot, error))) return noteRefusal(posted, slot, error)
    if (posted.byKey.get(slot.key)?.channel === slot.channel) await forgetShownMessage(posted, slot.key)
    await showFitting(posted, slot, content).catch((again) => noteRefusal(posted, slot, again))
  }
}

/** Throws what another try may mend. */
export function noteRefusal({ deps, run }: PostedMessages, { key }: Pick<MessageSlot, 'key'>, error: unknown): void {
  if (!isPermanentError(error)) throw error
  deps.log.warn({ run, key, why: slackErrorCodeOf(error) }, 'message cannot be posted there')
}

/** Shows the content, or only its words where Slack refuses the blocks. */
async function showFitting(posted: PostedMessages, slot: MessageSlot, content: MessageContent): Promise<void> {
  const { deps, run, byKey } = posted
  try {
    await send(posted, slot, content)
  } catch (error) {
    if (!BLOCKS_REFUSED.has(slackErrorCodeOf(error) ?? '')) throw error
    deps.log.error({ run, key: slot.key, why: errorChainOf(error) }, 'Slack refused the blocks; words only')
    const shown = byKey.get(slot.key)
    // An edit takes fewer words than a post.
    if (shown && content.text.length > LIMITS.methodText['chat.update']) await removeMessage(posted, shown)
    await send(posted, slot, { text: content.text, blocks: [] })
  }
}

async function send(posted: PostedMessages, slot: MessageSlot, content: MessageContent): Promise<void> {
  if (!(await edit(posted, slot, content))) await post(posted, slot, content)
}

/** Edits a message where it stands; one that is gone is not posted again. Throws as `showMessage` does. */
export async function editMessage(posted: PostedMessages, shown: ShownMessage, content: MessageContent): Promise<void> {
  const slot = { key: shown.key, channel: shown.channel, thread: undefined }
  await edit(posted, slot, content).catch((error) => noteRefusal(posted, slot, error))
}

/** The words stand in the blocks, where there are any; the text is for notifications then. */
const bodyOf = (run: RunId, key: string, { text, blocks }: MessageContent, method: keyof typeof LIMITS.methodText) => ({
  text: truncate(text || 'Working on it…', blocks.length > 0 ? LIMITS.message.text : LIMITS.methodText[method]),
  blocks,
  metadata: { event_type: METADATA_TYPE, event_payload: { run, key } },
})

async function post(posted: PostedMessages, slot: MessageSlot, content: MessageContent): Promise<void> {
  const place = await placeFor(posted, slot)
  if (place === undefined) return
  const { key } = slot
  await findBeforePosting(posted, { key, ...place })
  if (posted.byKey.has(key)) return void (await edit(posted, slot, content))
  const { channel, thread } = place
  try {
    let shown = content
    const ts = await posted.deps.identities.send(agentFor(posted, key), async (identity) => {
      shown = withAgentLine(posted, key, await contentFor(posted, slot, place, content))
      return postMessage(posted.deps.webApi, place, {
        ...bodyOf(posted.run, key, shown, 'chat.postMessage'),
        ...identity,
      })
    })
    await saveMessage(posted, { key, channel, ts, contentHash: contentHashOf(shown), live: false })
  } catch (error) {
    noteLostAnswer(posted, { channel, thread }, error)
    throw error
  }
}

/** False where there is no such message, or no more. */
async function edit(posted: PostedMessages, slot: MessageSlot, given: MessageContent): Promise<boolean> {
  const { deps, run, byKey } = posted
  const shown = byKey.get(slot.key)
  if (shown === undefined) return false
  const { channel, ts } = shown
  const content = withAgentLine(
    posted,
    slot.key,
    await contentFor(posted, slot, { channel, thread: slot.thread }, given),
  )
  const contentHash = contentHashOf(content)
  if (shown.contentHash === contentHash) return true
  try {
    await deps.webApi.call(
      'chat.update',
      { channel, ts, ...bodyOf(run, slot.key, content, 'chat.update') },
      AnyResponse,
    )
  } catch (error) {
    const why = slackErrorCodeOf(error)
    if (why === undefined || !FROZEN.has(why)) throw error
    if (why === 'message_not_found') {
      await forgetShownMessage(posted, slot.key)
      return false
    }
    deps.log.warn({ run, key: slot.key, why }, 'message cannot be changed')
  }
  await saveMessage(posted, { ...shown, contentHash, live: false })
  return true
}

/** Ends the stream on a message. One that the app may not end cannot be edited either, so what it shows has to stand elsewhere. */
export async function endStreamOf(posted: PostedMessages, shown: ShownMessage): Promise<void> {
  if (await stopMessageStream(posted.deps.webApi, shown))
    return saveMessage(posted, { ...shown, live: false, contentHash: '' })
  closePlace(posted, 'conversation_closed')
  await forgetShownMessage(posted, shown.key)
}

/** Ends streams that another instance, which is gone, left open. */
export async function endStrayStreams(posted: PostedMessages): Promise<void> {
  for (const shown of [...posted.byKey.values()].filter(({ live }) => live)) {
    await endStreamOf(posted, shown)
  }
}

/** What stands where a page was that Slack does not delete, as in workspaces that must keep all messages. */
const MOVED_TEXT = 'The answer is below.'
const MOVED: MessageContent = { text: MOVED_TEXT, blocks: [contextBlock(MOVED_TEXT)] }

/** Deletes pages that the answer has no longer. */
export async function removeOldPages(posted: PostedMessages, keys: Set<string>): Promise<void> {
  for (const shown of [...posted.byKey.values()]) {
    if (!shown.key.startsWith('answer:') || keys.has(shown.key)) continue
    if (!(await deleteMessage(posted, shown))) await editMessage(posted, shown, MOVED)
    await forgetShownMessage(posted, shown.key)
  }
}
