import type { Principal } from '../../ids.ts'
import type { PolicyDeps, RunsDeps, WebApiDeps } from '../deps.ts'
import { closeMessage, showOnUnknownMessage } from '../interactions/close-message.ts'
import { findApprovalFor, type PendingApproval } from '../interactions/find-for-person.ts'
import type { BlockAction } from '../interactions/interaction.ts'
import type { PressedMessage } from '../interactions/pressed-message.ts'
import { decidedApprovalText } from './approval-card.ts'
import { approvalKeyOf, groupOf, openContentsOf } from './approval-groups.ts'
import { outcomeMessage, textMessage } from './approval-outcome.ts'
import { pressedCardMessage } from './show-group.ts'

/** The approval, if this person may decide it now; else replies why not and returns undefined. */
export async function findOpenApproval(
  deps: WebApiDeps & RunsDeps & PolicyDeps,
  press: BlockAction,
): Promise<PendingApproval | undefined> {
  const { by, value, responder } = press
  const found = await findApprovalFor(deps, by, value)
  if (found === undefined || found.approval.decided) {
    const text = found?.approval.decided && decidedApprovalText(found.approval.decided, by.user)
    const words = text === undefined ? outcomeMessage({ kind: 'gone' }) : textMessage(text)
    if (await closeCard(deps, press)) await responder.reply(words, 'Approval')
    return undefined
  }
  const approvers = await deps.runs.approversOf(found, by.user)
  if (approvers.includes(by.user)) return found
  const { proposal } = found.approval
  const requester = found.state.origin.user
  const refusal = proposal
    ? ({ kind: 'changed', by: proposal.by, requester } as const)
    : ({ kind: 'not_yours', approvers } as const)
  await responder.reply(outcomeMessage(refusal), 'Approval')
  return undefined
}

/** Those of a list that this person may decide now; else replies why not and returns undefined. */
export async function findOpenList(
  deps: WebApiDeps & RunsDeps & PolicyDeps,
  press: BlockAction,
): Promise<PendingApproval[] | undefined> {
  const { by, value, responder } = press
  const found = await findApprovalFor(deps, by, value)
  const open = found === undefined ? [] : openContentsOf(groupOf(found))
  const rights = await Promise.all(open.map(async (one) => ({ one, users: await deps.runs.approversOf(one, by.user) })))
  const own = rights.filter(({ users }) => users.includes(by.user)).map(({ one }) => one)
  if (own.length > 0) return own
  const [first] = rights
  if (first === undefined) await replyDecided(deps, press, found)
  else await responder.reply(outcomeMessage({ kind: 'not_yours', approvers: first.users }), 'Approval')
  return undefined
}

/** Answers a press on a list in which nothing waits any more. */
export async function replyDecided(
  deps: WebApiDeps & RunsDeps,
  press: BlockAction,
  found: PendingApproval | undefined,
): Promise<void> {
  if (await closeCard(deps, press)) await press.responder.reply(goneMessageFor(found), 'Approval')
}

function goneMessageFor(found: PendingApproval | undefined) {
  const decided = found?.approval.decided
  if (decided === undefined) return outcomeMessage({ kind: 'gone' })
  return outcomeMessage({ kind: 'already', decision: decided.decision, by: decided.by, at: decided.at })
}

/** Closes a card that still shows buttons for a decided approval; false if it is gone. */
export async function closeCard(deps: WebApiDeps & RunsDeps, press: BlockAction): Promise<boolean> {
  const found = await findApprovalFor(deps, press.by, press.value)
  if (found !== undefined && found.approval.decided === undefined) return true
  const key = approvalKeyOf(found === undefined ? press.value : groupOf(found).id, press.message?.channel ?? '')
  return closeMessage(deps, press, { run: found?.state.id, key }, () => found && pressedCardMessage(found, press))
}

/** Shows the decision on the card that was pressed, where its run does not know it. */
export async function showDecision(
  deps: WebApiDeps & RunsDeps,
  by: Principal,
  approval: string,
  message: Pick<PressedMessage, 'channel' | 'ts' | 'ephemeral'> | undefined,
): Promise<void> {
  if (message === undefined) return
  const found = await findApprovalFor(deps, by, approval)
  if (found?.approval.decided)
    await showOnUnknownMessage(deps, message, found.state.id, pressedCardMessage(found, { by, message }))
}
