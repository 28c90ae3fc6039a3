import { createHash } from 'node:crypto'
import { z } from 'zod'
import { errorChainOf, isAppError } from '../../errors.ts'
import type { RunId } from '../../ids.ts'
import type { Log } from '../../log.ts'
import type { Runs, ShownMessage } from '../../run/runs.ts'
import type { MessageContent } from '../blocks/blocks.ts'
import { AnyResponse, isPermanentError, slackErrorCodeOf, type WebApi } from '../web-api/web-api.ts'

/** Which message: its key, and where it goes if it is not there yet. */
export type MessageSlot = { key: string; channel: string; thread: string | undefined }

/** The messages that show one run: what stands in them is known from records, so that nothing is posted twice. */
export type PostedMessages = {
  get(key: string): ShownMessage | undefined
  all(): ShownMessage[]
  /** Takes over a message found in Slack. */
  adopt(shown: ShownMessage): Promise<void>
  /** Makes the message show this: posts it, changes it, or leaves it alone. */
  ensure(spot: MessageSlot, saying: MessageContent): Promise<void>
  remove(key: string): Promise<void>
  /** A post went out and its answer never came: it may stand there. */
  inDoubt(): boolean
  doubt(is: boolean): void
}

/** The message cannot be changed any more. */
const FROZEN = new Set(['message_not_found', 'cant_update_message', 'edit_window_closed'])

export const EVENT_TYPE = 'patchbay_message'

const Posted = z.object({ ts: z.string() })

export const contentHashOf = (saying: MessageContent): string =>
  createHash('sha256').update(JSON.stringify(saying)).digest('base64url').slice(0, 22)

type BoardDeps = { run: RunId; calls: WebApi; shown: Runs['shown']; log: Log }

/** The board's memory and hands. */
type Desk = BoardDeps & { known: Map<string, ShownMessage>; doubt: boolean }

export async function createPostedMessages(deps: BoardDeps): Promise<PostedMessages> {
  const known = new Map((await deps.shown.of(deps.run)).map((shown) => [shown.key, shown]))
  const desk: Desk = { ...deps, known, doubt: false }
  return {
    get: (key) => known.get(key),
    all: () => [...known.values()],
    adopt: (shown) => keep(desk, shown),
    ensure: (spot, saying) => ensure(desk, spot, saying),
    remove: (key) => remove(desk, key),
    inDoubt: () => desk.doubt,
    doubt(is) {
      desk.doubt = is
    },
  }
}

async function keep(desk: Desk, shown: ShownMessage): Promise<void> {
  desk.known.set(shown.key, shown)
  await desk.shown.record(desk.run, shown)
}

async function forget(desk: Desk, key: string): Promise<void> {
  desk.known.delete(key)
  await desk.shown.forget(desk.run, key)
}

async function ensure(desk: Desk, spot: MessageSlot, saying: MessageContent): Promise<void> {
  const put = (words: MessageContent) => {
    const shown = desk.known.get(spot.key)
    return shown ? change(desk, spot, words) : post(desk, spot, words)
  }
  try {
    await put(saying)
  } catch (error) {
    if (!REFUSED_PICTURE.has(slackErrorCodeOf(error) ?? '')) return passOver(desk, spot, error)
    desk.log.error({ run: desk.run, key: spot.key, why: errorChainOf(error) }, 'Slack refused the blocks; words only')
    await put({ text: saying.text, blocks: [] }).catch((second: unknown) => passOver(desk, spot, second))
  }
}

/** Where nobody can be told, the run must not wait for it. */
function passOver(desk: Desk, { key }: MessageSlot, error: unknown): void {
  if (!isPermanentError(error)) throw error
  desk.log.warn({ run: desk.run, key, why: slackErrorCodeOf(error) }, 'nobody can be told there')
}

const REFUSED_PICTURE = new Set(['invalid_blocks', 'invalid_blocks_format', 'msg_too_long', 'msg_blocks_too_long'])

const bodyOf = (desk: Desk, key: string, { text, blocks }: MessageContent) => ({
  text: text === '' ? 'Working on it…' : text,
  blocks,
  metadata: { event_type: EVENT_TYPE, event_payload: { run: desk.run, key } },
})

async function post(desk: Desk, spot: MessageSlot, saying: MessageContent): Promise<void> {
  const place = { channel: spot.channel, ...(spot.thread && { thread_ts: spot.thread }) }
  const words = { ...bodyOf(desk, spot.key, saying), unfurl_links: false, unfurl_media: false }
  try {
    const { ts } = await desk.calls.call('chat.postMessage', { ...place, ...words }, Posted)
    await keep(desk, { key: spot.key, channel: spot.channel, ts, picture: contentHashOf(saying), live: false })
  } catch (error) {
    if (isAppError(error, 'slack_failed') && slackErrorCodeOf(error) === undefined) desk.doubt = true
    throw error
  }
}

async function change(desk: Desk, spot: MessageSlot, saying: MessageContent): Promise<void> {
  const shown = desk.known.get(spot.key)
  const picture = contentHashOf(saying)
  if (shown === undefined || shown.picture === picture) return
  const why = await update(desk, shown, saying)
  if (why === 'message_not_found') {
    await forget(desk, spot.key)
    await post(desk, spot, saying)
    return
  }
  if (why !== undefined) desk.log.warn({ run: desk.run, key: spot.key, why }, 'message cannot be changed')
  await keep(desk, { ...shown, picture, live: false })
}

/** Resolves to why the message cannot be changed any more, if so. */
async function update(
  desk: Desk,
  { key, channel, ts }: ShownMessage,
  saying: MessageContent,
): Promise<string | undefined> {
  try {
    await desk.calls.call('chat.update', { channel, ts, ...bodyOf(desk, key, saying) }, AnyResponse)
    return undefined
  } catch (error) {
    const why = slackErrorCodeOf(error)
    if (why !== undefined && FROZEN.has(why)) return why
    throw error
  }
}

async function remove(desk: Desk, key: string): Promise<void> {
  const shown = desk.known.get(key)
  if (!shown) return
  try {
    await desk.calls.call('chat.delete', { channel: shown.channel, ts: shown.ts }, AnyResponse)
  } catch (error) {
    if (slackErrorCodeOf(error) === undefined) throw error
    desk.log.warn({ run: desk.run, key, why: slackErrorCodeOf(error) }, 'message not removed')
  }
  await forget(desk, key)
}
