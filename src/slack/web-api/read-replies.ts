import { z } from 'zod'
import { slackErrorCodeOf, type WebApi } from './web-api.ts'

/** Threads longer than this many pages of 200 are not read to the end. */
const MOST_PAGES = 5

/**
 * Reads a thread page by page. Where Slack allows one read a minute (docs.slack.dev/apis/web-api/rate-limits), nobody waits for the
 * next page, and what was read is kept. Throws AppError `slack_failed` where nothing could be read.
 */
export async function readReplies<T>(
  webApi: WebApi,
  args: { channel: string; ts: string; latest?: string; oldest?: string; include_all_metadata?: true },
  message: z.ZodType<T>,
): Promise<T[]> {
  const Page = z.object({
    messages: z.array(message),
    response_metadata: z.object({ next_cursor: z.string().optional() }).optional(),
  })
  const read = (cursor: string) =>
    webApi.call('conversations.replies', { ...args, limit: 200, ...(cursor && { cursor }) }, Page, 0)
  const first = await read('')
  const { messages } = first
  let cursor = first.response_metadata?.next_cursor ?? ''
  for (let page = 1; page < MOST_PAGES && cursor !== ''; page += 1) {
    const found = await read(cursor).catch(undefinedIfLimited)
    if (found === undefined) break
    messages.push(...found.messages)
    cursor = found.response_metadata?.next_cursor ?? ''
  }
  return messages
}

function undefinedIfLimited(error: unknown): undefined {
  if (slackErrorCodeOf(error) !== 'ratelimited') throw error
}
