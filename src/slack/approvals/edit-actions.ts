import type { App } from '@slack/bolt'
import { z } from 'zod'
import { ApprovalId } from '../../ids.ts'
import { SEVERAL_APPROVE_TEXT } from '../../run/decisions/votes.ts'
import type { HomeTabDeps, PolicyDeps, RunsDeps, WebApiDeps } from '../deps.ts'
import { findApprovalFor } from '../interactions/find-for-person.ts'
import { type BlockAction, onButtonPress } from '../interactions/interaction.ts'
import { onViewSubmission, type ViewSubmission } from '../interactions/modals.ts'
import { outcomeMessage, outcomeModal, textMessage } from './approval-outcome.ts'
import { canEditArguments, editArgumentsModal, readTypedArguments } from './edit-arguments-form.ts'
import { findOpenApproval } from './open-approval.ts'
import { listViewOf, updateGroupModal } from './show-group.ts'

const Metadata = z.object({
  approval: ApprovalId,
  /** The modal of single cards that the form was opened from. */
  list: z.string().optional(),
})

/** Listens to Edit and its form. */
export function registerEdits(app: App, deps: WebApiDeps & RunsDeps & PolicyDeps & HomeTabDeps): void {
  onButtonPress(app, deps, 'approval_edit', (press) => openEditModal(deps, press))
  onViewSubmission(app, deps, 'approval_edit', (submit) => submitEdit(deps, submit))
}

async function openEditModal(deps: WebApiDeps & RunsDeps & PolicyDeps, press: BlockAction): Promise<void> {
  const found = await findOpenApproval(deps, press)
  if (found === undefined) return
  if ((found.approval.needed ?? 1) > 1) {
    await press.responder.reply(textMessage(SEVERAL_APPROVE_TEXT), 'Edit')
    return
  }
  if (canEditArguments(found.call)) {
    const requester = found.state.origin.user
    const confirmedBy = requester === press.by.user ? undefined : requester
    const metadata = { approval: press.value, list: listViewOf(press) }
    await press.responder.openModal(editArgumentsModal(found.call, { metadata, confirmedBy }))
    return
  }
  const text = 'This is too long to edit in Slack. Press Deny, then write what should be different.'
  await press.responder.reply(textMessage(text), 'Edit')
}

async function submitEdit(
  deps: WebApiDeps & RunsDeps & HomeTabDeps,
  { by, privateMetadata, typed, ack }: ViewSubmission,
): Promise<void> {
  const { approval, list } = Metadata.parse(JSON.parse(privateMetadata))
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
  if (list !== undefined) await updateGroupModal(deps, by, { id: list, approval })
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
