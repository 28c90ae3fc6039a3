import type { ApprovalState, CallState, RunState } from '../../run/state/state.ts'
import { approvalMessage, pendingApprovalText } from '../approvals/approval-card.ts'
import { channelMembersOf } from '../web-api/channel-members.ts'
import { type MessageSlot, type PostedMessages, showMessage, threadSlotOf } from './posted-messages.ts'

type AskedApproval = { state: RunState; call: CallState; approval: ApprovalState }

const approvalsIn = (state: RunState): AskedApproval[] =>
  state.calls.flatMap((call) => (call.approval === undefined ? [] : [{ state, call, approval: call.approval }]))

const cardKeyOf = ({ approval }: AskedApproval, channel: string): string => `approval:${approval.id}:${channel}`
const pendingKeyOf = ({ approval }: AskedApproval): string => `pending:${approval.id}`

/** Posts the cards that wait for a decision where those who may decide see them, and edits those that have one. */
export async function renderApprovals(posted: PostedMessages, state: RunState): Promise<void> {
  for (const asked of approvalsIn(state)) {
    if (asked.approval.decided) await editDecidedCards(posted, asked)
    else await postCards(posted, asked)
  }
}

/** Edits the cards that are posted already and decided now. */
export async function closeApprovals(posted: PostedMessages, state: RunState): Promise<void> {
  for (const asked of approvalsIn(state)) if (asked.approval.decided) await editDecidedCards(posted, asked)
}

async function editDecidedCards(posted: PostedMessages, asked: AskedApproval): Promise<void> {
  for (const { key, channel } of [...posted.byKey.values()]) {
    const slot = { key, channel, thread: undefined }
    if (key === cardKeyOf(asked, channel)) await showMessage(posted, slot, approvalMessage(asked))
    else if (key === pendingKeyOf(asked)) await showMessage(posted, slot, pendingApprovalText(asked, undefined))
  }
}

/** What the requester may decide stays in the thread; anything else goes to the approvers. */
async function postCards(posted: PostedMessages, asked: AskedApproval): Promise<void> {
  const { origin } = asked.state
  if (asked.approval.approvers.includes(origin.user)) return postInThread(posted, asked)
  const { approvalsChannel } = await posted.deps.settings.of(origin.workspace)
  if (approvalsChannel !== undefined && approvalsChannel !== origin.channel) {
    const slot = slotIn(asked, approvalsChannel)
    await showMessage(posted, slot, approvalMessage(asked))
    // A channel that cannot be written to any more must not leave an approval where nobody finds it.
    if (posted.byKey.has(slot.key)) return postPendingNote(posted, asked, approvalsChannel)
  }
  await postToApprovers(posted, asked)
}

const slotIn = (asked: AskedApproval, channel: string): MessageSlot => ({
  key: cardKeyOf(asked, channel),
  channel,
  thread: undefined,
})

function postInThread(posted: PostedMessages, asked: AskedApproval): Promise<void> {
  const { origin } = asked.state
  return showMessage(posted, threadSlotOf(origin, cardKeyOf(asked, origin.channel)), approvalMessage(asked))
}

/** Posts the card in a channel's thread, and in the direct messages of approvers who cannot see it. */
async function postToApprovers(posted: PostedMessages, asked: AskedApproval): Promise<void> {
  const { deps } = posted
  const { origin } = asked.state
  const members = origin.place === 'dm' ? [origin.user] : await channelMembersOf(deps, origin.channel)
  const outside = members === undefined ? [] : asked.approval.approvers.filter((user) => !members.includes(user))
  const channels = await Promise.all(outside.map(deps.directMessageOf))
  const reached = channels.filter((channel) => channel !== undefined)
  for (const channel of reached) await showMessage(posted, slotIn(asked, channel), approvalMessage(asked))
  const everybody = outside.length === asked.approval.approvers.length && reached.length > 0
  if (everybody) await postPendingNote(posted, asked, undefined)
  else await postInThread(posted, asked)
}

/** Tells the requester, who has nothing to press, who is asked; later the note says what came of it. */
async function postPendingNote(
  posted: PostedMessages,
  asked: AskedApproval,
  channel: string | undefined,
): Promise<void> {
  const slot = threadSlotOf(asked.state.origin, pendingKeyOf(asked))
  await showMessage(posted, slot, pendingApprovalText(asked, channel))
}
