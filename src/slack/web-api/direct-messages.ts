import { z } from 'zod'
import type { Log } from '../../log.ts'
import { isPermanentError, slackErrorCodeOf, type WebApi } from './web-api.ts'

/** A person's direct messages with the app; undefined when they cannot be had. */
export type DirectMessages = (user: string) => Promise<string | undefined>

const Opened = z.object({ channel: z.object({ id: z.string() }) })

/** Remembers each person's channel: it never changes. */
export function createDirectMessages(deps: { calls: WebApi; log: Log }): DirectMessages {
  const known = new Map<string, string>()
  return async (user) => {
    const kept = known.get(user)
    if (kept !== undefined) return kept
    try {
      const { channel } = await deps.calls.call('conversations.open', { users: user }, Opened)
      known.set(user, channel.id)
      return channel.id
    } catch (error) {
      if (!isPermanentError(error)) throw error
      deps.log.warn({ user, why: slackErrorCodeOf(error) }, 'no direct messages with this person')
      return undefined
    }
  }
}
