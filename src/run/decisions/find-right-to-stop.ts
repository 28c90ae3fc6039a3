import type { Principal, RunId } from '../../ids.ts'
import type { RunDeps } from '../deps.ts'

/** Whether somebody may end a run, or say how it goes on: who asked for it, and the workspace's approvers. */
export async function findRightToStop(
  deps: RunDeps,
  id: RunId,
  by: Principal,
): Promise<'yours' | 'over' | 'not_yours'> {
  const found = await deps.store.requester(id, by.workspace)
  if (found === null) return 'over'
  if (found.origin?.user === by.user) return 'yours'
  const named = await deps.rules.approversOf(by.workspace)
  if (named.length === 0) return 'not_yours'
  const place = { workspace: by.workspace, teamId: found.origin?.teamId ?? by.workspace }
  // Whoever is an owner may be asked in place of approvers who left.
  const { users } = await deps.ableApprovers(place, named, [by.user])
  return users.includes(by.user) ? 'yours' : 'not_yours'
}
