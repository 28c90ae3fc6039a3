import { z } from 'zod'
import { WorkspaceId } from '../../ids.ts'
import type { WebApi } from './web-api.ts'

/** Who the app is in its workspace; `workspace` is a whole organization's id where that installed it, `team` one of its workspaces. */
export type BotIdentity = { user: string; bot: string; workspace: WorkspaceId; team: string }

const Me = z.object({
  user_id: z.string(),
  bot_id: z.string(),
  team_id: z.string(),
  enterprise_id: z.string().nullish(),
  is_enterprise_install: z.boolean().nullish(),
})

/** Asks Slack once who the token belongs to (docs.slack.dev/reference/methods/auth.test). */
export function createBotIdentity(webApi: WebApi): () => Promise<BotIdentity> {
  let identity: Promise<BotIdentity> | undefined
  const ask = async (): Promise<BotIdentity> => {
    const me = await webApi.call('auth.test', {}, Me)
    const workspace = me.is_enterprise_install ? (me.enterprise_id ?? me.team_id) : me.team_id
    return { user: me.user_id, bot: me.bot_id, workspace: WorkspaceId.parse(workspace), team: me.team_id }
  }
  return () => {
    identity ??= ask().catch((error) => {
      identity = undefined
      throw error
    })
    return identity
  }
}
