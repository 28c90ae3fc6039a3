import type { UserId } from '../../ids.ts'
import type { ApprovalState, CallState, RunState } from '../../run/state/state.ts'

export type ApprovalContent = { state: RunState; call: CallState; approval: ApprovalState }

/** What stands on one card: the calls of one turn that the same people were asked about. `id` names it in the keys of its messages. */
export type ApprovalGroup = { id: string; contents: ApprovalContent[] }

/** Together on one card are at most this many, so that each can be read in full. */
const MOST_TOGETHER = 10

/** The key of the card in that channel. */
export const approvalKeyOf = (card: string, channel: string): string => `approval:${card}:${channel}`

export const pendingKeyOf = (card: string): string => `pending:${card}`

/** The cards of a run. Which calls are on which is settled when they are judged. */
export function approvalGroupsOf(state: RunState): ApprovalGroup[] {
  const contents = state.calls.flatMap((call) =>
    call.approval === undefined ? [] : [{ state, call, approval: call.approval }],
  )
  const byAudience = Map.groupBy(contents, audienceOf)
  const isSingle = (id: string | undefined) =>
    [...byAudience.values()].some((all) => all.length === 1 && all[0]?.approval.id === id)
  return [...byAudience].flatMap(([audience, all]) => {
    const [only] = all
    if (all.length === 1 && only) return singleGroupsOf(only, isSingle(only.approval.shownAs))
    const parts = Array.from({ length: Math.ceil(all.length / MOST_TOGETHER) }, (_none, part) =>
      all.slice(part * MOST_TOGETHER, (part + 1) * MOST_TOGETHER),
    )
    return parts.map((part, at) => ({ id: `turn-${audience}-${at}`, contents: part }))
  })
}

/** A call that was withdrawn and asked for again stands on the card it had, where that was its alone. */
function singleGroupsOf(content: ApprovalContent, takesOver: boolean): ApprovalGroup[] {
  const { id, shownAs, isReplaced } = content.approval
  return isReplaced ? [] : [{ id: takesOver && shownAs ? shownAs : id, contents: [content] }]
}

/** The requester's own decisions are apart from those of others, as they stand elsewhere. */
const audienceOf = ({ state, call, approval }: ApprovalContent): string =>
  `${call.turn}-${firstAskedIn(approval).includes(state.origin.user) ? 'own' : 'others'}`

const firstAskedIn = ({ askedFirst, approvers }: ApprovalState): UserId[] => askedFirst ?? approvers

/** The card that a call stands on first. */
export function groupOf(content: ApprovalContent): ApprovalGroup {
  const groups = approvalGroupsOf(content.state)
  const found = groups.find(({ contents }) => contents.some(({ approval }) => approval.id === content.approval.id))
  return found ?? { id: content.approval.id, contents: [content] }
}

/** Those of a card that wait for the people it asks: what somebody changed is asked on a card of its own. */
export const openContentsOf = ({ contents }: ApprovalGroup): ApprovalContent[] =>
  contents.filter(({ approval }) => approval.decided === undefined && approval.proposal === undefined)

/** Who is asked by a card. */
export const approversIn = (group: ApprovalGroup): UserId[] => [
  ...new Set(openContentsOf(group).flatMap(({ approval }) => approval.approvers)),
]
