import type { App } from '@slack/bolt'
import { z } from 'zod'
import { UserId } from '../../ids.ts'
import type { ConnectionDeps, OnboardingDeps, RunsDeps, WebApiDeps } from '../deps.ts'
import { logIgnoredEvent, markTaken } from '../interactions/taken.ts'
import { AnyResponse, isTokenRevoked } from '../web-api/web-api.ts'

const TeamsRevoked = z.object({ team_ids: z.array(z.string()).default([]) })
const Revoked = z.object({ tokens: z.object({ bot: z.array(z.string()).default([]) }).optional() })

type UninstallDeps = WebApiDeps & RunsDeps & ConnectionDeps & OnboardingDeps

/**
 * Cleans up after the app was removed from a workspace, which Slack tells with one or both of these events. They are acknowledged
 * when all is done, so that Slack sends them again after a failure.
 */
export function registerUninstall(app: App, deps: UninstallDeps, forgetToken: () => Promise<void>): void {
  app.event('app_uninstalled', markTaken, () => leave(deps, forgetToken))
  app.event('tokens_revoked', markTaken, async ({ event, body }) => {
    const { tokens } = Revoked.parse(event)
    if (tokens !== undefined && tokens.bot.length > 0) await leave(deps, forgetToken)
    else logIgnoredEvent(deps.log, body, 'the app’s own token is not among them')
  })
  app.event('team_access_revoked', markTaken, ({ event }) => leaveTeams(deps, TeamsRevoked.parse(event).team_ids))
}

/** Stops runs before their connections are deleted; the token goes last, as it tells which workspace to clean up. */
async function leave(deps: UninstallDeps, forgetToken: () => Promise<void>): Promise<void> {
  const { workspace, user } = await deps.bot()
  if (await tokenWorks(deps)) {
    // The event was late: the app was installed anew since.
    deps.log.info({ workspace }, 'told of a removal, but the token works')
    return
  }
  const by = { workspace, user: UserId.parse(user) }
  const stopped = await deps.runs.stopAll(by)
  await deps.connect.forgetAll(by)
  await deps.runs.heard.forget(workspace)
  await deps.onboarding.forget(workspace)
  await forgetToken()
  deps.log.info({ workspace, stopped }, 'left a workspace')
}

/**
 * Stops the runs in workspaces that an organization's admin took the app from. Connections and rules belong to people in all of the
 * organization, and stay.
 */
async function leaveTeams(deps: UninstallDeps, revoked: string[]): Promise<void> {
  const { workspace, user } = await deps.bot()
  const there = await teamsOf(deps)
  const teams = revoked.filter((team) => !there.includes(team))
  const stopped = await deps.runs.stopAll({ workspace, user: UserId.parse(user) }, teams)
  deps.log.info({ workspace, teams, stopped }, 'left workspaces of an organization')
}

const Teams = z.object({
  teams: z.array(z.object({ id: z.string() })),
  response_metadata: z.object({ next_cursor: z.string().default('') }).optional(),
})

/** The workspaces of the organization that the app may work in now. */
async function teamsOf({ webApi }: WebApiDeps): Promise<string[]> {
  const teams: string[] = []
  let cursor = ''
  do {
    const page = await webApi.call('auth.teams.list', { limit: 1_000, ...(cursor && { cursor }) }, Teams)
    teams.push(...page.teams.map(({ id }) => id))
    cursor = page.response_metadata?.next_cursor ?? ''
  } while (cursor !== '')
  return teams
}

async function tokenWorks({ webApi }: WebApiDeps): Promise<boolean> {
  try {
    await webApi.call('auth.test', {}, AnyResponse)
    return true
  } catch (error) {
    if (isTokenRevoked(error)) return false
    throw error
  }
}
