import type { App } from '@slack/bolt'
import { ApprovalId } from '../../ids.ts'
import type { AnswerOutcome, ApprovalAnswer } from '../../run/runs.ts'
import type { MessageContent } from '../blocks/build-blocks.ts'
import { mentionOf } from '../blocks/text.ts'
import type { HomeTabDeps, PolicyDeps, RunsDeps, WebApiDeps } from '../deps.ts'
import { findApprovalFor } from '../interactions/find-for-person.ts'
import { type BlockAction, onDurablePress } from '../interactions/interaction.ts'
import { outcomeMessage, textMessage, type UnsettledOutcome } from './approval-outcome.ts'
import { registerDenials } from './denial-actions.ts'
import { registerEdits } from './edit-actions.ts'
import { closeCard, showDecision } from './open-approval.ts'
import { updatePressedList } from './show-group.ts'

/** Listens to Approve, Deny, Edit and Always allow. `runs.answer` checks who may decide. */
export function registerApprovals(app: App, deps: WebApiDeps & RunsDeps & PolicyDeps & HomeTabDeps): void {
  const approveWith = (how: Pick<ApprovalAnswer, 'width' | 'confirms'>) => (press: BlockAction) =>
    approve(deps, press, how)
  onDurablePress(app, deps, 'approval_approve', approveWith({}))
  onDurablePress(app, deps, 'approval_always', approveWith({ width: 'always' }))
  onDurablePress(app, deps, 'approval_thread', approveWith({ width: 'thread' }))
  onDurablePress(app, deps, 'approval_confirm', approveWith({ confirms: true }))
  registerDenials(app, deps)
  registerEdits(app, deps)
}

async function approve(
  deps: WebApiDeps & RunsDeps & PolicyDeps & HomeTabDeps,
  press: BlockAction,
  how: Pick<ApprovalAnswer, 'width' | 'confirms'>,
): Promise<void> {
  const id = ApprovalId.safeParse(press.value)
  const outcome: AnswerOutcome = id.success
    ? await deps.runs.answer({ approval: id.data, by: press.by, decision: 'approved', ...how })
    : { kind: 'gone' }
  await press.ack()
  await updatePressedList(deps, press)
  if (press.view?.kind === 'home') void deps.publishHome(press.by)
  else deps.refreshHome(press.by)
  if (outcome.kind === 'settled') return showDecision(deps, press.by, press.value, press.message)
  // Its cards say how many have approved.
  if (outcome.kind === 'voted' && outcome.isNew) return
  await replyRefusal(deps, press, { outcome, isRule: how.width !== undefined })
}

type Refused = { outcome: UnsettledOutcome; isRule: boolean }

async function replyRefusal(
  deps: WebApiDeps & RunsDeps & PolicyDeps,
  press: BlockAction,
  { outcome, isRule }: Refused,
): Promise<void> {
  if (outcome.kind !== 'not_yours' && !(await closeCard(deps, press))) return
  const isOnlyOnce = isRule && outcome.kind === 'not_yours'
  const message = isOnlyOnce ? await onlyOnceMessage(deps, press) : undefined
  await press.responder.reply(message ?? outcomeMessage(outcome), 'Approval')
}

/** Says that only the requester can set a rule, to an approver of somebody else's call. */
async function onlyOnceMessage(
  deps: RunsDeps & PolicyDeps,
  { by, value }: BlockAction,
): Promise<MessageContent | undefined> {
  const found = await findApprovalFor(deps, by, value)
  const requester = found?.state.origin.user
  if (found === undefined || requester === undefined || requester === by.user) return undefined
  if (!(await deps.runs.approversOf(found, by.user)).includes(by.user)) return undefined
  return textMessage(`Only ${mentionOf(requester)} can make a rule of this. You can approve it this once.`)
}
