import type { Installations } from '../../connect/installations.ts'
import type { WorkspaceId } from '../../ids.ts'
import type { Origin } from '../../run/state/events.ts'
import { createFileCache } from '../messages/file-reader.ts'
import { createBotIdentity } from '../web-api/bot-identity.ts'
import { createNotInstalledError } from '../web-api/web-api.ts'
import { createWorkspaceApp, type SlackParts, type WorkspaceApp, type WorkspaceAuth } from './workspace-app.ts'
import { type RequestWorkspace, requestWorkspacesOf } from './workspace-of-request.ts'

/** The app in one workspace, or in each that installed it. */
export type WorkspaceApps = {
  /** The app in a run's workspace, whether or not it is still installed there. */
  of(origin: Pick<Origin, 'workspace' | 'teamId'>): WorkspaceApp
  /** The app that a request from Slack is for; undefined where it is not installed. Throws AppError `database_unavailable`. */
  for(body: unknown): Promise<WorkspaceApp | undefined>
  all(): WorkspaceApp[]
  /** Drops what is remembered of a workspace: the app was installed there anew, or removed. */
  drop(workspace: WorkspaceId): void
}

/** Counts all requests for the one workspace, whatever team they name. */
export function createSingleWorkspaceApps(parts: SlackParts, o: { apiUrl: string; botToken: string }): WorkspaceApps {
  const auth: WorkspaceAuth = {
    tokens: { apiUrl: o.apiUrl, token: async () => o.botToken, renewedToken: async () => undefined },
    bot: createBotIdentity,
    async forgetToken() {
      parts.log.error(
        'the app was removed from its workspace: install it again, and set SLACK_BOT_TOKEN to its new token',
      )
    },
  }
  const app = createWorkspaceApp(parts, auth, createFileCache())
  return { of: () => app, for: async () => app, all: () => [app], drop: () => undefined }
}

type InstalledApps = { apiUrl: string; installations: Installations }

export function createManyWorkspaceApps(parts: SlackParts, installed: InstalledApps): WorkspaceApps {
  const apps = new Map<string, { place: RequestWorkspace; app: WorkspaceApp }>()
  const files = createFileCache()
  const drop = (workspace: WorkspaceId) => {
    for (const [key, { place, app }] of apps) {
      if (place.workspace !== workspace) continue
      app.close()
      apps.delete(key)
    }
  }
  const appIn = (place: RequestWorkspace): WorkspaceApp => {
    const key = `${place.workspace} ${place.team}`
    const known = apps.get(key)
    if (known !== undefined) return known.app
    const app = createWorkspaceApp(parts, authIn(installed, place, drop), files)
    apps.set(key, { place, app })
    return app
  }
  return {
    of: ({ workspace, teamId: team }) => appIn({ workspace, team }),
    async for(body) {
      for (const place of requestWorkspacesOf(body)) {
        if ((await installed.installations.of(place.workspace)) !== undefined) return appIn(place)
      }
      return undefined
    },
    all: () => [...apps.values()].map(({ app }) => app),
    drop,
  }
}

function authIn(
  { apiUrl, installations }: InstalledApps,
  { workspace, team }: RequestWorkspace,
  drop: WorkspaceApps['drop'],
): WorkspaceAuth {
  const installation = async () => {
    const found = await installations.of(workspace)
    if (found === undefined) throw createNotInstalledError()
    return found
  }
  return {
    tokens: {
      apiUrl,
      token: async () => (await installation()).token,
      async renewedToken(refused) {
        installations.recheck(workspace)
        const now = await installations.of(workspace)
        return now?.token === refused ? undefined : now?.token
      },
      ...(workspace !== team && { team }),
    },
    bot: () => async () => {
      const { bot, botUser: user } = await installation()
      return { user, bot, workspace, team }
    },
    async forgetToken() {
      await installations.remove(await installation())
      drop(workspace)
    },
  }
}
