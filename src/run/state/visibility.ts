import type { Principal, UserId } from '../../ids.ts'
import type { ApprovalState, CallState, RunState } from './state.ts'

/** What a person may look at of a run that is over or under way. */
export type CallVisibility = {
  /** Request, results, questions and server logs too; without it, only how the steps they were asked about went. */
  whole: boolean
  calls: CallState[]
}

/**
 * Who asked sees all. Who was asked to decide sees those steps, whose cards they were shown. Nobody else sees anything, wherever
 * the answer stands: who reads a channel today may not have been in it then. Pure.
 */
export function visibilityOf({ origin, calls }: RunState, { workspace, user }: Principal): CallVisibility | undefined {
  if (origin.workspace !== workspace) return undefined
  if (origin.user === user) return { whole: true, calls }
  const asked = calls.filter(
    ({ approval }) => approval && (peopleAskedOf(approval).includes(user) || approval.decided?.by === user),
  )
  return asked.length === 0 ? undefined : { whole: false, calls: asked }
}

/** Who is or was asked to decide. */
export const peopleAskedOf = ({ approvers, proposal, votes = [] }: ApprovalState): UserId[] =>
  proposal === undefined ? [...approvers, ...votes] : [...approvers, ...votes, ...proposal.askedBefore, proposal.by]
