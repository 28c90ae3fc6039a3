import type { ApprovalContent } from '../approvals/approval-groups.ts'
import { editConfirmationMessage, editContentOf, editKeyOf } from '../approvals/edit-confirmation.ts'
import { type PostedMessages, threadSlotOf } from './message-records.ts'
import { showMessage } from './posted-messages.ts'

/** Asks the requester about what an approver changed, in the run's thread: a message of its own, so that they are notified. */
export async function renderEditConfirmation(posted: PostedMessages, content: ApprovalContent): Promise<void> {
  const edited = editContentOf(content)
  if (edited === undefined) return
  const slot = threadSlotOf(content.state.origin, editKeyOf(content.approval.id))
  const isBound = content.approval.decided !== undefined
  await showMessage(posted, { ...slot, isBound }, editConfirmationMessage(edited))
}

/** The same for one that is posted and decided. */
export async function closeEditConfirmation(posted: PostedMessages, content: ApprovalContent): Promise<void> {
  const isPosted = posted.byKey.has(editKeyOf(content.approval.id))
  if (isPosted && content.approval.decided) await renderEditConfirmation(posted, content)
}
