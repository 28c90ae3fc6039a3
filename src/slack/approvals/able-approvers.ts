import { errorChainOf, isAppError } from '../../errors.ts'
import type { UserId, WorkspaceId } from '../../ids.ts'
import type { Rules } from '../../policy/rules.ts'
import { withDeadline } from '../../timing.ts'
import { sectionBlock } from '../blocks/build-blocks.ts'
import { escapeMrkdwn, joinWords, mentionOf } from '../blocks/text.ts'
import type { WebApiDeps } from '../deps.ts'
import { postDirectly } from '../interactions/post-in-thread.ts'
import type { OutsiderKind } from '../web-api/users.ts'
import { slackErrorCodeOf } from '../web-api/web-api.ts'

type Deps = WebApiDeps & { rules: Pick<Rules, 'noteUnable'> }

/** A press has to be acknowledged in 3 s. */
const LOOKUP_TIMEOUT_MS = 1_500

/** Why they cannot approve, after a name. */
const OUTSIDER_TEXTS: Record<OutsiderKind, string> = {
  bot: 'is a bot, and bots never decide',
  left: 'has left this workspace',
  guest: 'is a guest here, and guests cannot approve for the workspace',
  stranger: 'is not of this workspace, and only its own people can approve',
}

/**
 * Those of the approvers who can still decide, or the owners where nobody of them can. The owners are told once of each who cannot. Never
 * throws: who is not known counts as able.
 */
export async function ableApproversOf(
  deps: Deps,
  workspace: WorkspaceId,
  named: UserId[],
): Promise<{ users: UserId[]; byOwners: boolean }> {
  const kinds = await withDeadline(fetchOutsiders(deps, named), LOOKUP_TIMEOUT_MS, new Map<UserId, OutsiderKind>())
  if (kinds.size === 0) return { users: named, byOwners: false }
  const owners = await fetchOwners(deps)
  void tellOwners(deps, workspace, owners, kinds)
  const users = named.filter((user) => !kinds.has(user))
  if (users.length > 0 || owners.length === 0) return { users: users.length > 0 ? users : named, byOwners: false }
  return { users: owners, byOwners: true }
}

async function fetchOutsiders({ people, log }: Deps, users: UserId[]): Promise<Map<UserId, OutsiderKind>> {
  const kindOf = async (user: UserId) => {
    try {
      return (await people.now(user)).outsider
    } catch (error) {
      if (!isAppError(error, 'slack_failed')) throw error
      log.warn({ user, why: errorChainOf(error) }, 'not known whether an approver can decide')
      return KIND_BY_REFUSAL[slackErrorCodeOf(error) ?? '']
    }
  }
  const kinds = await Promise.all(users.map(async (user) => [user, await kindOf(user)] as const))
  return new Map(kinds.flatMap(([user, kind]) => (kind === undefined ? [] : [[user, kind] as const])))
}

/** Slack's codes for a person it does not show. */
const KIND_BY_REFUSAL: Record<string, OutsiderKind> = {
  user_not_found: 'left',
  users_not_found: 'left',
  user_not_visible: 'stranger',
}

async function fetchOwners({ people, log }: Deps): Promise<UserId[]> {
  try {
    return await people.owners()
  } catch (error) {
    log.error({ why: errorChainOf(error) }, 'owners of the workspace not known')
    return []
  }
}

/** Never throws: the approval does not wait for it. */
async function tellOwners(
  deps: Deps,
  workspace: WorkspaceId,
  owners: UserId[],
  kinds: Map<UserId, OutsiderKind>,
): Promise<void> {
  try {
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
export async function approverProblemOf({ people }: WebApiDeps, user: UserId): Promise<string | undefined> {
  try {
    const { name, outsider } = await people.now(user)
    return outsider && `${escapeMrkdwn(name)} ${OUTSIDER_TEXTS[outsider]}.`
  } catch (error) {
    if (slackErrorCodeOf(error) !== 'user_not_visible') throw error
    return `${mentionOf(user)} ${OUTSIDER_TEXTS.stranger}.`
  }
}
