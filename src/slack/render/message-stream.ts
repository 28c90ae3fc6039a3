import type { AnyChunk } from '@slack/types'
import { z } from 'zod'
import type { Origin } from '../../run/state/origin.ts'
import { AnyResponse, isPermanentError, type WebApi } from '../web-api/web-api.ts'

/** Words arriving in a message that Slack shows as being written (docs.slack.dev/reference/methods/chat.startStream). */
export type MessageStream = {
  ts: string
  startedAt: number
  append(chunks: AnyChunk[]): Promise<void>
}

/** Slack ends a stream about 306 s after its start, however much is appended: measured, as its pages do not say. */
export const STREAM_LIFETIME_MS = 4.5 * 60_000

const Started = z.object({ ts: z.string() })

/** Throws AppError `slack_failed`; a rate limit is not waited out, since words can be posted otherwise. */
export async function startMessageStream(calls: WebApi, origin: Origin, chunks: AnyChunk[]): Promise<MessageStream> {
  const place = { channel: origin.channel, thread_ts: origin.threadTs }
  const recipient = { recipient_team_id: origin.teamId, recipient_user_id: origin.user }
  // Fixed for a stream's whole life, while nobody knows yet how many steps there will be; without tasks it shows nothing.
  const args = { ...place, ...recipient, task_display_mode: 'plan', chunks }
  const { ts } = await calls.call('chat.startStream', args, Started, 0)
  return {
    ts,
    startedAt: Date.now(),
    async append(more) {
      await calls.call('chat.appendStream', { channel: origin.channel, ts, chunks: more }, AnyResponse, 0)
    },
  }
}

/** Ends the stream on a message; it is fine if it has ended before, or nobody is there any more to see it. */
export async function stopMessageStream(calls: WebApi, channel: string, ts: string): Promise<void> {
  try {
    await calls.call('chat.stopStream', { channel, ts }, AnyResponse)
  } catch (error) {
    if (!isPermanentError(error)) throw error
  }
}
