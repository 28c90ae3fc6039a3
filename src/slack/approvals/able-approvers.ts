import { errorChainOf, isAppError } from '../../errors.ts'
import type { UserId, WorkspaceId } from '../../ids.ts'
import type { Rules } from '../../policy/rules.ts'
import type { OutsiderRights, Settings } from '../../policy/settings.ts'
import { withDeadline } from '../../timing.ts'
import { sectionBlock } from '../blocks/build-blocks.ts'
import { escapeMrkdwn, joinWords, mentionOf } from '../blocks/text.ts'
import type { PolicyDeps, WebApiDeps } from '../deps.ts'
import { postDirectly } from '../interactions/post-in-thread.ts'
import { isAllowedOutsider, kindByRefusal, type OutsiderKind, type SlackUser } from '../web-api/users.ts'
import { slackErrorCodeOf } from '../web-api/web-api.ts'

type Deps = WebApiDeps & { rules: Pick<Rules, 'noteUnable'>; settings: Pick<Settings, 'of'> }

/** A press has to be acknowledged in 3 s. */
const LOOKUP_TIMEOUT_MS = 1_500
/** What is left of that; the owners who are found later are known at the next press. */
const OWNERS_TIMEOUT_MS = 700

const NOBODY: OutsiderRights = { guest: [], stranger: [] }

/** Why they cannot approve, after a name. */
const OUTSIDER_TEXTS: Record<OutsiderKind, string> = {
  bot: 'is a bot, and bots never decide',
  left: 'has left this workspace',
  guest: 'is a guest here, and guests cannot approve for the workspace',
  stranger: 'is not of this workspace, and only its own people can approve',
}

/**
 * Those of the approvers who can still decide, or the owners where nobody of them can; `atPress` holds the owners that a card asks, who
 * are not looked for again. The owners are told once of each who cannot. Never throws: who is not known in time counts as able.
 */
export async function ableApproversOf(
  deps: Deps,
  workspace: WorkspaceId,
  named: UserId[],
  atPress?: UserId[],
): Promise<{ users: UserId[]; byOwners: boolean }> {
  const kinds = await fetchOutsiders(deps, workspace, named)
  if (kinds.size > 0) void tellOwners(deps, workspace, kinds)
  const users = named.filter((user) => !kinds.has(user))
  if (users.length > 0 || named.length === 0) return { users, byOwners: false }
  return { users: await standInsOf(deps, atPress), byOwners: true }
}

/** Those of the people who are owners at this moment. */
async function ownersAmong(deps: Deps, users: UserId[]): Promise<UserId[]> {
  const still = users.map(async (user) => {
    const found = await personNow(deps, user)
    return typeof found === 'object' && found.isOwner && found.outsider === undefined ? [user] : []
  })
  return (await Promise.all(still)).flat()
}

/** The owners, where those who press are looked at now: a right is never remembered. Never throws. */
export async function findOwnersAtPress(deps: Deps, pressers: UserId[]): Promise<UserId[]> {
  if (pressers.length === 0) return fetchOwners(deps)
  const [owners, pressing] = await Promise.all([
    withDeadline(fetchOwners(deps), OWNERS_TIMEOUT_MS, []),
    ownersAmong(deps, pressers),
  ])
  return [...owners.filter((user) => !pressers.includes(user)), ...pressing]
}

async function standInsOf(deps: Deps, atPress: UserId[] | undefined): Promise<UserId[]> {
  if (atPress === undefined) return fetchOwners(deps)
  if (atPress.length === 0) return withDeadline(fetchOwners(deps), OWNERS_TIMEOUT_MS, [])
  return ownersAmong(deps, atPress)
}

/** Those who cannot decide; an owner may have allowed guests and people of other organizations to. */
export async function fetchOutsiders(
  deps: Deps,
  workspace: WorkspaceId,
  users: UserId[],
): Promise<Map<UserId, OutsiderKind>> {
  const kindOf = async (user: UserId) => {
    const found = await personNow(deps, user)
    return typeof found === 'object' ? found.outsider : found
  }
  const kinds = await Promise.all(users.map(async (user) => [user, await kindOf(user)] as const))
  const found = kinds.flatMap(([user, kind]) => (kind === undefined ? [] : [[user, kind] as const]))
  const allowed = found.length === 0 ? NOBODY : (await deps.settings.of(workspace)).outsiders
  return new Map(found.filter(([, kind]) => !isAllowedOutsider(allowed, kind, 'approve')))
}

/** A person as Slack shows them, why it does not, or undefined where it does not say in time. */
async function personNow({ people, log }: Deps, user: UserId): Promise<SlackUser | OutsiderKind | undefined> {
  try {
    return await withDeadline(people.now(user), LOOKUP_TIMEOUT_MS, undefined)
  } catch (error) {
    if (!isAppError(error, 'slack_failed')) throw error
    log.warn({ user, why: errorChainOf(error) }, 'not known whether an approver can decide')
    return kindByRefusal(slackErrorCodeOf(error))
  }
}

export async function fetchOwners({ people, log }: Deps): Promise<UserId[]> {
  try {
    return await people.owners()
  } catch (error) {
    log.error({ why: errorChainOf(error) }, 'owners of the workspace not known')
    return []
  }
}

/** Never throws: the approval does not wait for it. */
async function tellOwners(deps: Deps, workspace: WorkspaceId, kinds: Map<UserId, OutsiderKind>): Promise<void> {
  try {
    const owners = await fetchOwners(deps)
    if (owners.length === 0) return
    const fresh = await deps.rules.noteUnable(workspace, [...kinds.keys()].sort())
    const who = fresh.flatMap((user) => {
      const kind = kinds.get(user)
      return kind === undefined ? [] : [`${mentionOf(user)} ${OUTSIDER_TEXTS[kind]}`]
    })
    if (who.length === 0) return
    const text = `:warning: Somebody who approves for this workspace cannot do so any more: ${joinWords(who)}. Please choose who approves in my Home tab or with \`/mcp approvers @name\`; until then I leave them out, and ask the owners where nobody else is left.`
    for (const owner of owners) await postDirectly(deps, owner, { text, blocks: [sectionBlock(text)] })
  } catch (error) {
    deps.log.error({ workspace, why: errorChainOf(error) }, 'owners not told of approvers who cannot decide')
  }
}

/** Why this person cannot be an approver, as a sentence; undefined if they can. Throws AppError `slack_failed`. */
export async function approverProblemOf(
  { people, settings, bot }: WebApiDeps & Pick<PolicyDeps, 'settings'>,
  user: UserId,
): Promise<string | undefined> {
  try {
    const { name, outsider } = await people.now(user)
    if (outsider === undefined) return undefined
    const { outsiders } = await settings.of((await bot()).workspace)
    return isAllowedOutsider(outsiders, outsider, 'approve')
      ? undefined
      : `${escapeMrkdwn(name)} ${OUTSIDER_TEXTS[outsider]}.`
  } catch (error) {
    if (slackErrorCodeOf(error) !== 'user_not_visible') throw error
    return `${mentionOf(user)} ${OUTSIDER_TEXTS.stranger}.`
  }
}
