import type { App } from '@slack/bolt'
import { z } from 'zod'
import { UserId } from '../../ids.ts'
import type { ConnectionDeps, OnboardingDeps, PolicyDeps, RunsDeps, WebApiDeps } from '../deps.ts'
import { logIgnoredEvent, markTaken } from '../interactions/taken.ts'
import { setSuggestedPrompts } from './suggested-prompts.ts'
import { sendWelcome } from './welcome.ts'

const Opened = z.object({ user: UserId, channel: z.string() })

/** Welcomes a person once and suggests prompts when they open the Messages tab. */
export function registerMessagesTab(
  app: App,
  deps: WebApiDeps & RunsDeps & ConnectionDeps & PolicyDeps & OnboardingDeps,
): void {
  app.event('app_home_opened', markTaken, async ({ event, body }) => {
    if (event.tab !== 'messages') return
    const parsed = Opened.safeParse(event)
    if (!parsed.success) return logIgnoredEvent(deps.log, body, parsed.error)
    const { user, channel } = parsed.data
    const by = { workspace: (await deps.bot()).workspace, user }
    void setSuggestedPrompts(deps, by, channel)
    await sendWelcome(deps, by, channel)
  })
}
