import { z } from 'zod'
import type { Db } from '../../db/call.ts'
import { type ChannelId, RunId, type WorkspaceId } from '../../ids.ts'
import type { Log } from '../../log.ts'
import type { Message } from '../../model/turn.ts'
import type { FramedMessage } from '../frames.ts'
import { readableRows, StateRow } from './run-rows.ts'

type Conversation = { workspace: WorkspaceId; channel: ChannelId; threadTs: string }

export const conversationKeyOf = ({ workspace, channel, threadTs }: Conversation): string =>
  `${workspace}:${channel}:${threadTs}`

const OpenRun = z.object({ known: z.boolean(), open: RunId.nullable() })

/** What was said in a conversation, as part of the store. */
export function createConversationStore(db: Db, log: Log) {
  const History = z.object({
    summary: z.string().nullable(),
    runs: readableRows(StateRow, log),
    heard: z.array(z.object({ ts: z.string(), author: z.string(), text: z.string() })),
    exchange: readableRows(StateRow, log),
  })
  return {
    /** What came before a run: its conversation, what was heard there, and in direct messages the exchange before. */
    history: (run: RunId) => db.call('conversation_history', { run }, History),
    /** Whether the conversation has runs, and the one that is open. */
    conversation: (place: Conversation) =>
      db.call('conversation_open_run', { conversation: conversationKeyOf(place) }, OpenRun),
  }
}

export type ConversationHistory = Awaited<ReturnType<ReturnType<typeof createConversationStore>['history']>>

/** What was said before a request and belongs to no run of its conversation. */
export type SaidMessages = {
  /** In the thread, since the request before; older ones may be left out. */
  heard: FramedMessage[]
  leftOut: number
  /** In direct messages: the requests and answers before this conversation. */
  exchange: FramedMessage[]
}

/** What came before a run, as the model is told it: its conversation as messages, and what was said beside it. */
export type ToldHistory = { messages: Message[]; before: SaidMessages }
