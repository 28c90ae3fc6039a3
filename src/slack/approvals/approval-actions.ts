import type { App } from '@slack/bolt'
import { z } from 'zod'
import { LIMITS } from '../../block-kit/limits.ts'
import { ApprovalId, type Principal } from '../../ids.ts'
import type { AnswerOutcome, ApprovalAnswer } from '../../run/runs.ts'
import type { CallState, RunState } from '../../run/state/state.ts'
import { describeAction } from '../answer/describe-calls.ts'
import { createModal, inputBlock, type MessageContent, plainTextObject, sectionBlock } from '../blocks/build-blocks.ts'
import { escapeInlineMrkdwn, escapeMrkdwn, formatDate, joinWords, mentionOf } from '../blocks/text.ts'
import type { HomeTabDeps, PolicyDeps, RunsDeps, WebApiDeps } from '../deps.ts'
import { closeMessage, showOnUnknownMessage } from '../interactions/close-message.ts'
import { findApprovalFor, type PendingApproval } from '../interactions/find-for-person.ts'
import { type BlockAction, onButtonPress, onDurablePress } from '../interactions/interaction.ts'
import { onViewSubmission, type ViewSubmission } from '../interactions/modals.ts'
import { postReply } from '../interactions/post-in-thread.ts'
import { decidedApprovalText } from './approval-card.ts'
import { approvalKeyOf, groupOf } from './approval-groups.ts'
import { canEditArguments, editArgumentsModal, readTypedArguments } from './edit-arguments-form.ts'
import { pressedCardMessage, updateGroupModal } from './show-group.ts'

const Metadata = z.object({ approval: ApprovalId })

/** Listens to Approve, Deny, Edit, Always allow and the reason for a denial. `runs.answer` checks who may decide. */
export function registerApprovals(app: App, deps: WebApiDeps & RunsDeps & PolicyDeps & HomeTabDeps): void {
  onDurablePress(app, deps, 'approval_approve', (press) => answerApproval(deps, press, { decision: 'approved' }))
  onDurablePress(app, deps, 'approval_always', (press) =>
    answerApproval(deps, press, { decision: 'approved', width: 'always' }),
  )
  onDurablePress(app, deps, 'approval_thread', (press) =>
    answerApproval(deps, press, { decision: 'approved', width: 'thread' }),
  )
  onDurablePress(app, deps, 'approval_deny', (press) => answerApproval(deps, press, { decision: 'denied' }))
  onButtonPress(app, deps, 'approval_edit', (press) => openEditModal(deps, press))
  onButtonPress(app, deps, 'approval_reason', (press) => openReasonModal(deps, press))
  onViewSubmission(app, deps, 'approval_edit', (submit) => submitEdit(deps, submit))
  onViewSubmission(app, deps, 'approval_reason', (submit) => submitReason(deps, submit))
}

async function answerApproval(
  deps: WebApiDeps & RunsDeps & PolicyDeps & HomeTabDeps,
  press: BlockAction,
  decision: Pick<ApprovalAnswer, 'decision' | 'width'>,
): Promise<void> {
  const id = ApprovalId.safeParse(press.value)
  const outcome: AnswerOutcome = id.success
    ? await deps.runs.answer({ approval: id.data, by: press.by, ...decision })
    : { kind: 'gone' }
  await press.ack()
  await updateGroupModal(deps, press)
  if (press.view?.kind === 'home') void deps.publishHome(press.by)
  else deps.refreshHome(press.by)
  if (outcome.kind === 'settled') return showDecision(deps, press)
  if (outcome.kind !== 'not_yours' && !(await closeCard(deps, press))) return
  const onlyOnce = id.success && decision.width !== undefined && outcome.kind === 'not_yours'
  const message = onlyOnce ? await onlyOnceMessage(deps, press.by, id.data) : undefined
  await press.responder.reply(message ?? outcomeMessage(outcome), 'Approval')
}

/** Says that only the requester can set a rule, to an approver of somebody else's call. */
async function onlyOnceMessage(
  deps: RunsDeps & PolicyDeps,
  by: Principal,
  id: ApprovalId,
): Promise<MessageContent | undefined> {
  const found = await findApprovalFor(deps, by, id)
  const requester = found?.state.origin.user
  if (found === undefined || requester === undefined || requester === by.user) return undefined
  if (!(await deps.runs.approversOf(found)).includes(by.user)) return undefined
  const text = `Only ${mentionOf(requester)} can make a rule of this. You can approve it this once.`
  return { text, blocks: [sectionBlock(text)] }
}

/** Shows the decision on the card that was pressed, where its run does not know it. */
async function showDecision(deps: WebApiDeps & RunsDeps, press: BlockAction): Promise<void> {
  if (press.message === undefined) return
  const found = await findApprovalFor(deps, press.by, press.value)
  if (found?.approval.decided) await showOnUnknownMessage(deps, press, found.state.id, pressedCardMessage(found, press))
}

/** Closes a card that still shows buttons for a decided approval; false if it is gone. */
export async function closeCard(deps: WebApiDeps & RunsDeps, press: BlockAction): Promise<boolean> {
  const found = await findApprovalFor(deps, press.by, press.value)
  if (found !== undefined && found.approval.decided === undefined) return true
  const key = approvalKeyOf(found === undefined ? press.value : groupOf(found).id, press.message?.channel ?? '')
  return closeMessage(deps, press, { run: found?.state.id, key }, () => found && pressedCardMessage(found, press))
}

const ALREADY = {
  approved: 'This was already approved',
  denied: 'This was already denied',
  expired: 'This has already expired',
  stopped: 'This was already stopped',
}

/** Why an answer did not count. */
export function outcomeMessage(outcome: Exclude<AnswerOutcome, { kind: 'settled' }>): MessageContent {
  const textMessage = (text: string): MessageContent => ({ text, blocks: [sectionBlock(text)] })
  switch (outcome.kind) {
    case 'already': {
      const by = outcome.by === undefined ? '' : ` by ${mentionOf(outcome.by)}`
      return textMessage(`${ALREADY[outcome.decision]}${by} ${formatDate(outcome.at)}.`)
    }
    case 'not_yours': {
      const who = joinWords(outcome.approvers.slice(0, 10).map(mentionOf), 'or')
      return textMessage(`Only ${who || 'somebody else'} can decide this.`)
    }
    case 'invalid':
      return textMessage(
        `That does not fit the tool: ${escapeMrkdwn(outcome.problems.map(({ message }) => message).join(' '))}`,
      )
    case 'gone':
      return textMessage('This is no longer waiting for a decision. Ask again if you still want it.')
    default:
      return outcome satisfies never
  }
}

type Found = { state: RunState; call: CallState }

/** The approval, if this person may decide it now; else replies why not and returns undefined. */
async function findOpenApproval(
  deps: WebApiDeps & RunsDeps & PolicyDeps,
  press: BlockAction,
): Promise<PendingApproval | undefined> {
  const { by, value, responder } = press
  const found = await findApprovalFor(deps, by, value)
  if (found === undefined || found.approval.decided) {
    const text = found?.approval.decided && decidedApprovalText(found.approval.decided)
    const words = text === undefined ? outcomeMessage({ kind: 'gone' }) : { text, blocks: [sectionBlock(text)] }
    if (await closeCard(deps, press)) await responder.reply(words, 'Approval')
    return undefined
  }
  const approvers = await deps.runs.approversOf(found)
  if (approvers.includes(by.user)) return found
  await responder.reply(outcomeMessage({ kind: 'not_yours', approvers }), 'Approval')
  return undefined
}

async function openEditModal(deps: WebApiDeps & RunsDeps & PolicyDeps, press: BlockAction): Promise<void> {
  const found = await findOpenApproval(deps, press)
  if (found === undefined) return
  if (canEditArguments(found.call)) {
    await press.responder.openModal(editArgumentsModal(found.call, { approval: press.value }))
    return
  }
  const text = 'This is too long to edit in Slack. Deny it, and reply in the thread with what should be different.'
  await press.responder.reply({ text, blocks: [sectionBlock(text)] }, 'Edit')
}

async function submitEdit(
  deps: RunsDeps & HomeTabDeps,
  { by, privateMetadata, typed, ack }: ViewSubmission,
): Promise<void> {
  const { approval } = Metadata.parse(JSON.parse(privateMetadata))
  const found = await findApprovalFor(deps, by, approval)
  if (found === undefined) {
    await ack({ response_action: 'update', view: outcomeModal(outcomeMessage({ kind: 'gone' })) })
    return
  }
  const read = readTypedArguments(found.call, typed)
  if (!read.ok) {
    await ack({ response_action: 'errors', errors: read.problems })
    return
  }
  const outcome = await deps.runs.answer({ approval, by, decision: 'approved', arguments: read.arguments })
  if (outcome.kind === 'settled') await ack()
  else if (outcome.kind === 'invalid')
    await ack({ response_action: 'errors', errors: errorsByField(outcome.problems, typed) })
  else await ack({ response_action: 'update', view: outcomeModal(outcomeMessage(outcome)) })
  deps.refreshHome(by)
}

/** The problems by field; those without a field are shown at the first. */
function errorsByField(
  problems: { field: string; message: string }[],
  typed: ViewSubmission['typed'],
): Record<string, string> {
  const [first = ''] = Object.keys(typed)
  const errors: Record<string, string> = {}
  for (const { field, message } of problems) {
    const [name = ''] = field.replace(/^\//, '').split(/[/.[]/)
    const at = name in typed ? name : first
    errors[at] = errors[at] === undefined ? message : `${errors[at]} ${message}`
  }
  return errors
}

const outcomeModal = (content: MessageContent) =>
  createModal({ id: 'reading', title: 'Approval', blocks: content.blocks })

async function openReasonModal(deps: RunsDeps, { by, value, responder }: BlockAction): Promise<void> {
  const decided = (await findApprovalFor(deps, by, value))?.approval.decided
  if (decided?.by !== by.user) {
    const text = decided?.by
      ? `Only ${mentionOf(decided.by)}, who denied it, can give the reason.`
      : 'There is nothing to give a reason for.'
    await responder.reply({ text, blocks: [sectionBlock(text)] }, 'Reason')
    return
  }
  const field = inputBlock({
    id: 'reason',
    label: 'Why not?',
    hint: 'The person who asked reads it in the thread, and I keep to it when I am asked next.',
    optional: true,
    element: {
      type: 'plain_text_input',
      action_id: 'value',
      multiline: true,
      max_length: 1_000,
      placeholder: plainTextObject('Use the other folder …', LIMITS.placeholder),
    },
  })
  const options = { id: 'approval_reason', title: 'Reason', submit: 'Send', close: 'Cancel' }
  await responder.openModal(createModal({ ...options, blocks: [field], metadata: { approval: value } }))
}

async function submitReason(
  deps: WebApiDeps & RunsDeps,
  { by, privateMetadata, typed, ack }: ViewSubmission,
): Promise<void> {
  const { approval } = Metadata.parse(JSON.parse(privateMetadata))
  const reason = typed.reason?.trim()
  const found = await findApprovalFor(deps, by, approval)
  const fresh = found && reason ? await deps.runs.explainDenial({ approval, by, reason }) : false
  await ack()
  if (!found || !reason || !fresh) return
  await postReason(deps, found, by, reason)
}

async function postReason(deps: WebApiDeps, { state, call }: Found, by: Principal, reason: string): Promise<void> {
  const { origin } = state
  const description = describeAction(call, 'wish')
  const action = `_${escapeInlineMrkdwn(description.charAt(0).toLowerCase() + description.slice(1))}_`
  const text =
    by.user === origin.user
      ? `${mentionOf(by.user)} does not want me to ${action}: ${escapeMrkdwn(reason)}`
      : `${mentionOf(by.user)} denied the request of ${mentionOf(origin.user)} to ${action}: ${escapeMrkdwn(reason)}`
  const place = { channel: origin.channel, thread: origin.threadTs, user: origin.user }
  await postReply(deps, place, { text, blocks: [sectionBlock(text)] })
}
