import { z } from 'zod'
import { errorChainOf } from '../../errors.ts'
import { type UserId, WorkspaceId } from '../../ids.ts'
import type { Log } from '../../log.ts'
import type { OutsiderRight, OutsiderRights } from '../../policy/settings.ts'
import type { Origin } from '../../run/state/events.ts'
import { isTimeZone } from '../../timing.ts'
import { createOwnersReader, findMembers, findShown } from './owners.ts'
import { isPermanentError, slackErrorCodeOf, type WebApi } from './web-api.ts'

/** `mayManage` and `isOwner`: in Slack, or named here by an owner. `zone` is an IANA name or an offset; undefined where Slack does not say one. */
export type SlackUser = {
  name: string
  mayManage: boolean
  isOwner: boolean
  outsider: OutsiderKind | undefined
  /** The bot id on an app's messages; undefined for a person. */
  bot: string | undefined
  zone: string | undefined
}

/** Why somebody is no full member of the workspace: a bot, deactivated, a guest, of another company. */
export type OutsiderKind = 'bot' | 'left' | 'guest' | 'stranger'

/** What Slack's code says of a person it does not show; undefined where it says nothing of them. */
export const kindByRefusal = (code: string | undefined): OutsiderKind | undefined => KIND_BY_REFUSAL[code ?? '']

const KIND_BY_REFUSAL: Record<string, OutsiderKind> = {
  user_not_found: 'left',
  users_not_found: 'left',
  user_not_visible: 'stranger',
}

/** Whether an owner allowed this to people of their kind; bots and who has left may nothing. */
export const isAllowedOutsider = (allowed: OutsiderRights, kind: OutsiderKind, right: OutsiderRight): boolean =>
  (kind === 'guest' || kind === 'stranger') && allowed[kind].includes(right)

/** Who asks for a run, as it is kept with the run. */
export type Asker = Pick<Origin, 'userName' | 'userZone'>

export type SlackUsers = {
  /** Throws AppError `slack_failed`. */
  of(user: string): Promise<SlackUser>
  /** The same as they are at this moment. Throws AppError `slack_failed`. */
  now(user: string): Promise<SlackUser>
  /** The owners among the first 20,000 people of the workspace, as of some minutes ago at most. Throws AppError `slack_failed`. */
  owners(): Promise<UserId[]>
  /** Whether they are an owner at this moment: a right is never remembered. Throws AppError `slack_failed`. */
  mayManageNow(user: string): Promise<boolean>
  /** The name people go by; "somebody" when Slack does not say in time, as no request should fail for a name. */
  nameOf(user: string): Promise<string>
  /** The same with their time zone. */
  askerOf(user: string): Promise<Asker>
}

/** A renamed person is known after this at the latest. */
const CACHE_MS = 10 * 60_000
const CACHE_MAX_USERS = 5_000

const Info = z.object({
  user: z.object({
    name: z.string().optional(),
    real_name: z.string().optional(),
    is_admin: z.boolean().optional(),
    is_owner: z.boolean().optional(),
    is_bot: z.boolean().nullish(),
    deleted: z.boolean().nullish(),
    is_restricted: z.boolean().nullish(),
    is_ultra_restricted: z.boolean().nullish(),
    is_stranger: z.boolean().nullish(),
    team_id: z.string().nullish(),
    enterprise_user: z.object({ enterprise_id: z.string().nullish(), teams: z.array(z.string()).nullish() }).nullish(),
    tz: z.string().nullish(),
    tz_offset: z.number().nullish(),
    profile: z
      .object({ display_name: z.string().optional(), real_name: z.string().optional(), bot_id: z.string().optional() })
      .optional(),
  }),
})

/** `ownersNamed` are full members whom an owner made owners here. */
export function createSlackUsers(
  webApi: WebApi,
  log: Log,
  bot: () => Promise<TeamIdentity>,
  ownersNamed: () => Promise<UserId[]> = async () => [],
): SlackUsers {
  const readOwners = createOwnersReader(webApi)
  const cache = new Map<string, { user: SlackUser; until: number }>()
  const requests = new Map<string, Promise<SlackUser>>()

  const fetchUser = async (user: string): Promise<SlackUser> => {
    const { user: found } = await webApi.call('users.info', { user }, Info, 0)
    const outsider = outsiderIn(found, await bot())
    const isNamed = outsider === undefined && (await ownersNamed()).some((owner) => owner === user)
    const slackUser = {
      name: found.profile?.display_name || found.profile?.real_name || found.real_name || found.name || 'somebody',
      mayManage: found.is_admin === true || found.is_owner === true || isNamed,
      isOwner: found.is_owner === true || isNamed,
      outsider,
      bot: found.profile?.bot_id,
      zone: zoneIn(found),
    }
    if (cache.size >= CACHE_MAX_USERS) cache.clear()
    cache.set(user, { user: slackUser, until: Date.now() + CACHE_MS })
    return slackUser
  }
  const of = async (user: string): Promise<SlackUser> => {
    const known = cache.get(user)
    if (known && known.until > Date.now()) return known.user
    const request = requests.get(user) ?? fetchUser(user).finally(() => requests.delete(user))
    requests.set(user, request)
    return request
  }

  const ofOrNobody = async (user: string): Promise<Pick<SlackUser, 'name' | 'zone'>> => {
    try {
      return await of(user)
    } catch (error) {
      log.warn({ user, why: errorChainOf(error) }, 'name not found')
      return { name: 'somebody', zone: undefined }
    }
  }

  return {
    of,
    now: fetchUser,
    owners: async () => [...new Set([...(await readOwners()), ...(await findMembers(await ownersNamed(), of))])],
    mayManageNow: async (user) => (await findShown(fetchUser(user)))?.mayManage === true,
    nameOf: async (user) => (await ofOrNobody(user)).name,
    async askerOf(user) {
      const { name, zone } = await ofOrNobody(user)
      return { userName: name, ...(zone !== undefined && { userZone: zone }) }
    },
  }
}

/** The zone by its name, else by its seconds from UTC. */
function zoneIn({ tz, tz_offset: seconds }: z.infer<typeof Info>['user']): string | undefined {
  if (tz && isTimeZone(tz)) return tz
  if (typeof seconds !== 'number') return undefined
  const minutes = Math.abs(Math.round(seconds / 60))
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0'))
  const offset = `${seconds < 0 ? '-' : '+'}${hours}:${rest}`
  return isTimeZone(offset) ? offset : undefined
}

type TeamIdentity = Pick<BotIdentity, 'workspace' | 'team'>

function outsiderIn(user: z.infer<typeof Info>['user'], here: TeamIdentity): OutsiderKind | undefined {
  if (user.is_bot) return 'bot'
  if (user.deleted) return 'left'
  if (user.is_stranger || !isFromHere(user, here)) return 'stranger'
  return user.is_restricted || user.is_ultra_restricted ? 'guest' : undefined
}

/** In an organization a person may belong to several workspaces; Slack may name none. */
function isFromHere({ team_id, enterprise_user }: z.infer<typeof Info>['user'], { workspace, team }: TeamIdentity) {
  const teams = [...(team_id ? [team_id] : []), ...(enterprise_user?.teams ?? [])]
  return teams.length === 0 || teams.includes(team) || enterprise_user?.enterprise_id === workspace
}

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
  const fetchIdentity = async (): Promise<BotIdentity> => {
    const me = await webApi.call('auth.test', {}, Me)
    const workspace = me.is_enterprise_install ? (me.enterprise_id ?? me.team_id) : me.team_id
    return { user: me.user_id, bot: me.bot_id, workspace: WorkspaceId.parse(workspace), team: me.team_id }
  }
  return () => {
    identity ??= fetchIdentity().catch((error) => {
      identity = undefined
      throw error
    })
    return identity
  }
}

/** Resolves to the channel of a person's direct messages with the app; undefined where Slack does not open it. */
export type DirectMessages = (user: string) => Promise<string | undefined>

const Opened = z.object({ channel: z.object({ id: z.string() }) })

/** Each person's channel is remembered, as it never changes. */
export function createDirectMessages({ webApi, log }: { webApi: WebApi; log: Log }): DirectMessages {
  const known = new Map<string, string>()
  return async (user) => {
    const channelId = known.get(user)
    if (channelId !== undefined) return channelId
    try {
      const { channel } = await webApi.call('conversations.open', { users: user }, Opened)
      known.set(user, channel.id)
      return channel.id
    } catch (error) {
      if (!isPermanentError(error)) throw error
      log.warn({ user, why: slackErrorCodeOf(error) }, 'no direct messages with this person')
      return undefined
    }
  }
}

const ChannelMembers = z.object({
  members: z.array(z.string()),
  response_metadata: z.object({ next_cursor: z.string().optional() }).optional(),
})

/** Channels with more members than pages of 1,000 are not read to the end. */
const MOST_PAGES = 5

/** The users in a channel; undefined where Slack does not say. Throws AppError `slack_failed` when Slack could not be reached. */
export async function channelMembersOf(
  { webApi, log }: { webApi: WebApi; log: Log },
  channel: string,
): Promise<string[] | undefined> {
  const found: string[] = []
  let cursor = ''
  try {
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const args = { channel, limit: 1_000, ...(cursor && { cursor }) }
      const { members, response_metadata } = await webApi.call('conversations.members', args, ChannelMembers)
      found.push(...members)
      cursor = response_metadata?.next_cursor ?? ''
      if (cursor === '') break
    }
    return found
  } catch (error) {
    const why = slackErrorCodeOf(error)
    if (why === undefined) throw error
    log.warn({ channel, why }, 'members of a channel not known')
    return undefined
  }
}
