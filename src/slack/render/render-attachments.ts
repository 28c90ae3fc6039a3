import { z } from 'zod'
import type { RunState } from '../../run/state/state.ts'
import { resultMessage } from '../answer/result-message.ts'
import { SHOWN_ARGUMENTS } from '../approvals/approval-card.ts'
import { argumentsText } from '../approvals/arguments-text.ts'
import { isPermanentError, slackErrorCodeOf } from '../web-api/web-api.ts'
import { postedFilesOf } from './find-unrecorded.ts'
import { type MessageSlot, type PostedMessages, saveMessage, showMessage, threadSlotOf } from './posted-messages.ts'

const Uploaded = z.object({
  files: z
    .array(z.object({ files: z.array(z.object({ id: z.string() })).optional(), id: z.string().optional() }))
    .optional(),
})

/** Posts the rows and links that calls gave into the thread, each once. */
export async function renderShownResults(posted: PostedMessages, { calls, origin }: RunState): Promise<void> {
  for (const call of calls) {
    const shown = call.result?.shown
    if (shown !== undefined)
      await showMessage(posted, threadSlotOf(origin, `shown:${call.id}`), resultMessage(call, shown))
  }
}

/** Uploads the files that calls gave into the thread, each once. */
export async function renderFiles(posted: PostedMessages, state: RunState): Promise<void> {
  for (const { key, name, data } of postedFilesOf(state))
    await upload(posted, threadSlotOf(state.origin, key), name, Buffer.from(data, 'base64'))
}

/** Uploads arguments that are too long for their card, in full, beside each card. */
export async function renderArgumentFiles(posted: PostedMessages, { calls, origin }: RunState): Promise<void> {
  for (const { approval, arguments: given, tool } of calls) {
    const text = argumentsText(given)
    if (approval === undefined || approval.decided || text.length <= SHOWN_ARGUMENTS) continue
    const cards = [...posted.byKey.values()].filter(({ key }) => key.startsWith(`approval:${approval.id}:`))
    for (const { channel, ts } of cards) {
      const thread = channel === origin.channel ? origin.threadTs : ts
      const slot = { key: `file:arguments-${approval.id}:${channel}`, channel, thread }
      await upload(posted, slot, `${tool}-arguments.txt`, Buffer.from(text))
    }
  }
}

async function upload(posted: PostedMessages, slot: MessageSlot, name: string, data: Buffer): Promise<void> {
  const { deps, byKey } = posted
  const { key, channel, thread } = slot
  if (byKey.has(key) || data.length === 0) return
  try {
    const args = { channel_id: channel, thread_ts: thread, file: data, filename: name, title: name }
    const { files = [] } = await deps.webApi.call('files.uploadV2', args, Uploaded)
    const id = files[0]?.files?.[0]?.id ?? files[0]?.id ?? key
    await saveMessage(posted, { key, channel, ts: id, contentHash: name, live: false })
  } catch (error) {
    if (!isPermanentError(error)) throw error
    deps.log.warn({ key, why: slackErrorCodeOf(error) }, 'file not shown')
  }
}
