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

/**
 * Asks Slack once who the token belongs to. All requests count for this workspace: the team id of a press differs from
 * that of the post in shared channels and in an enterprise.
 */
export function createBotIdentity(calls: WebApi): () => Promise<BotIdentity> {
  let asked: Promise<BotIdentity> | undefined
  const ask = async (): Promise<BotIdentity> => {
    const me = await calls.call('auth.test', {}, Me)
    const workspace = me.is_enterprise_install ? (me.enterprise_id ?? me.team_id) : me.team_id
    return { user: me.user_id, bot: me.bot_id, workspace: WorkspaceId.parse(workspace), team: me.team_id }
  }
  return () => {
    asked ??= ask().catch((error) => {
      asked = undefined
      throw error
    })
    return asked
  }
}
