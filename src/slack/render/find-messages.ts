import { z } from 'zod'
import { errorChainOf, isAppError } from '../../errors.ts'
import type { RunId } from '../../ids.ts'
import { stopMessageStream } from '../web-api/agents.ts'
import type { MessagePlace } from '../web-api/post-message.ts'
import { readMessages } from '../web-api/read-messages.ts'
import { isPermanentError, slackErrorCodeOf } from '../web-api/web-api.ts'
import { deleteMessage, type MessageSlot, type PostedMessages, saveMessage } from './message-records.ts'

/** The `event_type` of the metadata by which our posts are found again. */
export const METADATA_TYPE = 'patchbay_message'

const Message = z.object({
  ts: z.string(),
  bot_id: z.string().optional(),
  metadata: z.object({ event_type: z.string(), event_payload: z.record(z.string(), z.unknown()) }).optional(),
  blocks: z.array(z.object({ block_id: z.string().optional() })).optional(),
  files: z.array(z.object({ id: z.string(), name: z.string().nullish(), size: z.number().nullish() })).optional(),
})
type Message = z.infer<typeof Message>

const nameOf = ({ channel, thread = '' }: MessagePlace): string => `${channel} ${thread}`

/** Notes that an answer of Slack was lost, where it was: what it was for may have happened. */
export function noteLostAnswer(posted: PostedMessages, place: MessagePlace, error: unknown): void {
  if (!isAppError(error, 'slack_failed') || slackErrorCodeOf(error) !== undefined) return
  posted.lost.set(nameOf(place), place)
  posted.read.delete(nameOf(place))
}

/** Looks for messages before one is posted where it may be already. A place is read once after each lost answer, as Slack allows few reads. */
export async function findBeforePosting(posted: PostedMessages, { channel, thread }: MessageSlot): Promise<void> {
  const place = { channel, thread }
  const isDoubtful = posted.recovered || posted.lost.has(nameOf(place))
  if (isDoubtful && !posted.read.has(nameOf(place))) await adoptFoundMessages(posted, place)
}

/** Looks where answers were lost, and once more for what arrived since. */
export async function findLateMessages(posted: PostedMessages): Promise<void> {
  for (const [name, place] of posted.lost) {
    const isLate = posted.read.has(name)
    await adoptFoundMessages(posted, place)
    if (isLate && posted.read.has(name)) posted.lost.delete(name)
  }
}

/**
 * Finds messages of this run that stand without a record, and records them; of those that stand twice the copy is deleted. A post is
 * known by its metadata; a stream has none, so its Stop block names run and key. A place that cannot be read is logged; where that may
 * pass, it does not count as read.
 */
export async function adoptFoundMessages(posted: PostedMessages, place: MessagePlace): Promise<void> {
  const { deps, read } = posted
  read.delete(nameOf(place))
  try {
    const { bot } = await deps.bot()
    const botMessages = (await messagesIn(posted, place)).filter((message) => message.bot_id === bot)
    for (const message of botMessages) await adoptMessage(posted, place, message)
    noteFiles(posted, place, botMessages)
  } catch (error) {
    if (slackErrorCodeOf(error) === undefined) throw error
    deps.log.warn({ run: posted.run, why: errorChainOf(error) }, 'messages could not be read')
    if (!isPermanentError(error)) return
  }
  read.add(nameOf(place))
}

function messagesIn({ deps, origin }: PostedMessages, { channel, thread: ts }: MessagePlace): Promise<Message[]> {
  const range = { channel, oldest: origin.messageTs, include_all_metadata: true } as const
  return ts === undefined
    ? readMessages(deps.webApi, 'conversations.history', range, Message)
    : readMessages(deps.webApi, 'conversations.replies', { ...range, ts }, Message)
}

async function adoptMessage(posted: PostedMessages, { channel }: MessagePlace, message: Message): Promise<void> {
  const found = keyIn(posted.run, message)
  if (found === undefined) return
  const { key, live } = found
  const { ts } = message
  const known = posted.byKey.get(key)
  if (known?.ts === ts) return
  if (live && !(await stopMessageStream(posted.deps.webApi, { channel, ts }))) return
  if (known === undefined) await saveMessage(posted, { key, channel, ts, contentHash: '', live: false })
  else await deleteMessage(posted, { key, channel, ts })
}

/** The key of the message of this run; `live` where it was a stream. */
function keyIn(id: RunId, { metadata, blocks }: Message): { key: string; live: boolean } | undefined {
  const { run, key } = metadata?.event_type === METADATA_TYPE ? metadata.event_payload : {}
  if (run === id && typeof key === 'string') return { key, live: false }
  const stop = (blocks ?? []).map((block) => block.block_id?.split(' ') ?? []).find(([word]) => word === 'stop')
  const [, stopped, streamed] = stop ?? []
  return stopped === id && streamed ? { key: streamed, live: true } : undefined
}

function noteFiles(posted: PostedMessages, { channel }: MessagePlace, botMessages: Message[]): void {
  const known = new Set(
    [...posted.byKey.values(), ...posted.foundFiles.map(({ id: ts }) => ({ ts }))].map(({ ts }) => ts),
  )
  const files = botMessages.flatMap((message) => message.files ?? []).filter(({ id }) => !known.has(id))
  posted.foundFiles.push(...files.map(({ id, name, size }) => ({ channel, id, name: name ?? '', size: size ?? 0 })))
}

/** A file has no metadata; one of ours, posted since this run was asked, with this name and as many bytes, is taken for it. */
export function takeFoundFile(
  { foundFiles }: PostedMessages,
  channel: string,
  { name, size }: { name: string; size: number },
): string | undefined {
  const at = foundFiles.findIndex((file) => file.channel === channel && file.name === name && file.size === size)
  return at < 0 ? undefined : foundFiles.splice(at, 1)[0]?.id
}
