import { z } from 'zod'
import { errorChainOf, isAppError } from '../../errors.ts'
import { UserId, type WorkspaceId } from '../../ids.ts'
import type { GroupApprovers } from '../../run/deps.ts'
import { sectionBlock } from '../blocks/build-blocks.ts'
import { escapeMrkdwn, joinWords } from '../blocks/text.ts'
import type { PolicyDeps, WebApiDeps } from '../deps.ts'
import { postDirectly } from '../interactions/post-in-thread.ts'
import { slackErrorCodeOf } from '../web-api/web-api.ts'
import { fetchOutsiders, fetchOwners, findOwnersAtPress } from './able-approvers.ts'

type Deps = WebApiDeps & Pick<PolicyDeps, 'rules' | 'settings'>
type Found = Awaited<ReturnType<GroupApprovers>>

/** So many members are looked at and asked directly; anybody else of the group may press as well. */
const MOST_ASKED = 10

/**
 * Who of these Slack user groups may approve at this moment: who is in all of them, and no guest, bot or stranger. The owners where
 * that is nobody, and they are told once. `pressers` are looked at in any case. Never throws.
 */
export async function groupApproversOf(
  deps: Deps,
  workspace: WorkspaceId,
  groups: string[],
  pressers: UserId[],
): Promise<Found> {
  const lists = await Promise.all(groups.map((group) => fetchMembers(deps, group)))
  const names = await namesOf(deps, groups)
  const known = lists.filter((list) => list !== undefined)
  if (known.length < lists.length) return { users: undefined, byOwners: false, names }
  const [first = [], ...others] = known
  const common = first.filter((user) => others.every((list) => list.includes(user)))
  const asked = [...new Set([...pressers.filter((user) => common.includes(user)), ...common])].slice(0, MOST_ASKED)
  const outsiders = await fetchOutsiders(deps, workspace, asked)
  const users = asked.filter((user) => !outsiders.has(user))
  if (users.length > 0) return { users, byOwners: false, names }
  void tellOwners(deps, workspace, { groups, names })
  return { users: await findOwnersAtPress(deps, pressers), byOwners: true, names }
}

const Members = z.object({ users: z.array(UserId) })

/** What Slack says of a group that is deleted, switched off, or not for this installation to see. */
const GONE_CODES = new Set(['no_such_subteam', 'subteam_not_found', 'missing_scope'])

/** Nobody where the group is gone; undefined where Slack does not say. */
async function fetchMembers({ webApi, log }: Deps, usergroup: string): Promise<UserId[] | undefined> {
  try {
    return (await webApi.call('usergroups.users.list', { usergroup }, Members, 0)).users
  } catch (error) {
    if (!isAppError(error, 'slack_failed')) throw error
    log.warn({ usergroup, why: errorChainOf(error) }, 'members of a user group not known')
    return GONE_CODES.has(slackErrorCodeOf(error) ?? '') ? [] : undefined
  }
}

async function namesOf({ names }: Deps, groups: string[]): Promise<string> {
  const handles = await Promise.all(groups.map((group) => names.group(group)))
  return joinWords(handles.map((handle) => (handle === undefined ? 'a deleted group' : `@${handle}`)))
}

/** Never throws: the approval does not wait for it. */
async function tellOwners(deps: Deps, workspace: WorkspaceId, o: { groups: string[]; names: string }): Promise<void> {
  try {
    const owners = await fetchOwners(deps)
    if (owners.length === 0 || !(await deps.rules.noteGroups(workspace, o.groups))) return
    const text = `:warning: A rule lets only members of ${escapeMrkdwn(o.names)} approve, and none of them can. The group is deleted, switched off or empty, or all its members are guests or have left. Until an owner changes that, I ask the owners. Please mend the group in Slack, or remove the rule in my Home tab or with \`/mcp rules\`.`
    for (const owner of owners) await postDirectly(deps, owner, { text, blocks: [sectionBlock(text)] })
  } catch (error) {
    deps.log.error({ workspace, why: errorChainOf(error) }, 'owners not told of a user group that cannot approve')
  }
}
