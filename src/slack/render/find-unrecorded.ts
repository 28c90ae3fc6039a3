import { z } from 'zod'
import { errorChainOf } from '../../errors.ts'
import type { RunState } from '../../run/state/state.ts'
import type { PaintDeps } from '../deps.ts'
import { slackErrorCodeOf } from '../web-api/web-api.ts'
import { EVENT_TYPE, type PostedMessages } from './posted-messages.ts'

const Message = z.object({
  ts: z.string(),
  bot_id: z.string().optional(),
  metadata: z.object({ event_type: z.string(), event_payload: z.record(z.string(), z.unknown()) }).optional(),
  blocks: z.array(z.object({ block_id: z.string().optional() })).optional(),
  files: z.array(z.object({ id: z.string(), name: z.string().nullish() })).optional(),
})
type Message = z.infer<typeof Message>
const Replies = z.object({
  messages: z.array(Message),
  response_metadata: z.object({ next_cursor: z.string().optional() }).optional(),
})

/** Threads longer than this many pages of 200 are not searched further back. */
const MOST_PAGES = 5

/**
 * Finds our messages of this run that stand in its thread but were never recorded: the app died between a post and its record.
 * Posts carry metadata; a stream cannot, so its Stop block names run and key. Where the thread may not be read, records have to do.
 */
export async function adoptFoundMessages(deps: PaintDeps, board: PostedMessages, state: RunState): Promise<void> {
  try {
    const { bot } = await deps.bot()
    const ours = (await repliesOf(deps, state)).filter((message) => message.bot_id === bot)
    for (const message of ours) await adopt(board, state, message)
    await adoptFiles(board, state, ours)
  } catch (error) {
    if (slackErrorCodeOf(error) === undefined) throw error
    deps.log.warn({ run: state.id, why: errorChainOf(error) }, 'thread could not be read')
  }
}

async function repliesOf(deps: PaintDeps, { origin }: RunState): Promise<Message[]> {
  const messages: Message[] = []
  let cursor = ''
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const args = {
      channel: origin.channel,
      ts: origin.threadTs,
      oldest: origin.messageTs,
      limit: 200,
      include_all_metadata: true,
    }
    const found = await deps.webApi.call('conversations.replies', { ...args, ...(cursor && { cursor }) }, Replies)
    messages.push(...found.messages)
    cursor = found.response_metadata?.next_cursor ?? ''
    if (cursor === '') break
  }
  return messages
}

async function adopt(board: PostedMessages, state: RunState, message: Message): Promise<void> {
  const found = named(state, message)
  if (found === undefined || board.get(found.key) !== undefined) return
  await board.adopt({ ...found, channel: state.origin.channel, ts: message.ts, picture: '' })
}

function named(state: RunState, { metadata, blocks }: Message): { key: string; live: boolean } | undefined {
  const { run, key } = metadata?.event_type === EVENT_TYPE ? metadata.event_payload : {}
  if (run === state.id && typeof key === 'string') return { key, live: false }
  const [word, id, streamed] =
    (blocks ?? []).map((block) => block.block_id?.split(' ') ?? []).find(([first]) => first === 'stop') ?? []
  return word === 'stop' && id === state.id && streamed ? { key: streamed, live: true } : undefined
}

/** A file has no metadata; one of ours by the same name in the thread is taken for it. */
async function adoptFiles(board: PostedMessages, state: RunState, ours: Message[]): Promise<void> {
  const taken = new Set(board.all().map((shown) => shown.ts))
  const there = ours.flatMap((message) => message.files ?? []).filter((file) => !taken.has(file.id))
  for (const { key, name } of postedFilesOf(state)) {
    if (board.get(key) !== undefined) continue
    const at = there.findIndex((file) => file.name === name)
    const [hit] = at < 0 ? [] : there.splice(at, 1)
    if (hit) await board.adopt({ key, channel: state.origin.channel, ts: hit.id, picture: '', live: false })
  }
}

/** The files of a run's results, each with the key it is shown under. */
export const postedFilesOf = (state: RunState) =>
  state.calls.flatMap((call) =>
    (call.result?.files ?? []).map((file, index) => ({ ...file, key: `file:${call.id}:${index}` })),
  )
