import type { App } from '@slack/bolt'
import { z } from 'zod'
import { UserId } from '../ids.ts'
import { Anything, isDead } from './calls.ts'
import type { Deps } from './deps.ts'

const Revoked = z.object({ tokens: z.object({ bot: z.array(z.string()).default([]) }) })

/**
 * The app was removed from a workspace, which Slack tells with one or both of these events. They are acknowledged when all is
 * cleaned up; what fails in between is done when Slack tells it again.
 */
export function registerRemoval(app: App, deps: Deps): void {
  app.event('app_uninstalled', () => leave(deps))
  app.event('tokens_revoked', async ({ event }) => {
    if (Revoked.parse(event).tokens.bot.length > 0) await leave(deps)
  })
}

/** Runs are stopped before what they work with is taken away; the token goes last, as it tells whose all this was. */
async function leave(deps: Deps): Promise<void> {
  const { workspace, user } = await deps.bot()
  if (await stillThere(deps)) {
    // An event that was late: the app was installed anew since.
    deps.log.info({ workspace }, 'told of a removal, but the token works')
    return
  }
  const by = { workspace, user: UserId.parse(user) }
  const stopped = await deps.runs.stopAll(by)
  await deps.connect.forgetAll(by)
  await deps.forgetToken()
  deps.log.info({ workspace, stopped }, 'left a workspace')
}

async function stillThere({ calls }: Deps): Promise<boolean> {
  try {
    await calls.call('auth.test', {}, Anything)
    return true
  } catch (error) {
    if (isDead(error)) return false
    throw error
  }
}
