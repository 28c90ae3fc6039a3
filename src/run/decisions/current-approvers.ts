import type { UserId } from '../../ids.ts'
import { approversFor, membersFor } from '../../policy/decide.ts'
import { type ApproverSource, ableApproversIn, ablePartOf } from '../calls/verdicts.ts'
import type { RunDeps } from '../deps.ts'
import type { ApprovalState, RunState } from '../state/state.ts'

/** Who may decide this approval at this moment. */
export async function currentApproversFor(
  deps: RunDeps,
  { state: { origin }, approval }: { state: RunState; approval: ApprovalState },
  presser?: UserId,
): Promise<UserId[]> {
  const { risk, fourEyes, needed } = approval
  if (approval.proposal || approval.reach?.shows) return [origin.user]
  const able = createAbleFor(deps, { origin, approval }, presser === undefined ? [] : [presser])
  if (approval.groups) {
    const { users } = await able.in(approval.groups)
    return membersFor({ members: users, requester: origin.user }, fourEyes)
  }
  const { approvers, byOwners } = ablePartOf(await able.of(await deps.rules.approversOf(origin.workspace)), {
    risk,
    fourEyes,
    needed,
  })
  // Without approvers the requester would decide, and here others have to.
  if (byOwners && approvers.length === 0) return []
  return approversFor({ risk, fourEyes, requester: origin.user, approvers })
}

/** Who can decide now, with those who press and those who approved before among the looked at. */
export const createAbleFor = (
  deps: RunDeps,
  { origin, approval }: { origin: RunState['origin']; approval: ApprovalState },
  pressers: UserId[],
): ApproverSource =>
  ableApproversIn(deps, origin, { atPress: ownersOn(approval), pressers: [...pressers, ...(approval.votes ?? [])] })

const ownersOn = ({ approvers, byOwners, proposal }: ApprovalState): UserId[] =>
  byOwners ? (proposal?.askedBefore ?? approvers) : []
