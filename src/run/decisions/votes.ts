import type { UserId } from '../../ids.ts'
import type { Verdict } from '../../policy/call-facts.ts'
import type { AnswerOutcome } from '../runs.ts'
import type { ApprovalState } from '../state/state.ts'

/** How many approvals a call needs, and whose earlier approval does not count any more. */
export type Vote = { needed: number; lost: UserId[] }

type CountedVotes = Pick<ApprovalState, 'needed' | 'votes'>

/** How many approvals the rules of this moment want, and never fewer than the card said. */
export const neededFor = ({ needed = 1 }: CountedVotes, verdict: Verdict | undefined): number =>
  Math.max(needed, verdict?.kind === 'ask' ? verdict.needed : 1)

/** Counts only who may approve at this moment, as the card and as the rules say it. */
export function votingFor(approval: CountedVotes, verdict: Verdict | undefined, allowed: UserId[]): Partial<Vote> {
  const needed = neededFor(approval, verdict)
  if (needed === 1) return {}
  const isLost = (user: UserId) =>
    !allowed.includes(user) || (verdict?.kind === 'ask' && !verdict.approvers.includes(user))
  return { needed, lost: (approval.votes ?? []).filter(isLost) }
}

/** Whether this person has approved already, and now waits for others. */
export const hasVoted = ({ votes = [] }: CountedVotes, user: UserId): boolean => votes.includes(user)

export const SEVERAL_APPROVE_TEXT =
  'A call that several people approve cannot be edited. Press Deny, then write what should be different.'

/** An edit would turn earlier approvals into approvals of something else. */
export const severalApprove: Extract<AnswerOutcome, { kind: 'invalid' }> = {
  kind: 'invalid',
  problems: [{ field: '', message: SEVERAL_APPROVE_TEXT }],
}
