import type { Principal } from '../../ids.ts'
import { withDeadline } from '../../timing.ts'
import type { TriggerDefinition } from '../../triggers/trigger.ts'
import type { WebApiDeps } from '../deps.ts'
import { channelMembersOf } from '../web-api/users.ts'

/** Slack waits 3 s for an answer, and a large channel is read page by page. */
const MEMBERS_TIMEOUT_MS = 1_500
/** Of larger channels not all members are read, so nobody can be told that they are not in it. */
const MOST_MEMBERS = 5_000

/** Why a person's answers cannot go to this place; undefined where they can. */
export async function placeRefusalFor(
  deps: WebApiDeps,
  by: Principal,
  { place }: Pick<TriggerDefinition, 'place'>,
): Promise<string | undefined> {
  if (place.kind === 'dm') return undefined
  const [bot, members] = await Promise.all([
    deps.bot(),
    withDeadline(channelMembersOf(deps, place.channel), MEMBERS_TIMEOUT_MS, null),
  ])
  if (members === null) return 'I am still reading who is in this channel. Try again in a moment.'
  if (members === undefined || isOutside(members, bot.user))
    return 'I am not in this channel. Invite me there, and try again.'
  return isOutside(members, by.user) ? 'You are not in this channel. Choose one that you are in.' : undefined
}

/** Why what a person set up must not answer there any more: they left the channel. Where the app left, Slack says so. */
export async function leftRefusalFor(
  deps: WebApiDeps,
  { user }: Principal,
  { place }: Pick<TriggerDefinition, 'place'>,
): Promise<string | undefined> {
  const members = place.kind === 'dm' ? undefined : await channelMembersOf(deps, place.channel)
  if (members === undefined || !isOutside(members, user)) return undefined
  return 'You are not any more in the channel where it answers. Edit it, and choose another place.'
}

const isOutside = (members: string[], user: string): boolean => members.length < MOST_MEMBERS && !members.includes(user)
