import type { Collection, PersistentCollections } from './persistent-collections.ts'
import { Message } from './records.ts'

/** Older messages are dropped. */
const MAX_MESSAGES = 20_000

export type MessageStore = {
  get(channel: string, ts: string): Message | undefined
  put(message: Message): void
  drop(message: Message): void
  /** Oldest first: the messages of a channel that are no thread replies. */
  topLevel(channel: string): Message[]
  /** Oldest first, the root not included. */
  replies(channel: string, threadTs: string): Message[]
  lastTs(): string
}

const keyOf = (channel: string, ts: string) => `${channel}:${ts}`

/** Messages by channel and thread. Timestamps only grow, so insertion order is time order. */
export function createMessageStore(collections: PersistentCollections): MessageStore {
  /** Conversation (a channel, or a thread of it) to the timestamps in it. */
  const index = new Map<string, Set<string>>()
  const messages: Collection<Message> = collections.collection('messages', Message, MAX_MESSAGES, (gone) => {
    for (const place of placesOf(gone)) index.get(place)?.delete(gone.ts)
  })
  const note = (message: Message) => {
    for (const place of placesOf(message)) index.set(place, (index.get(place) ?? new Set<string>()).add(message.ts))
  }
  for (const message of messages.values()) note(message)

  const listed = (channel: string, place: string) =>
    [...(index.get(place) ?? [])].flatMap((ts) => messages.get(keyOf(channel, ts)) ?? [])

  return {
    get: (channel, ts) => messages.get(keyOf(channel, ts)),
    put(message) {
      note(message)
      messages.put(keyOf(message.channel, message.ts), message)
    },
    drop: (message) => messages.drop(keyOf(message.channel, message.ts)),
    topLevel: (channel) => listed(channel, channel),
    replies: (channel, threadTs) => listed(channel, keyOf(channel, threadTs)),
    lastTs: () => messages.values().reduce((last, { ts }) => (ts > last ? ts : last), '0'),
  }
}

/** A root carries its own ts as thread_ts once it has replies, and stays top-level; a broadcast reply is in both places. */
function placesOf({ channel, ts, thread_ts, subtype }: Message): string[] {
  if (thread_ts === undefined || thread_ts === ts) return [channel]
  const thread = keyOf(channel, thread_ts)
  return subtype === 'thread_broadcast' ? [thread, channel] : [thread]
}
