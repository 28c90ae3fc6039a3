import { z } from 'zod'
import { isAppError } from '../../errors.ts'
import { createThreadGoneError, slackErrorCodeOf, type WebApi } from './web-api.ts'

/** A channel, or a thread in it. */
export type MessagePlace = { channel: string; thread: string | undefined }

const Posted = z.object({
  ts: z.string(),
  channel: z.string().nullish(),
  message: z.looseObject({ thread_ts: z.string().nullish() }).nullish(),
})

/**
 * Posts a message where it was asked for, and resolves to its `ts`. Slack ignores a `thread_ts` whose message is gone and posts at the
 * top of the channel (github.com/slack-go/slack/issues/1571): such a message is deleted at once. Links are not unfurled, as the text may
 * come from a server. Throws AppError `slack_failed`.
 */
export async function postMessage(
  webApi: WebApi,
  { channel, thread }: MessagePlace,
  content: Record<string, unknown>,
): Promise<string> {
  const place = { channel, ...(thread !== undefined && { thread_ts: thread }) }
  const args = { ...place, ...content, unfurl_links: false, unfurl_media: false }
  const posted = await webApi.call('chat.postMessage', args, Posted)
  const standsIn = posted.channel ?? channel
  const isInThread = thread === undefined || !posted.message || posted.message.thread_ts === thread
  if (standsIn === channel && isInThread) return posted.ts
  throw await createErrorAfterRemoving(() =>
    webApi.call('chat.delete', { channel: standsIn, ts: posted.ts }, z.unknown()),
  )
}

/** The error of what was removed again; its cause says why it could not be. */
export async function createErrorAfterRemoving(remove: () => Promise<unknown>): Promise<Error> {
  try {
    await remove()
    return createThreadGoneError()
  } catch (error) {
    return createThreadGoneError(error)
  }
}

/** True where Slack says that there is no such message; a lost answer is no such word. */
export async function isMessageGone(webApi: WebApi, channel: string, ts: string): Promise<boolean> {
  try {
    await webApi.call('chat.getPermalink', { channel, message_ts: ts }, z.unknown(), 0)
    return false
  } catch (error) {
    if (!isAppError(error)) throw error
    return slackErrorCodeOf(error) === 'message_not_found'
  }
}

const Permalink = z.object({ permalink: z.url() })

/** A link to a message; undefined if Slack gives none. */
export async function permalinkOf(webApi: WebApi, channel: string, ts: string): Promise<string | undefined> {
  try {
    return (await webApi.call('chat.getPermalink', { channel, message_ts: ts }, Permalink, 0)).permalink
  } catch (error) {
    if (!isAppError(error)) throw error
    return undefined
  }
}
