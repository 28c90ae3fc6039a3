import type { Installations } from '../../connect/installations.ts'
import type { WorkspaceId } from '../../ids.ts'
import type { Origin } from '../../run/state/origin.ts'
import { createBotIdentity } from '../web-api/bot-identity.ts'
import { createNotInstalledError } from '../web-api/web-api.ts'
import { type AppParts, createWorkspaceApp, type WorkspaceApp, type WorkspaceAuth } from './workspace-app.ts'
import { type RequestWorkspace, workspacesOfRequest } from './workspace-of-request.ts'

/** The app's offices: one, or one for each workspace that installed it. */
export type WorkspaceApps = {
  /** That of a run, whether or not the app is still there. */
  of(origin: Pick<Origin, 'workspace' | 'teamId'>): WorkspaceApp
  /** That of a request from Slack; undefined where the app is not installed. Throws when the database is away. */
  for(sent: unknown): Promise<WorkspaceApp | undefined>
  all(): WorkspaceApp[]
  /** What was remembered of a workspace is void: the app was installed there, or removed. */
  drop(workspace: WorkspaceId): void
}

/** All requests count for the one workspace, whatever team they name. */
export function createSingleWorkspaceApps(house: AppParts, o: { apiUrl: string; botToken: string }): WorkspaceApps {
  const office = createWorkspaceApp(house, {
    whose: { apiUrl: o.apiUrl, token: async () => o.botToken, renewedToken: async () => undefined },
    bot: createBotIdentity,
    async forgetToken() {
      house.log.error(
        'the app was removed from its workspace: install it again, and set SLACK_BOT_TOKEN to its new token',
      )
    },
  })
  return { of: () => office, for: async () => office, all: () => [office], drop: () => undefined }
}

export function createManyWorkspaceApps(
  house: AppParts,
  o: { apiUrl: string; installations: Installations },
): WorkspaceApps {
  const offices = new Map<string, { place: RequestWorkspace; office: WorkspaceApp }>()
  const drop = (workspace: WorkspaceId) => {
    for (const [key, { place, office }] of offices) {
      if (place.workspace !== workspace) continue
      office.close()
      offices.delete(key)
    }
  }
  const at = (place: RequestWorkspace): WorkspaceApp => {
    const key = `${place.workspace} ${place.team}`
    const known = offices.get(key)
    if (known !== undefined) return known.office
    const office = createWorkspaceApp(house, tenantAt({ ...o, drop }, place))
    offices.set(key, { place, office })
    return office
  }
  return {
    of: ({ workspace, teamId: team }) => at({ workspace, team }),
    async for(sent) {
      for (const place of workspacesOfRequest(sent)) {
        if ((await o.installations.of(place.workspace)) !== undefined) return at(place)
      }
      return undefined
    },
    all: () => [...offices.values()].map(({ office }) => office),
    drop,
  }
}

type Landlord = { apiUrl: string; installations: Installations; drop: WorkspaceApps['drop'] }

function tenantAt({ apiUrl, installations, drop }: Landlord, place: RequestWorkspace): WorkspaceAuth {
  const { workspace, team } = place
  const here = async () => {
    const installed = await installations.of(workspace)
    if (installed === undefined) throw createNotInstalledError()
    return installed
  }
  return {
    whose: {
      apiUrl,
      token: async () => (await here()).token,
      async renewedToken(refused) {
        installations.recheck(workspace)
        const now = await installations.of(workspace)
        return now?.token === refused ? undefined : now?.token
      },
      ...(workspace !== team && { team }),
    },
    bot: () => async () => {
      const { bot, botUser: user } = await here()
      return { user, bot, workspace, team }
    },
    async forgetToken() {
      await installations.remove(await here())
      drop(workspace)
    },
  }
}
