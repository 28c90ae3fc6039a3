import { z } from 'zod'
import type { SlackDeps } from '../deps.ts'
import { slackErrorCodeOf } from './web-api.ts'

const Members = z.object({
  members: z.array(z.string()),
  response_metadata: z.object({ next_cursor: z.string().optional() }).optional(),
})

/** Channels with more members than pages of 1,000 are not read to the end. */
const MOST_PAGES = 5

/** Who is in a channel; undefined where Slack does not say, and whoever is asked may well be. */
export async function channelMembersOf(
  { webApi, log }: Pick<SlackDeps, 'webApi' | 'log'>,
  channel: string,
): Promise<string[] | undefined> {
  const found: string[] = []
  let cursor = ''
  try {
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const args = { channel, limit: 1_000, ...(cursor && { cursor }) }
      const { members, response_metadata } = await webApi.call('conversations.members', args, Members)
      found.push(...members)
      cursor = response_metadata?.next_cursor ?? ''
      if (cursor === '') break
    }
    return found
  } catch (error) {
    const why = slackErrorCodeOf(error)
    if (why === undefined) throw error
    log.warn({ channel, why }, 'members of a channel not known')
    return undefined
  }
}
