import { z } from 'zod'

const Blocks = z.array(z.looseObject({ type: z.string() }))

/** A message that a button was pressed in; its blocks are as Slack has them. */
export type PressedMessage = {
  channel: string
  ts: string
  thread: string | undefined
  text: string
  blocks: z.infer<typeof Blocks>
  ephemeral: boolean
}

/** What Slack says of the message in the payload of a press. */
export const MessageFields = z.object({
  channel: z.object({ id: z.string() }).optional(),
  container: z
    .object({
      message_ts: z.string().optional(),
      channel_id: z.string().optional(),
      thread_ts: z.string().optional(),
      is_ephemeral: z.boolean().optional(),
    })
    .optional(),
  message: z
    .object({
      thread_ts: z.string().optional(),
      text: z.string().optional(),
      blocks: Blocks.optional(),
    })
    .optional(),
})

/** Undefined for a press in a view. */
export function pressedMessageOf({
  container,
  channel,
  message,
}: z.infer<typeof MessageFields>): PressedMessage | undefined {
  const place = channel?.id ?? container?.channel_id
  if (place === undefined || container?.message_ts === undefined) return undefined
  const { message_ts: ts, thread_ts: thread = message?.thread_ts, is_ephemeral: ephemeral = false } = container
  return { channel: place, ts, thread, text: message?.text ?? '', blocks: message?.blocks ?? [], ephemeral }
}
