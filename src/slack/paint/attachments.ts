import { z } from 'zod'
import type { RunState } from '../../run/state/state.ts'
import { isHopeless, slackError } from '../calls.ts'
import type { PaintDeps } from '../deps.ts'
import { SHOWN_ARGUMENTS } from '../views/approval-card.ts'
import { sayArguments } from '../views/arguments.ts'
import { sayShown } from '../views/shown-result.ts'
import type { Board } from './board.ts'
import { filesOf } from './recover.ts'

const Uploaded = z.object({
  files: z
    .array(z.object({ files: z.array(z.object({ id: z.string() })).optional(), id: z.string().optional() }))
    .optional(),
})

type Upload = { key: string; channel: string; thread: string; name: string; data: Buffer }

/** Puts what calls gave as rows and links into the thread, each once. */
export async function ensureShown(board: Board, { calls, origin }: RunState): Promise<void> {
  for (const call of calls) {
    const shown = call.result?.shown
    if (shown === undefined) continue
    const spot = { key: `shown:${call.id}`, channel: origin.channel, thread: origin.threadTs }
    await board.ensure(spot, sayShown(call, shown))
  }
}

/** Puts the files that calls gave into the thread, each once. */
export async function ensureFiles(deps: PaintDeps, board: Board, state: RunState): Promise<void> {
  const { channel, threadTs } = state.origin
  for (const { key, name, data } of filesOf(state)) {
    await upload(deps, board, { key, channel, thread: threadTs, name, data: Buffer.from(data, 'base64') })
  }
}

/** The whole of arguments that are too long for their card, beside each card. */
export async function ensureArguments(deps: PaintDeps, board: Board, state: RunState): Promise<void> {
  for (const call of state.calls) {
    const text = sayArguments(call.arguments)
    if (call.approval === undefined || call.approval.decided || text.length <= SHOWN_ARGUMENTS) continue
    for (const { key, channel, thread } of cardSpots(board, state, call.approval.id)) {
      await upload(deps, board, { key, channel, thread, name: `${call.tool}-arguments.txt`, data: Buffer.from(text) })
    }
  }
}

const cardSpots = (board: Board, { origin }: RunState, approval: string) =>
  board
    .all()
    .filter((shown) => shown.key.startsWith(`approval:${approval}:`))
    .map(({ channel, ts }) => ({
      key: `file:arguments-${approval}:${channel}`,
      channel,
      thread: channel === origin.channel ? origin.threadTs : ts,
    }))

async function upload(deps: PaintDeps, board: Board, { key, channel, thread, name, data }: Upload): Promise<void> {
  if (board.get(key) !== undefined || data.length === 0) return
  try {
    const args = { channel_id: channel, thread_ts: thread, file: data, filename: name, title: name }
    const done = await deps.calls.call('files.uploadV2', args, Uploaded)
    const [first] = done.files ?? []
    await board.adopt({ key, channel, ts: first?.files?.[0]?.id ?? first?.id ?? key, picture: name, live: false })
  } catch (error) {
    if (!isHopeless(error)) throw error
    deps.log.warn({ key, why: slackError(error) }, 'file not shown')
  }
}
