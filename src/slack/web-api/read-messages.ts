import { z } from 'zod'
import { slackErrorCodeOf, type WebApi } from './web-api.ts'

/** What is longer than this many pages of 200 is not read to the end. */
const MOST_PAGES = 5

/** What to read of a channel or thread. */
type ReadRange = { channel: string; latest?: string; oldest?: string; include_all_metadata?: true }

/**
 * Reads a thread, or the messages of a channel, page by page. Where Slack allows one read a minute (docs.slack.dev/apis/web-api/rate-limits), nobody waits for the
 * next page, and what was read is kept. Throws AppError `slack_failed` where nothing could be read.
 */
export async function readMessages<T>(
  webApi: WebApi,
  method: 'conversations.replies' | 'conversations.history',
  args: ReadRange & { ts?: string },
  message: z.ZodType<T>,
): Promise<T[]> {
  const Page = z.object({
    messages: z.array(message),
    response_metadata: z.object({ next_cursor: z.string().optional() }).optional(),
  })
  const read = (cursor: string) => webApi.call(method, { ...args, limit: 200, ...(cursor && { cursor }) }, Page, 0)
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
