import type { UserId } from '../../ids.ts'
import type { RunState } from '../../run/state/state.ts'
import { type CardPlace, readerIn } from '../approvals/approval-card.ts'
import {
  type ApprovalGroup,
  approvalGroupsOf,
  approvalKeyOf,
  approversIn,
  openContentsOf,
  pendingKeyOf,
} from '../approvals/approval-groups.ts'
import { groupMessage, pendingGroupMessage } from '../approvals/group-card.ts'
import type { MessageContent } from '../blocks/build-blocks.ts'
import { permalinkOf } from '../web-api/post-message.ts'
import { channelMembersOf } from '../web-api/users.ts'
import { type MessageSlot, type PostedMessages, threadSlotOf } from './message-records.ts'
import { editMessage, showMessage } from './posted-messages.ts'
import { closeEditConfirmation, renderEditConfirmation } from './render-edits.ts'

/** Posts the cards that wait for a decision where those who may decide see them, and edits those that have one. */
export async function renderApprovals(posted: PostedMessages, state: RunState): Promise<void> {
  for (const group of approvalGroupsOf(state)) {
    if (openContentsOf(group).length > 0) await postCards(posted, group)
    await editPosted(posted, group)
    for (const content of group.contents) await renderEditConfirmation(posted, content)
  }
}

/** Edits the cards that are posted already and on which something is decided now. */
export async function closeApprovals(posted: PostedMessages, state: RunState): Promise<void> {
  for (const group of approvalGroupsOf(state)) {
    if (group.contents.some(({ approval }) => approval.decided || approval.proposal)) await editPosted(posted, group)
    for (const content of group.contents) await closeEditConfirmation(posted, content)
  }
}

async function editPosted(posted: PostedMessages, group: ApprovalGroup): Promise<void> {
  const { origin } = posted
  for (const shown of [...posted.byKey.values()]) {
    const isCard = shown.key.startsWith(approvalKeyOf(group.id, ''))
    if (!isCard && shown.key !== pendingKeyOf(group.id)) continue
    const message = isCard ? await cardFor(posted, group, shown.channel) : pendingFor(posted, group)
    if (shown.channel !== origin.channel) await editMessage(posted, shown, message)
    else await showMessage(posted, { ...threadSlotOf(origin, shown.key), isBound: true }, message)
  }
}

/** The note says where the cards are. */
function pendingFor({ byKey, origin }: PostedMessages, group: ApprovalGroup): MessageContent {
  const cards = [...byKey.values()].filter(({ key }) => key.startsWith(approvalKeyOf(group.id, '')))
  const shared = cards.find(({ channel }) => !channel.startsWith('D') && channel !== origin.channel)
  return pendingGroupMessage(group, shared?.channel)
}

/** The card as it reads in that channel. */
async function cardFor(posted: PostedMessages, group: ApprovalGroup, channel: string): Promise<MessageContent> {
  return groupMessage(group, await placeOf(posted, group, channel))
}

async function placeOf(posted: PostedMessages, group: ApprovalGroup, channel: string): Promise<CardPlace> {
  const { origin } = posted
  const [first] = group.contents
  if (channel === origin.channel) return { reader: first && readerIn(first.state) }
  const reader = channel.startsWith('D') ? await readerOf(posted, group, channel) : undefined
  return { reader, isElsewhere: true, link: await requestLinkOf(posted) }
}

async function readerOf({ deps }: PostedMessages, group: ApprovalGroup, channel: string): Promise<UserId | undefined> {
  const users = new Set(
    group.contents.flatMap(({ approval }) => [
      ...approval.approvers,
      ...(approval.askedFirst ?? []),
      ...(approval.votes ?? []),
      ...(approval.decided?.by ? [approval.decided.by] : []),
    ]),
  )
  for (const user of users) if ((await deps.directMessageOf(user)) === channel) return user
  return undefined
}

/** A link to the request; nobody else can open a direct message. */
async function requestLinkOf(posted: PostedMessages): Promise<string | undefined> {
  const { deps, origin } = posted
  if (origin.place === 'dm') return undefined
  posted.requestLink ??= await permalinkOf(deps.webApi, origin.channel, origin.messageTs)
  return posted.requestLink
}

/** What the requester may decide stays in the thread; anything else goes to the approvers. */
async function postCards(posted: PostedMessages, group: ApprovalGroup): Promise<void> {
  const { origin, deps } = posted
  if (approversIn(group).includes(origin.user)) return postInThread(posted, group)
  const { approvalsChannel } = await deps.settings.of(origin.workspace)
  if (approvalsChannel !== undefined && approvalsChannel !== origin.channel) {
    const slot = slotIn(group, approvalsChannel)
    await showMessage(posted, slot, await cardFor(posted, group, approvalsChannel))
    // A channel that cannot be written to any more must not leave an approval where nobody finds it.
    if (posted.byKey.has(slot.key)) return postPendingNote(posted, group, approvalsChannel)
  }
  await postToApprovers(posted, group)
}

const slotIn = ({ id }: ApprovalGroup, channel: string): MessageSlot => ({
  key: approvalKeyOf(id, channel),
  channel,
  thread: undefined,
})

async function postInThread(posted: PostedMessages, group: ApprovalGroup, isBound = false): Promise<void> {
  const { origin } = posted
  const slot = { ...threadSlotOf(origin, approvalKeyOf(group.id, origin.channel)), isBound }
  return showMessage(posted, slot, await cardFor(posted, group, origin.channel))
}

/**
 * Posts the card in a channel's thread, and in the direct messages of approvers who cannot see it: of all of them where the thread takes
 * nothing any more.
 */
async function postToApprovers(posted: PostedMessages, group: ApprovalGroup): Promise<void> {
  const approvers = approversIn(group)
  const outside = posted.closed === undefined ? await approversOutside(posted, approvers) : approvers
  if (await postDirectly(posted, group, outside)) return postPendingNote(posted, group, undefined)
  await postInThread(posted, group, true)
  if (posted.closed === undefined) return
  await postDirectly(
    posted,
    group,
    approvers.filter((user) => !outside.includes(user)),
  )
  await postPendingNote(posted, group, undefined)
}

async function approversOutside({ deps, origin }: PostedMessages, approvers: UserId[]): Promise<UserId[]> {
  const members = origin.place === 'dm' ? [origin.user] : await channelMembersOf(deps, origin.channel)
  return members === undefined ? [] : approvers.filter((user) => !members.includes(user))
}

/** Posts the card in people's direct messages; true where all approvers have it there. */
async function postDirectly(posted: PostedMessages, group: ApprovalGroup, users: UserId[]): Promise<boolean> {
  const channels = await Promise.all(users.map(posted.deps.directMessageOf))
  const slots = channels.filter((channel) => channel !== undefined).map((channel) => slotIn(group, channel))
  for (const slot of slots) await showMessage(posted, slot, await cardFor(posted, group, slot.channel))
  const reached = slots.filter(({ key }) => posted.byKey.has(key))
  return reached.length > 0 && reached.length === approversIn(group).length
}

/** Tells the requester, who has nothing to press, who is asked; later the note says what came of it. */
async function postPendingNote(
  posted: PostedMessages,
  group: ApprovalGroup,
  channel: string | undefined,
): Promise<void> {
  const slot = threadSlotOf(posted.origin, pendingKeyOf(group.id))
  await showMessage(posted, slot, pendingGroupMessage(group, channel))
}
