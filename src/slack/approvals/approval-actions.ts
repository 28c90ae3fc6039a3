import type { App } from '@slack/bolt'
import { z } from 'zod'
import { LIMITS } from '../../block-kit/limits.ts'
import { errorChainOf } from '../../errors.ts'
import { ApprovalId, type Principal } from '../../ids.ts'
import type { AnswerOutcome, ApprovalAnswer } from '../../run/runs.ts'
import type { CallState, RunState } from '../../run/state/state.ts'
import { describeAction } from '../answer/describe-call.ts'
import { createModal, inputBlock, type MessageContent, plainTextObject, sectionBlock } from '../blocks/blocks.ts'
import { escapeInlineMrkdwn, escapeMrkdwn, formatDate, joinWords, mentionOf } from '../blocks/text.ts'
import type { SlackDeps } from '../deps.ts'
import { type BlockAction, onButtonPress, onDurablePress } from '../interactions/button-press.ts'
import { currentApproversOf, findApprovalFor, type PendingApproval } from '../interactions/find-for-person.ts'
import { onViewSubmission, type ViewSubmission } from '../interactions/view-submission.ts'
import { AnyResponse } from '../web-api/web-api.ts'
import { approvalMessage, decidedApprovalMessage } from './approval-card.ts'
import { canEditArguments, editArgumentsModal, readTypedArguments } from './edit-arguments-form.ts'

const Keep = z.object({ approval: ApprovalId })

/** Approve, Deny, Edit, Always allow, and a reason for a denial. Who may decide is checked where it is decided. */
export function registerApprovals(app: App, deps: SlackDeps): void {
  onDurablePress(app, deps, 'approval_approve', (press) => decide(deps, press, { decision: 'approved' }))
  onDurablePress(app, deps, 'approval_always', (press) => decide(deps, press, { decision: 'approved', always: true }))
  onDurablePress(app, deps, 'approval_deny', (press) => decide(deps, press, { decision: 'denied' }))
  onButtonPress(app, deps, 'approval_edit', (press) => openEdit(deps, press))
  onButtonPress(app, deps, 'approval_reason', (press) => openReason(deps, press))
  onViewSubmission(app, deps, 'approval_edit', (submit) => submitEdit(deps, submit))
  onViewSubmission(app, deps, 'approval_reason', (submit) => submitReason(deps, submit))
}

async function decide(
  deps: SlackDeps,
  press: BlockAction,
  decision: Pick<ApprovalAnswer, 'decision' | 'always'>,
): Promise<void> {
  const id = ApprovalId.safeParse(press.value)
  const outcome: AnswerOutcome = id.success
    ? await deps.runs.answer({ approval: id.data, by: press.by, ...decision })
    : { kind: 'gone' }
  if (press.view?.kind === 'home') void deps.paintHome(press.by)
  else deps.refreshHome(press.by)
  if (outcome.kind === 'settled') return
  if (id.success && outcome.kind !== 'not_yours') await mendCard(deps, press, id.data)
  const onlyOnce = id.success && decision.always === true && outcome.kind === 'not_yours'
  const words = onlyOnce ? await sayOnlyOnce(deps, press.by, id.data) : undefined
  await press.scene.reply(words ?? sayOutcome(outcome), 'Approval')
}

/** An approver may approve a call of somebody else, but a rule is that person's own to make. */
async function sayOnlyOnce(deps: SlackDeps, by: Principal, id: ApprovalId): Promise<MessageContent | undefined> {
  const found = await findApprovalFor(deps, by, id)
  const requester = found?.state.origin.user
  if (found === undefined || requester === undefined || requester === by.user) return undefined
  if (!(await currentApproversOf(deps, found)).includes(by.user)) return undefined
  const text = `Only ${mentionOf(requester)} can set _Always allow_ for themselves. You can approve it this once.`
  return { text, blocks: [sectionBlock(text)] }
}

/** A card that still offers what is decided is a dead end: it is painted as it stands. */
async function mendCard(deps: SlackDeps, { by, message }: BlockAction, id: ApprovalId): Promise<void> {
  const found = await findApprovalFor(deps, by, id)
  if (message === undefined || found?.approval.decided === undefined) return
  const saying = approvalMessage(found)
  try {
    await deps.webApi.call('chat.update', { channel: message.channel, ts: message.ts, ...saying }, AnyResponse)
  } catch (error) {
    deps.log.warn({ why: errorChainOf(error) }, 'decided card not mended')
  }
}

const ALREADY = {
  approved: 'This was already approved',
  denied: 'This was already denied',
  expired: 'This has already expired',
  stopped: 'This was already stopped',
}

function sayOutcome(outcome: Exclude<AnswerOutcome, { kind: 'settled' }>): MessageContent {
  const said = (text: string): MessageContent => ({ text, blocks: [sectionBlock(text)] })
  switch (outcome.kind) {
    case 'already': {
      const by = outcome.by === undefined ? '' : ` by ${mentionOf(outcome.by)}`
      return said(`${ALREADY[outcome.decision]}${by} ${formatDate(outcome.at)}.`)
    }
    case 'not_yours': {
      const who = joinWords(outcome.approvers.slice(0, 10).map(mentionOf), 'or')
      return said(`Only ${who || 'somebody else'} can decide this.`)
    }
    case 'invalid':
      return said(
        `That does not fit the tool: ${escapeMrkdwn(outcome.problems.map(({ message }) => message).join(' '))}`,
      )
    case 'gone':
      return said('This is no longer waiting for a decision. Ask again if you still want it.')
    default:
      return outcome satisfies never
  }
}

type Found = { state: RunState; call: CallState }

/** The call to decide, if this person may decide it now; else they are told why not. */
async function openFor(deps: SlackDeps, { by, value, scene }: BlockAction): Promise<PendingApproval | undefined> {
  const found = await findApprovalFor(deps, by, value)
  if (found === undefined) {
    await scene.reply(sayOutcome({ kind: 'gone' }), 'Approval')
    return undefined
  }
  const { decided } = found.approval
  if (decided) {
    const text = decidedApprovalMessage(decided)
    await scene.reply({ text, blocks: [sectionBlock(text)] }, 'Approval')
    return undefined
  }
  const approvers = await currentApproversOf(deps, found)
  if (approvers.includes(by.user)) return found
  await scene.reply(sayOutcome({ kind: 'not_yours', approvers }), 'Approval')
  return undefined
}

async function openEdit(deps: SlackDeps, press: BlockAction): Promise<void> {
  const found = await openFor(deps, press)
  if (found === undefined) return
  if (canEditArguments(found.call)) {
    await press.scene.openModal(editArgumentsModal(found.call, { approval: press.value }))
    return
  }
  const text = 'This is too long to edit in Slack. Deny it, and reply in the thread with what should be different.'
  await press.scene.reply({ text, blocks: [sectionBlock(text)] }, 'Edit')
}

async function submitEdit(deps: SlackDeps, { by, keep, typed, ack }: ViewSubmission): Promise<void> {
  const { approval } = Keep.parse(JSON.parse(keep))
  const found = await findApprovalFor(deps, by, approval)
  if (found === undefined) {
    await ack({ response_action: 'update', view: wordsModal(sayOutcome({ kind: 'gone' })) })
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
    await ack({ response_action: 'errors', errors: atFields(outcome.problems, typed) })
  else await ack({ response_action: 'update', view: wordsModal(sayOutcome(outcome)) })
  deps.refreshHome(by)
}

/** Problems stand at their field; those of no field at the first. */
function atFields(
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

const wordsModal = (saying: MessageContent) => createModal({ id: 'reading', title: 'Approval', blocks: saying.blocks })

async function openReason(deps: SlackDeps, { by, value, scene }: BlockAction): Promise<void> {
  const decided = (await findApprovalFor(deps, by, value))?.approval.decided
  if (decided?.by !== by.user) {
    const text = decided?.by
      ? `Only ${mentionOf(decided.by)}, who denied it, can give the reason.`
      : 'There is nothing to give a reason for.'
    await scene.reply({ text, blocks: [sectionBlock(text)] }, 'Reason')
    return
  }
  const field = inputBlock({
    id: 'reason',
    label: 'Why not?',
    hint: 'The person who asked will read it in the thread.',
    optional: true,
    element: {
      type: 'plain_text_input',
      action_id: 'value',
      multiline: true,
      max_length: 1_000,
      placeholder: plainTextObject('Use the other folder …', LIMITS.placeholder),
    },
  })
  const words = { id: 'approval_reason', title: 'Reason', submit: 'Send', close: 'Cancel' }
  await scene.openModal(createModal({ ...words, blocks: [field], keep: { approval: value } }))
}

async function submitReason(deps: SlackDeps, { by, keep, typed, ack }: ViewSubmission): Promise<void> {
  await ack()
  const { approval } = Keep.parse(JSON.parse(keep))
  const found = await deps.runs.approval(approval, by.workspace)
  const reason = typed.reason?.trim()
  if (found?.call.approval?.decided?.by !== by.user || !reason) return
  await tellReason(deps, found, by, reason)
}

async function tellReason({ webApi }: SlackDeps, { state, call }: Found, by: Principal, reason: string): Promise<void> {
  const { origin } = state
  const act = describeAction(call, 'wish')
  const wish = `_${escapeInlineMrkdwn(act.charAt(0).toLowerCase() + act.slice(1))}_`
  const text =
    by.user === origin.user
      ? `${mentionOf(by.user)} does not want me to ${wish}: ${escapeMrkdwn(reason)}`
      : `${mentionOf(by.user)} denied the request of ${mentionOf(origin.user)} to ${wish}: ${escapeMrkdwn(reason)}`
  const place = { channel: origin.channel, thread_ts: origin.threadTs, unfurl_links: false, unfurl_media: false }
  await webApi.call('chat.postMessage', { ...place, text, blocks: [sectionBlock(text)] }, AnyResponse)
}
