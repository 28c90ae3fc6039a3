import type { Installations } from '../connect/installations.ts'
import type { WorkspaceId } from '../ids.ts'
import type { Origin } from '../run/state/origin.ts'
import { createBot } from './bot.ts'
import { notInstalled } from './calls.ts'
import { createOffice, type House, type Office, type Tenant } from './office.ts'
import { type Place, placesOf } from './place.ts'

/** The app's offices: one, or one for each workspace that installed it. */
export type Offices = {
  /** That of a run, whether or not the app is still there. */
  of(origin: Pick<Origin, 'workspace' | 'teamId'>): Office
  /** That of a request from Slack; undefined where the app is not installed. Throws when the database is away. */
  for(sent: unknown): Promise<Office | undefined>
  all(): Office[]
  /** What was remembered of a workspace is void: the app was installed there, or removed. */
  drop(workspace: WorkspaceId): void
}

/** All requests count for the one workspace, whatever team they name. */
export function oneOffice(house: House, o: { apiUrl: string; botToken: string }): Offices {
  const office = createOffice(house, {
    whose: { apiUrl: o.apiUrl, token: async () => o.botToken, renewed: async () => undefined },
    bot: createBot,
    async forgetToken() {
      house.log.error(
        'the app was removed from its workspace: install it again, and set SLACK_BOT_TOKEN to its new token',
      )
    },
  })
  return { of: () => office, for: async () => office, all: () => [office], drop: () => undefined }
}

export function manyOffices(house: House, o: { apiUrl: string; installations: Installations }): Offices {
  const offices = new Map<string, { place: Place; office: Office }>()
  const drop = (workspace: WorkspaceId) => {
    for (const [key, { place, office }] of offices) {
      if (place.workspace !== workspace) continue
      office.close()
      offices.delete(key)
    }
  }
  const at = (place: Place): Office => {
    const key = `${place.workspace} ${place.team}`
    const known = offices.get(key)
    if (known !== undefined) return known.office
    const office = createOffice(house, tenantAt({ ...o, drop }, place))
    offices.set(key, { place, office })
    return office
  }
  return {
    of: ({ workspace, teamId: team }) => at({ workspace, team }),
    async for(sent) {
      for (const place of placesOf(sent)) {
        if ((await o.installations.of(place.workspace)) !== undefined) return at(place)
      }
      return undefined
    },
    all: () => [...offices.values()].map(({ office }) => office),
    drop,
  }
}

type Landlord = { apiUrl: string; installations: Installations; drop: Offices['drop'] }

function tenantAt({ apiUrl, installations, drop }: Landlord, place: Place): Tenant {
  const { workspace, team } = place
  const here = async () => {
    const installed = await installations.of(workspace)
    if (installed === undefined) throw notInstalled()
    return installed
  }
  return {
    whose: {
      apiUrl,
      token: async () => (await here()).token,
      async renewed(refused) {
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
