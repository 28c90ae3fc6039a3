import type { UserId } from '../../ids.ts'
import type { Verdict } from '../../policy/call-facts.ts'
import type { AnswerOutcome } from '../runs.ts'
import type { ApprovalState } from '../state/state.ts'

/** How one more approval is counted: how many are needed, and whose approval of before does not count any more. */
export type Vote = { needed: number; lost: UserId[] }

type Voted = Pick<ApprovalState, 'needed' | 'votes'>

/** By the rules of now, but never fewer than the card said. */
export const neededFor = ({ needed = 1 }: Voted, verdict: Verdict | undefined): number =>
  Math.max(needed, verdict?.kind === 'ask' ? verdict.needed : 1)

/** Counts only who may approve at this moment, as the card and as the rules say it. */
export function votingFor(approval: Voted, verdict: Verdict | undefined, allowed: UserId[]): Partial<Vote> {
  const needed = neededFor(approval, verdict)
  if (needed === 1) return {}
  const isLost = (user: UserId) =>
    !allowed.includes(user) || (verdict?.kind === 'ask' && !verdict.approvers.includes(user))
  return { needed, lost: (approval.votes ?? []).filter(isLost) }
}

/** Who has approved already waits for others. */
export const hasVoted = ({ votes = [] }: Voted, user: UserId): boolean => votes.includes(user)

/** What others approved before must not become an approval of something else. */
export const severalApprove: Extract<AnswerOutcome, { kind: 'invalid' }> = {
  kind: 'invalid',
  problems: [
    {
      field: '',
      message:
        'Several people have to approve this, so it cannot be changed here. Deny it, and say there what should be different.',
    },
  ],
}
