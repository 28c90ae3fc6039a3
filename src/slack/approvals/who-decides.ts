import type { UserId } from '../../ids.ts'
import type { ApprovalState } from '../../run/state/state.ts'
import { escapeInlineMrkdwn, formatDate, joinWords, mentionFor, mentionOf } from '../blocks/text.ts'

export const endText = ({ expiresAt }: Pick<ApprovalState, 'expiresAt'>, count = 1): string =>
  `Without a yes by ${formatDate(expiresAt)} ${count === 1 ? 'it is not' : 'none of it is'} done.`

/** Who can decide until when. */
export function deadlineText(
  approvers: UserId[],
  { expiresAt, groupNames, byOwners }: Pick<ApprovalState, 'expiresAt' | 'groupNames' | 'byOwners'>,
  { reader }: { reader?: UserId | undefined },
): string {
  const isReader = reader !== undefined && approvers.includes(reader)
  const group = groupTextOf({ groupNames, byOwners })
  if (!isReader && group !== undefined) return `Waits for ${group}. ${endText({ expiresAt })}`
  return `${isReader ? 'You' : namesText(approvers)} can decide this. ${endText({ expiresAt })}`
}

/** The user group whose members decide, in words; undefined where others do. */
const groupTextOf = ({ groupNames, byOwners }: Pick<ApprovalState, 'groupNames' | 'byOwners'>): string | undefined =>
  groupNames === undefined || byOwners ? undefined : `somebody of ${escapeInlineMrkdwn(groupNames)}`

export const whoText = (approval: ApprovalState): string => groupTextOf(approval) ?? namesText(approval.approvers)

export const namesText = (users: UserId[]): string => joinWords(users.slice(0, 10).map(mentionOf), 'or') || 'nobody'

/** How many of those who have to approve have done so; nothing where one is enough. */
export function votesText({ needed = 1, votes = [] }: ApprovalState, reader: UserId | undefined, end = ''): string {
  if (needed === 1) return ''
  if (votes.length === 0) return `${needed} people have to approve this${end}`
  return `${votes.length} of ${needed} approved: ${joinWords(votes.map((user) => mentionFor(user, reader)))}${end}`
}
