import type { App } from '@slack/bolt'
import { z } from 'zod'
import { ApprovalId } from '../../ids.ts'
import { withDeadline } from '../../timing.ts'
import type { HomeTabDeps, PolicyDeps, RunsDeps, WebApiDeps } from '../deps.ts'
import { type BlockAction, onButtonPress } from '../interactions/interaction.ts'
import { onViewSubmission, type ViewSubmission } from '../interactions/modals.ts'
import { outcomeMessage, textMessage } from './approval-outcome.ts'
import { denyModal, tooLateModal } from './deny-form.ts'
import { findOpenApproval, showDecision } from './open-approval.ts'

/** A trigger_id lives for 3 s; what is not known by then is looked at when the form is sent. */
const LOOKUP_TIMEOUT_MS = 1_000

const Metadata = z.object({
  approval: ApprovalId,
  /** The card where Deny was pressed; absent in the Home tab. */
  card: z.object({ channel: z.string(), ts: z.string(), ephemeral: z.boolean() }).optional(),
})

/** Listens to Deny and its form. Only the form denies: whoever closes it has decided nothing. */
export function registerDenials(app: App, deps: WebApiDeps & RunsDeps & PolicyDeps & HomeTabDeps): void {
  onButtonPress(app, deps, 'approval_deny', (press) => openDenyModal(deps, press))
  onViewSubmission(app, deps, 'approval_deny', (submit) => submitDenial(deps, submit))
  // The button of older versions, which older messages still have.
  onButtonPress(app, deps, 'approval_reason', ({ responder }) =>
    responder.reply(textMessage('This was denied already. Say in the thread what I should do instead.'), 'Denied'),
  )
}

async function openDenyModal(deps: WebApiDeps & RunsDeps & PolicyDeps, press: BlockAction): Promise<void> {
  const found = await withDeadline(findOpenApproval(deps, press), LOOKUP_TIMEOUT_MS, 'unknown' as const)
  if (found === undefined) return
  const { message, value: approval } = press
  const card = message && { channel: message.channel, ts: message.ts, ephemeral: message.ephemeral }
  const shown = found === 'unknown' ? undefined : found
  await press.responder.openModal(denyModal({ found: shown, by: press.by.user, metadata: { approval, card } }))
}

async function submitDenial(
  deps: WebApiDeps & RunsDeps & HomeTabDeps,
  { by, privateMetadata, typed, ack }: ViewSubmission,
): Promise<void> {
  const { approval, card } = Metadata.parse(JSON.parse(privateMetadata))
  const reason = typed.reason?.trim() || undefined
  const outcome = await deps.runs.answer({ approval, by, decision: 'denied', reason })
  // The same form may come twice where its first acknowledgement was lost.
  const isDone =
    outcome.kind === 'settled' ||
    (outcome.kind === 'already' && outcome.decision === 'denied' && outcome.by === by.user)
  if (isDone) await ack()
  else await ack({ response_action: 'update', view: tooLateModal(outcomeMessage(outcome), reason) })
  deps.refreshHome(by)
  if (isDone) await showDecision(deps, by, approval, card)
}
