import type { App } from '@slack/bolt'
import { z } from 'zod'
import { ApprovalId } from '../../ids.ts'
import type { AnswerOutcome } from '../../run/runs.ts'
import { withDeadline } from '../../timing.ts'
import type { HomeTabDeps, PolicyDeps, RunsDeps, WebApiDeps } from '../deps.ts'
import { findApprovalFor } from '../interactions/find-for-person.ts'
import { type BlockAction, onButtonPress } from '../interactions/interaction.ts'
import { onViewSubmission, type ViewSubmission } from '../interactions/modals.ts'
import { groupOf, openContentsOf } from './approval-groups.ts'
import { outcomeMessage, textMessage, type UnsettledOutcome } from './approval-outcome.ts'
import { denyModal, tooLateModal } from './deny-form.ts'
import { findOpenApproval, findOpenList, showDecision } from './open-approval.ts'
import { listViewOf, updateGroupModal } from './show-group.ts'

type Deps = WebApiDeps & RunsDeps & PolicyDeps & HomeTabDeps

/** A trigger_id lives for 3 s; what is not known by then is looked at when the form is sent. */
const LOOKUP_TIMEOUT_MS = 1_000

const Metadata = z.object({
  approval: ApprovalId,
  /** All that waits on its card is denied. */
  isList: z.boolean().optional(),
  /** The card where Deny was pressed; absent in the Home tab. */
  card: z.object({ channel: z.string(), ts: z.string(), ephemeral: z.boolean() }).optional(),
  /** The modal of single cards that the form was opened from. */
  list: z.string().optional(),
})
type Metadata = z.infer<typeof Metadata>

/** Listens to Deny, Deny all and their form. Only the form denies: whoever closes it has decided nothing. */
export function registerDenials(app: App, deps: Deps): void {
  onButtonPress(app, deps, 'approval_deny', (press) => openDenyModal(deps, press, false))
  onButtonPress(app, deps, 'approvals_deny', (press) => openDenyModal(deps, press, true))
  onViewSubmission(app, deps, 'approval_deny', (submit) => submitDenial(deps, submit))
  // The button of older versions, which older messages still have.
  onButtonPress(app, deps, 'approval_reason', ({ responder }) =>
    responder.reply(textMessage('This was denied already. Say in the thread what I should do instead.'), 'Denied'),
  )
}

async function openDenyModal(deps: Deps, press: BlockAction, isList: boolean): Promise<void> {
  const find = isList ? findOpenList(deps, press) : findOpenApproval(deps, press).then((one) => one && [one])
  const found = await withDeadline(find, LOOKUP_TIMEOUT_MS, 'unknown' as const)
  if (found === undefined) return
  const { message, value: approval } = press
  const card = message && { channel: message.channel, ts: message.ts, ephemeral: message.ephemeral }
  const metadata = { approval, card, list: listViewOf(press), ...(isList && { isList }) }
  const denied = found === 'unknown' ? [] : found
  await press.responder.openModal(denyModal({ denied, isList, by: press.by.user, metadata }))
}

async function submitDenial(deps: Deps, { by, privateMetadata, typed, ack }: ViewSubmission): Promise<void> {
  const metadata = Metadata.parse(JSON.parse(privateMetadata))
  const reason = typed.reason?.trim() || undefined
  const refusal = refusalIn(await deny(deps, metadata, { by, reason }), by)
  if (refusal === undefined) await ack()
  else await ack({ response_action: 'update', view: tooLateModal(outcomeMessage(refusal), reason) })
  deps.refreshHome(by)
  if (metadata.list !== undefined) await updateGroupModal(deps, by, { id: metadata.list, approval: metadata.approval })
  if (refusal === undefined) await showDecision(deps, by, metadata.approval, metadata.card)
}

type Denial = Pick<ViewSubmission, 'by'> & { reason: string | undefined }

/** What came of the denial, of each call where it is of a list. */
async function deny(deps: Deps, { approval, isList }: Metadata, { by, reason }: Denial): Promise<AnswerOutcome[]> {
  const found = isList ? await findApprovalFor(deps, by, approval) : undefined
  const open = found === undefined ? [] : openContentsOf(groupOf(found))
  // A list of which nothing is left open answers as the call that it began with.
  if (open.length === 0) return [await deps.runs.answer({ approval, by, decision: 'denied', reason })]
  const approvals = open.map((one) => one.approval.id)
  return deps.runs.answerAll({ approvals, by, decision: 'denied', reason })
}

/** Why nothing was denied. The same form may come twice where its first acknowledgement was lost. */
function refusalIn(outcomes: AnswerOutcome[], { user }: ViewSubmission['by']): UnsettledOutcome | undefined {
  const refusals = outcomes.flatMap((one) => (one.kind === 'settled' ? [] : [one]))
  const isDone = refusals.some((one) => one.kind === 'already' && one.decision === 'denied' && one.by === user)
  return isDone || refusals.length < outcomes.length ? undefined : refusals[0]
}
