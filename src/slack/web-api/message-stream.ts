import type { AnyChunk } from '@slack/types'
import { z } from 'zod'
import type { Origin } from '../../run/state/events.ts'
import { AnyResponse, isPermanentError, type WebApi } from './web-api.ts'

/** What the streams of one workspace share: how many are open, and until when Slack is not asked for another. */
export type StreamLimits = { open: number; offUntil: number }

/** Slack ends a stream about 306 s after its start, however much is appended: measured, as its pages do not say. */
export const STREAM_LIFETIME_MS = 4.5 * 60_000

const Started = z.object({ ts: z.string() })

/**
 * Starts a message that Slack shows as being written (docs.slack.dev/reference/methods/chat.startStream) and resolves to its `ts`.
 * Throws AppError `slack_failed`; a rate limit is not waited out, since words can be posted otherwise.
 */
export async function startMessageStream(webApi: WebApi, origin: Origin, chunks: AnyChunk[]): Promise<string> {
  const place = { channel: origin.channel, thread_ts: origin.threadTs }
  const recipient = { recipient_team_id: origin.teamId, recipient_user_id: origin.user }
  // The mode is fixed for a stream's whole life, before the number of steps is known; without tasks it shows nothing.
  const args = { ...place, ...recipient, task_display_mode: 'plan', chunks }
  return (await webApi.call('chat.startStream', args, Started, 0)).ts
}

/** Throws AppError `slack_failed`; a rate limit is not waited out. */
export async function appendToStream(webApi: WebApi, channel: string, ts: string, chunks: AnyChunk[]): Promise<void> {
  await webApi.call('chat.appendStream', { channel, ts, chunks }, AnyResponse, 0)
}

/** Ends the stream on a message; one that has ended already, or whose channel is gone, is no error. */
export async function stopMessageStream(
  webApi: WebApi,
  { channel, ts }: { channel: string; ts: string },
): Promise<void> {
  try {
    await webApi.call('chat.stopStream', { channel, ts }, AnyResponse)
  } catch (error) {
    if (!isPermanentError(error)) throw error
  }
}
