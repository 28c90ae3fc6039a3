import { z } from 'zod'
import { errorChainOf } from '../../errors.ts'
import type { RunState } from '../../run/state/state.ts'
import { slackErrorCodeOf } from '../web-api/web-api.ts'
import { METADATA_TYPE, type PostedMessages, type RenderDeps, saveMessage } from './posted-messages.ts'

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
 * Finds messages of this run that are in its thread without a record, as the app died between a post and its record, and records them.
 * A post is known by its metadata; a stream has none, so its Stop block names run and key. A thread that may not be read is logged.
 */
export async function adoptFoundMessages(posted: PostedMessages, state: RunState): Promise<void> {
  const { deps } = posted
  const { channel } = state.origin
  try {
    const { bot } = await deps.bot()
    const ours = (await repliesOf(deps, state)).filter((message) => message.bot_id === bot)
    for (const message of ours) {
      const found = keyIn(state, message)
      if (found && !posted.byKey.has(found.key))
        await saveMessage(posted, { ...found, channel, ts: message.ts, contentHash: '' })
    }
    await adoptFiles(posted, state, ours)
  } catch (error) {
    if (slackErrorCodeOf(error) === undefined) throw error
    deps.log.warn({ run: state.id, why: errorChainOf(error) }, 'thread could not be read')
  }
}

async function repliesOf({ webApi }: RenderDeps, { origin }: RunState): Promise<Message[]> {
  const { channel, threadTs: ts, messageTs: oldest } = origin
  const messages: Message[] = []
  let cursor = ''
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const args = { channel, ts, oldest, limit: 200, include_all_metadata: true, ...(cursor && { cursor }) }
    const found = await webApi.call('conversations.replies', args, Replies)
    messages.push(...found.messages)
    cursor = found.response_metadata?.next_cursor ?? ''
    if (cursor === '') break
  }
  return messages
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
async function adoptFiles(posted: PostedMessages, state: RunState, ours: Message[]): Promise<void> {
  const recorded = new Set([...posted.byKey.values()].map(({ ts }) => ts))
  const found = ours.flatMap((message) => message.files ?? []).filter((file) => !recorded.has(file.id))
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
