import type { App } from '@slack/bolt'
import { z } from 'zod'
import { errorChainOf } from '../../errors.ts'
import { type Principal, UserId } from '../../ids.ts'
import type { SlackDeps } from '../deps.ts'
import { AnyResponse } from '../web-api/web-api.ts'
import { suggestedPromptsFor } from './suggested-prompts.ts'
import { sendWelcome } from './welcome.ts'

const Opened = z.object({ user: UserId, channel: z.string(), tab: z.literal('messages') })

/** What a person sees when they open their direct messages with the app: a welcome once, and things to ask. */
export function registerMessagesTab(app: App, deps: SlackDeps): void {
  app.event('app_home_opened', async ({ event }) => {
    const parsed = Opened.safeParse(event)
    if (!parsed.success) return
    const { user, channel } = parsed.data
    const by = { workspace: (await deps.bot()).workspace, user }
    void suggest(deps, by, channel)
    await sendWelcome(deps, by, channel)
  })
}

/** Suggestions exist only where the app is installed as an agent. */
async function suggest({ webApi, connect, log, registry }: SlackDeps, by: Principal, channel: string): Promise<void> {
  try {
    const connections = await registry.connectionsOf(by)
    const cards = connections.flatMap((connection) => connect.cardOf(connection) ?? [])
    const prompts = { channel_id: channel, ...suggestedPromptsFor(cards) }
    await webApi.call('assistant.threads.setSuggestedPrompts', prompts, AnyResponse, 0)
  } catch (error) {
    log.debug({ why: errorChainOf(error) }, 'no suggestions here')
  }
}
