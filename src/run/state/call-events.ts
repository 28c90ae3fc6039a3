import type { UserId } from '../../ids.ts'
import type { EventOf } from './events.ts'
import { applyDenialExplained, applyEditProposed, applyVoted } from './fold-approval.ts'
import { applyAnswered, applyCalled, applyDelegated, applyGivenInput, applyWaiting } from './fold-call.ts'
import type { CallState } from './state.ts'

type OneCall =
  | 'answered'
  | 'voted'
  | 'edit_proposed'
  | 'denial_explained'
  | 'called'
  | 'delegated'
  | 'waiting'
  | 'given_input'

/** What happened to one call alone. */
export function applyCallEvent(call: CallState, event: EventOf<OneCall>, requester: UserId): CallState {
  switch (event.type) {
    case 'answered':
      return applyAnswered(call, event)
    case 'voted':
      return applyVoted(call, event)
    case 'edit_proposed':
      return applyEditProposed(call, event, requester)
    case 'denial_explained':
      return applyDenialExplained(call, event)
    case 'called':
      return applyCalled(call, event)
    case 'delegated':
      return applyDelegated(call, event)
    case 'waiting':
      return applyWaiting(call, event)
    case 'given_input':
      return applyGivenInput(call, event)
    default:
      return event satisfies never
  }
}
