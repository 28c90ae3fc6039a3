import type { ApprovalState, CallState, RunState } from '../../run/state.ts'
import type { DmOf } from '../dm.ts'
import { approvalCard } from '../views/approval-card.ts'
import type { Board, Spot } from './board.ts'

/** Posts the cards that wait for a decision, and changes those that have one. */
export async function ensureCards(board: Board, state: RunState, dmOf: DmOf): Promise<void> {
  for (const call of state.calls) {
    if (call.approval === undefined) continue
    const saying = approvalCard({ state, call, approval: call.approval })
    const spots = call.approval.decided ? standing(board, call.approval) : await spotsOf(state, call, dmOf)
    for (const spot of spots) await board.ensure(spot, saying)
  }
}

/** Changes the cards that stand already and are decided now. */
export async function settleCards(board: Board, state: RunState): Promise<void> {
  for (const call of state.calls) {
    if (!call.approval?.decided) continue
    const saying = approvalCard({ state, call, approval: call.approval })
    for (const spot of standing(board, call.approval)) await board.ensure(spot, saying)
  }
}

const standing = (board: Board, approval: ApprovalState): Spot[] =>
  board
    .all()
    .filter((shown) => shown.key.startsWith(`approval:${approval.id}:`))
    .map(({ key, channel }) => ({ key, channel, thread: undefined }))

/** In the thread; and where only others may decide what stands in the requester's own DM, with each of them. */
async function spotsOf({ origin }: RunState, { approval }: CallState, dmOf: DmOf): Promise<Spot[]> {
  if (approval === undefined) return []
  const here: Spot = {
    key: `approval:${approval.id}:${origin.channel}`,
    channel: origin.channel,
    thread: origin.threadTs,
  }
  if (origin.place !== 'dm' || approval.approvers.includes(origin.user)) return [here]
  const others = approval.approvers.filter((user) => user !== origin.user)
  const channels = await Promise.all(others.map(dmOf))
  const spots = channels.flatMap((channel) =>
    channel === undefined ? [] : [{ key: `approval:${approval.id}:${channel}`, channel, thread: undefined }],
  )
  return [here, ...spots]
}
