import { z } from 'zod'
import type { RunState } from '../../run/state/state.ts'
import { resultMessage } from '../answer/result-message.ts'
import { SHOWN_ARGUMENTS } from '../approvals/approval-card.ts'
import { argumentsText } from '../approvals/arguments-text.ts'
import type { PaintDeps } from '../deps.ts'
import { isPermanentError, slackErrorCodeOf } from '../web-api/web-api.ts'
import { postedFilesOf } from './find-unrecorded.ts'
import type { PostedMessages } from './posted-messages.ts'

const Uploaded = z.object({
  files: z
    .array(z.object({ files: z.array(z.object({ id: z.string() })).optional(), id: z.string().optional() }))
    .optional(),
})

type Upload = { key: string; channel: string; thread: string; name: string; data: Buffer }

/** Puts what calls gave as rows and links into the thread, each once. */
export async function renderShownResults(board: PostedMessages, { calls, origin }: RunState): Promise<void> {
  for (const call of calls) {
    const shown = call.result?.shown
    if (shown === undefined) continue
    const spot = { key: `shown:${call.id}`, channel: origin.channel, thread: origin.threadTs }
    await board.ensure(spot, resultMessage(call, shown))
  }
}

/** Puts the files that calls gave into the thread, each once. */
export async function renderFiles(deps: PaintDeps, board: PostedMessages, state: RunState): Promise<void> {
  const { channel, threadTs } = state.origin
  for (const { key, name, data } of postedFilesOf(state)) {
    await upload(deps, board, { key, channel, thread: threadTs, name, data: Buffer.from(data, 'base64') })
  }
}

/** The whole of arguments that are too long for their card, beside each card. */
export async function renderArgumentFiles(deps: PaintDeps, board: PostedMessages, state: RunState): Promise<void> {
  for (const call of state.calls) {
    const text = argumentsText(call.arguments)
    if (call.approval === undefined || call.approval.decided || text.length <= SHOWN_ARGUMENTS) continue
    for (const { key, channel, thread } of cardSpots(board, state, call.approval.id)) {
      await upload(deps, board, { key, channel, thread, name: `${call.tool}-arguments.txt`, data: Buffer.from(text) })
    }
  }
}

const cardSpots = (board: PostedMessages, { origin }: RunState, approval: string) =>
  board
    .all()
    .filter((shown) => shown.key.startsWith(`approval:${approval}:`))
    .map(({ channel, ts }) => ({
      key: `file:arguments-${approval}:${channel}`,
      channel,
      thread: channel === origin.channel ? origin.threadTs : ts,
    }))

async function upload(
  deps: PaintDeps,
  board: PostedMessages,
  { key, channel, thread, name, data }: Upload,
): Promise<void> {
  if (board.get(key) !== undefined || data.length === 0) return
  try {
    const args = { channel_id: channel, thread_ts: thread, file: data, filename: name, title: name }
    const done = await deps.webApi.call('files.uploadV2', args, Uploaded)
    const [first] = done.files ?? []
    await board.adopt({ key, channel, ts: first?.files?.[0]?.id ?? first?.id ?? key, picture: name, live: false })
  } catch (error) {
    if (!isPermanentError(error)) throw error
    deps.log.warn({ key, why: slackErrorCodeOf(error) }, 'file not shown')
  }
}
