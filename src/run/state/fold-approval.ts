import type { UserId } from '../../ids.ts'
import type { EventOf } from './events.ts'
import type { CallState } from './state.ts'

/** A call of which somebody has approved their part; more people have to. Pure, as all here. */
export function applyVoted(call: CallState, { approval, needed, votes }: EventOf<'voted'>): CallState {
  if (call.approval?.id !== approval || call.approval.decided) return call
  return { ...call, approval: { ...call.approval, needed, votes } }
}

/** Nobody but the requester decides on a call that somebody else changed. */
export function applyEditProposed(call: CallState, event: EventOf<'edit_proposed'>, requester: UserId): CallState {
  const { approval } = call
  if (approval?.id !== event.approval || approval.decided || approval.proposal) return call
  const { by, arguments: changed, risk } = event
  const proposal = { by, arguments: changed, risk, at: new Date(event.at), askedBefore: approval.approvers }
  return { ...call, approval: { ...approval, approvers: [requester], proposal } }
}

export function applyDenialExplained(call: CallState, { approval, reason }: EventOf<'denial_explained'>): CallState {
  const decided = call.approval?.id === approval ? call.approval.decided : undefined
  if (!call.approval || decided?.decision !== 'denied') return call
  return { ...call, cause: `Denied: ${reason}`, approval: { ...call.approval, decided: { ...decided, reason } } }
}

/** A call that its requester withdrew, unless it was decided before. */
export function applyWithdrawn(call: CallState, { by, text, at }: EventOf<'withdrawn'>): CallState {
  if (!call.approval || call.approval.decided) return call
  const decided = { decision: 'withdrawn' as const, by, words: text, reason: undefined, at: new Date(at) }
  return {
    ...call,
    stage: 'cancelled',
    cause: 'Withdrawn before anybody decided.',
    approval: { ...call.approval, decided: { ...decided, edited: false } },
  }
}
