import { z } from 'zod'
import type { Log } from '../../log.ts'
import { isPermanentError, slackErrorCodeOf, type WebApi } from './web-api.ts'

/** Resolves to the channel of a person's direct messages with the app; undefined where Slack does not open it. */
export type DirectMessages = (user: string) => Promise<string | undefined>

const Opened = z.object({ channel: z.object({ id: z.string() }) })

/** Each person's channel is remembered, as it never changes. */
export function createDirectMessages({ webApi, log }: { webApi: WebApi; log: Log }): DirectMessages {
  const known = new Map<string, string>()
  return async (user) => {
    const channelId = known.get(user)
    if (channelId !== undefined) return channelId
    try {
      const { channel } = await webApi.call('conversations.open', { users: user }, Opened)
      known.set(user, channel.id)
      return channel.id
    } catch (error) {
      if (!isPermanentError(error)) throw error
      log.warn({ user, why: slackErrorCodeOf(error) }, 'no direct messages with this person')
      return undefined
    }
  }
}
