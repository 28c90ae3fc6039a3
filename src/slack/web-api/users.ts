import { z } from 'zod'
import { errorChainOf } from '../../errors.ts'
import type { Log } from '../../log.ts'
import type { WebApi } from './web-api.ts'

export type SlackUser = { name: string; mayManage: boolean; isBot: boolean }

export type SlackUsers = {
  /** Throws AppError `slack_failed`. */
  of(user: string): Promise<SlackUser>
  /** Whether they are an owner or admin at this moment: a right is never remembered. Throws AppError `slack_failed`. */
  mayManageNow(user: string): Promise<boolean>
  /** The name people go by; "somebody" when Slack does not say in time, as no request should fail for a name. */
  nameOf(user: string): Promise<string>
}

/** A renamed person is known after this at the latest. */
const KEPT_MS = 10 * 60_000
const KEPT_PEOPLE = 5_000

const Info = z.object({
  user: z.object({
    name: z.string().optional(),
    real_name: z.string().optional(),
    is_admin: z.boolean().optional(),
    is_owner: z.boolean().optional(),
    is_bot: z.boolean().optional(),
    profile: z.object({ display_name: z.string().optional(), real_name: z.string().optional() }).optional(),
  }),
})

export function createSlackUsers(calls: WebApi, log: Log): SlackUsers {
  const kept = new Map<string, { person: SlackUser; until: number }>()
  const asked = new Map<string, Promise<SlackUser>>()

  const ask = async (user: string): Promise<SlackUser> => {
    const { user: found } = await calls.call('users.info', { user }, Info, 0)
    const person = {
      name: found.profile?.display_name || found.profile?.real_name || found.real_name || found.name || 'somebody',
      mayManage: found.is_admin === true || found.is_owner === true,
      isBot: found.is_bot === true,
    }
    if (kept.size >= KEPT_PEOPLE) kept.clear()
    kept.set(user, { person, until: Date.now() + KEPT_MS })
    return person
  }
  const of = async (user: string): Promise<SlackUser> => {
    const known = kept.get(user)
    if (known && known.until > Date.now()) return known.person
    const asking = asked.get(user) ?? ask(user).finally(() => asked.delete(user))
    asked.set(user, asking)
    return asking
  }

  return {
    of,
    mayManageNow: async (user) => (await ask(user)).mayManage,
    async nameOf(user) {
      try {
        return (await of(user)).name
      } catch (error) {
        log.warn({ user, why: errorChainOf(error) }, 'name not found')
        return 'somebody'
      }
    },
  }
}
