import { z } from 'zod'
import type { Db } from '../../db/call.ts'
import type { RunId } from '../../ids.ts'
import type { ShownMessage, ShownMessages } from '../runs.ts'

const ShownRow = z
  .object({
    key: z.string(),
    channel: z.string(),
    ts: z.string(),
    content_hash: z.string(),
    live: z.boolean(),
  })
  .transform(({ content_hash, ...same }): ShownMessage => ({ ...same, contentHash: content_hash }))
const Nothing = z.null().transform(() => undefined)

/** Which Slack message shows what, over the database. */
export function createShownMessages(db: Db): ShownMessages {
  return {
    of: (run: RunId) => db.call('slack_messages_of', { run }, z.array(ShownRow)),
    record: (run: RunId, { contentHash, ...shown }: ShownMessage) =>
      db.call('slack_message_save', { run, ...shown, content_hash: contentHash }, Nothing),
    forget: (run: RunId, key: string) => db.call('slack_message_remove', { run, key }, Nothing),
  }
}
