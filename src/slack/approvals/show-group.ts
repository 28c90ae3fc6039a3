import type { ModalView } from '@slack/types'
import { z } from 'zod'
import type { Principal } from '../../ids.ts'
import type { MessageContent } from '../blocks/build-blocks.ts'
import type { RunsDeps, WebApiDeps } from '../deps.ts'
import { findApprovalFor } from '../interactions/find-for-person.ts'
import type { BlockAction } from '../interactions/interaction.ts'
import { updateModalView } from '../interactions/modals.ts'
import { type ApprovalContent, groupOf, openContentsOf } from './approval-groups.ts'
import { GROUP_MODAL, groupMessage, groupModal } from './group-card.ts'
import { namesText } from './who-decides.ts'

const Metadata = z.object({ approval: z.string() })

/** What the card with this call shows where its button was pressed. */
export function pressedCardMessage(
  content: ApprovalContent,
  { by, message, view }: Pick<BlockAction, 'by'> & { message: { channel: string } | undefined; view?: unknown },
): MessageContent {
  const isDirect = view !== undefined || message?.channel.startsWith('D') === true
  const isElsewhere = message?.channel !== content.state.origin.channel
  return groupMessage(groupOf(content), { ...(isDirect && { reader: by.user }), isElsewhere })
}

/** The calls of a list that this person may decide now, one by one; undefined where that is none. */
export async function createGroupModalFor(
  { runs }: RunsDeps,
  by: Principal,
  content: ApprovalContent,
): Promise<ModalView | undefined> {
  const group = groupOf(content)
  const rights = await Promise.all(
    group.contents.map(async (one) =>
      one.approval.decided ? { one, users: [] } : { one, users: await runs.approversOf(one, by.user) },
    ),
  )
  const own = rights.filter(({ one, users }) => one.approval.decided || users.includes(by.user)).map(({ one }) => one)
  if (!own.some(({ approval }) => approval.decided === undefined)) return undefined
  const others = rights.filter(({ one }) => !own.includes(one)).flatMap(({ users }) => users)
  const place = { reader: by.user, isElsewhere: true }
  return groupModal(
    own.map((one) => asDecidedBy(one, by)),
    place,
    others.length === 0 ? '' : namesText([...new Set(others)]),
  )
}

/** The card as whoever may decide it now sees it. */
const asDecidedBy = (content: ApprovalContent, { user }: Principal): ApprovalContent => {
  const { approval } = content
  if (approval.approvers.includes(user)) return content
  return { ...content, approval: { ...approval, approvers: [user, ...approval.approvers] } }
}

/** The open list that was pressed in. */
export const listViewOf = ({ view }: Pick<BlockAction, 'view'>): string | undefined =>
  view?.callbackId === GROUP_MODAL ? view.id : undefined

/** Shows in the list that was pressed in what was decided in it. */
export async function updatePressedList(deps: WebApiDeps & RunsDeps, { by, view }: BlockAction): Promise<void> {
  if (view?.callbackId !== GROUP_MODAL) return
  const { approval } = Metadata.parse(JSON.parse(view.privateMetadata))
  await updateGroupModal(deps, by, { id: view.id, approval })
}

/** Shows in an open list what was decided in it. */
export async function updateGroupModal(
  deps: WebApiDeps & RunsDeps,
  by: Principal,
  { id, approval }: { id: string; approval: string },
): Promise<void> {
  const found = await findApprovalFor(deps, by, approval)
  if (found === undefined) return
  const modal = (await createGroupModalFor(deps, by, found)) ?? decidedModal(found)
  await updateModalView(deps, id, modal)
}

const decidedModal = (content: ApprovalContent): ModalView => {
  const group = groupOf(content)
  const decided = group.contents.filter((one) => !openContentsOf(group).includes(one))
  return groupModal(decided, {}, '')
}
