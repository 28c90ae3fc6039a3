import type { ApprovalState, CallState, RunState } from '../../run/state/state.ts'
import { approvalMessage, pendingApprovalText } from '../approvals/approval-card.ts'
import type { PaintDeps } from '../deps.ts'
import { channelMembersOf } from '../web-api/channel-members.ts'
import type { MessageSlot, PostedMessages } from './posted-messages.ts'

type Asked = { state: RunState; call: CallState; approval: ApprovalState }

const askedIn = (state: RunState): Asked[] =>
  state.calls.flatMap((call) => (call.approval === undefined ? [] : [{ state, call, approval: call.approval }]))

/** Posts the cards that wait for a decision where those who may decide see them, and changes those that have one. */
export async function renderApprovals(deps: PaintDeps, board: PostedMessages, state: RunState): Promise<void> {
  for (const asked of askedIn(state)) {
    if (asked.approval.decided) await settleCard(board, asked)
    else await placeCard(deps, board, asked)
  }
}

/** Changes the cards that stand already and are decided now. */
export async function closeApprovals(board: PostedMessages, state: RunState): Promise<void> {
  for (const asked of askedIn(state)) if (asked.approval.decided) await settleCard(board, asked)
}

async function settleCard(board: PostedMessages, asked: Asked): Promise<void> {
  const { id } = asked.approval
  for (const { key, channel } of board.all()) {
    const spot = { key, channel, thread: undefined }
    if (key.startsWith(`approval:${id}:`)) await board.ensure(spot, approvalMessage(asked))
    else if (key === pendingKey(asked)) await board.ensure(spot, pendingApprovalText(asked, undefined))
  }
}

const pendingKey = ({ approval }: Asked): string => `pending:${approval.id}`
const spotIn = ({ approval }: Asked, channel: string, thread?: string): MessageSlot => ({
  key: `approval:${approval.id}:${channel}`,
  channel,
  thread,
})
const here = (asked: Asked): MessageSlot => spotIn(asked, asked.state.origin.channel, asked.state.origin.threadTs)

/** What the requester may decide stays in the thread; anything else goes to the approvers. */
async function placeCard(deps: PaintDeps, board: PostedMessages, asked: Asked): Promise<void> {
  const { origin } = asked.state
  if (asked.approval.approvers.includes(origin.user)) return board.ensure(here(asked), approvalMessage(asked))
  const { approvalsChannel } = await deps.settings.of(origin.workspace)
  if (approvalsChannel !== undefined && approvalsChannel !== origin.channel) {
    const spot = spotIn(asked, approvalsChannel)
    await board.ensure(spot, approvalMessage(asked))
    // A channel that cannot be written to any more must not leave an approval where nobody finds it.
    if (board.get(spot.key) !== undefined) return tellPending(board, asked, approvalsChannel)
  }
  await placeWithApprovers(deps, board, asked)
}

/** In a channel's thread, and in the direct messages of approvers who cannot see it. */
async function placeWithApprovers(deps: PaintDeps, board: PostedMessages, asked: Asked): Promise<void> {
  const { origin } = asked.state
  const seen = origin.place === 'dm' ? [origin.user] : await channelMembersOf(deps, origin.channel)
  const blind = seen === undefined ? [] : asked.approval.approvers.filter((user) => !seen.includes(user))
  const channels = await Promise.all(blind.map(deps.directMessageOf))
  const reached = channels.filter((channel) => channel !== undefined)
  for (const channel of reached) await board.ensure(spotIn(asked, channel), approvalMessage(asked))
  const everybody = blind.length === asked.approval.approvers.length && reached.length > 0
  if (everybody) await tellPending(board, asked, undefined)
  else await board.ensure(here(asked), approvalMessage(asked))
}

/** The requester cannot press anything: a line in the thread says who is asked, and later what came of it. */
async function tellPending(board: PostedMessages, asked: Asked, channel: string | undefined): Promise<void> {
  const { origin } = asked.state
  const spot = { key: pendingKey(asked), channel: origin.channel, thread: origin.threadTs }
  await board.ensure(spot, pendingApprovalText(asked, channel))
}
