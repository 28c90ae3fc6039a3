import { z } from 'zod'
import type { Db } from '../../db/call.ts'
import type { HeardMessages } from '../runs.ts'
import { conversationKeyOf } from './conversations.ts'

/** What was said in conversations that have a run, over the database. Each operation is one statement. */
export const createHeardMessages = (db: Db): HeardMessages => ({
  keep: (message) =>
    db.call(
      'message_hear',
      {
        workspace: message.workspace,
        channel: message.channel,
        ts: message.ts,
        conversation: conversationKeyOf(message),
        user: message.user ?? null,
        author: message.author,
        text: message.text,
        edited_ts: message.editedTs ?? null,
      },
      z.boolean(),
    ),
  remove: ({ threadTs, ...message }) =>
    db.call(
      'message_unhear',
      {
        ...message,
        conversation: threadTs === undefined ? null : conversationKeyOf({ ...message, threadTs }),
      },
      z.boolean(),
    ),
  forget: (workspace, user) => db.call('heard_messages_forget', { workspace, user: user ?? null }, z.number()),
})
