import type { KnownBlock, ModalView } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import { truncate } from '../../text.ts'
import { SHOWN_ARGUMENTS } from '../blocks/arguments-text.ts'
import {
  actionsBlock,
  contextBlock,
  createButton,
  createModal,
  DIVIDER_BLOCK,
  type MessageContent,
  sectionBlock,
} from '../blocks/build-blocks.ts'
import { mentionOf } from '../blocks/text.ts'
import {
  actionTextOf,
  approvalMessage,
  approveButtonFor,
  askedWhereText,
  type CardPlace,
  decideButtons,
  pendingApprovalMessage,
  questionText,
  readerIn,
  reasonText,
  replacesText,
  requestBlocks,
} from './approval-card.ts'
import { type ApprovalContent, type ApprovalGroup, approversIn, openContentsOf } from './approval-groups.ts'
import { textMessage } from './approval-outcome.ts'
import { callTextOf, decidedLineOf, decidedLinesOf } from './decided-line.ts'
import { versionBlocks } from './edited-call.ts'
import { deadlineText, endText, namesText, votesText, whoText } from './who-decides.ts'

/** What the arguments on a card may take together, so that all of it stays below what Slack takes of a message. */
const ALL_ARGUMENTS = 5_000
const ACTION_CHARS = 120
const REASON_CHARS = 400

/** How much of each call's arguments a card of so many calls shows. */
export const shownArgumentsOf = ({ contents }: ApprovalGroup): number =>
  Math.min(SHOWN_ARGUMENTS, Math.floor(ALL_ARGUMENTS / contents.length))

/** The card of one call or of several of a turn. Pure. */
export function groupMessage(group: ApprovalGroup, place: CardPlace = {}): MessageContent {
  const [first, second] = group.contents
  if (first === undefined) return { text: '', blocks: [] }
  if (second === undefined) return approvalMessage(first, place)
  const open = openContentsOf(group)
  if (group.contents.every(({ approval }) => approval.decided)) return decidedMessage(group, place)
  const { state } = first
  const action = open[1] === undefined && open[0] ? actionTextOf(open[0].call) : `do these ${open.length} things`
  const mark = open.some(({ approval }) => approval.risk === 'destructive') ? ':warning:' : ':lock:'
  const question = open.length === 0 ? changedText(group, place) : questionText(state, action, place)
  const named = open.map(({ call }) => callTextOf(call, 'wish')).join(', ')
  return {
    text: truncate(named === '' ? question : `${question} (${named})`, LIMITS.section.text),
    blocks: [
      sectionBlock(`${mark} *${question}*`),
      ...requestBlocks(state, place),
      ...group.contents.flatMap((content, at) => entryBlocks(group, content, { number: at + 1, place })),
      ...groupButtons(group, open, place),
    ],
  }
}

/** All that is left was changed, and is asked on other cards. */
function changedText({ contents: [first] }: ApprovalGroup, { reader }: CardPlace): string {
  const requester = first?.state.origin.user
  const who = requester === undefined || requester === reader ? 'You' : mentionOf(requester)
  return `${who} can decide what was changed`
}

function decidedMessage({ contents }: ApprovalGroup, { reader }: CardPlace): MessageContent {
  const lines = decidedLinesOf(contents, reader).join('\n')
  return { text: lines, blocks: [sectionBlock(lines)] }
}

type Entry = { number: number; place: CardPlace }

/** One call of the list: what is asked, both versions where somebody changed it, or what was decided. */
function entryBlocks(group: ApprovalGroup, content: ApprovalContent, { number, place }: Entry): KnownBlock[] {
  const { call, approval } = content
  if (approval.decided) return [sectionBlock(`${number}. ${decidedLineOf(content, place.reader)}`)]
  const waits = approval.proposal ? `: changed, waits for ${namesText(approval.approvers)}` : ''
  const reason = sharedReasonOf(group) === undefined ? [contextBlock(shortReasonOf(content))] : []
  const votes = votesText(approval, place.reader)
  return [
    sectionBlock(`${number}. *${actionTextOf(call, ACTION_CHARS)}*${waits}${replacesText(call)}`),
    ...versionBlocks(content, { reader: place.reader, most: shownArgumentsOf(group) }),
    ...(votes === '' ? [] : [contextBlock(`:busts_in_silhouette: ${votes}`)]),
    ...reason,
  ]
}

const shortReasonOf = (content: ApprovalContent): string => truncate(reasonText(content), REASON_CHARS)

/** What is said once below the list, where it is the same of all that is open. */
function sharedReasonOf({ contents }: ApprovalGroup): string | undefined {
  const open = contents.filter(({ approval }) => approval.decided === undefined)
  const [reason, ...others] = new Set(open.map(shortReasonOf))
  return others.length === 0 ? reason : undefined
}

/** The user group that all of these wait for. */
function sharedGroupIn(open: ApprovalContent[]): string | undefined {
  const [name, ...others] = new Set(open.map(({ approval }) => approval.groupNames))
  return others.length === 0 ? name : undefined
}

function groupButtons(group: ApprovalGroup, open: ApprovalContent[], place: CardPlace): KnownBlock[] {
  const [first, second] = open
  if (first === undefined) return []
  const approvers = approversIn(group)
  const reason = sharedReasonOf(group)
  const deadline = contextBlock(
    ...(reason === undefined ? [] : [reason]),
    deadlineText(approvers, { ...first.approval, groupNames: sharedGroupIn(open) }, place),
  )
  if (place.reader !== undefined && !approvers.includes(place.reader)) return [deadline]
  if (second === undefined) return [deadline, decideButtons(first, place)]
  const value = first.approval.id
  return [
    deadline,
    actionsBlock(
      [
        approveButtonFor(open, { text: `Approve all ${open.length}`, action: 'approvals_approve', value }),
        createButton({ text: 'Deny all', action: 'approvals_deny', value }),
        createButton({ text: 'One by one', action: 'approvals_each', value }),
      ],
      `approvals ${group.id}`,
    ),
  ]
}

/** The note of a requester who may not decide, for one call or several. Pure. */
export function pendingGroupMessage(group: ApprovalGroup, channel: string | undefined): MessageContent {
  const [first, second] = group.contents
  if (first === undefined) return { text: '', blocks: [] }
  if (second === undefined) return pendingApprovalMessage(first, channel)
  const open = openContentsOf(group)
  const decided = group.contents.filter(({ approval }) => approval.decided)
  const changed = group.contents.filter(({ approval }) => approval.proposal && !approval.decided)
  const others = [...decidedLinesOf(decided, readerIn(first.state)), ...changed.map(changedLineOf)]
  if (open.length === 0) return textMessage(others.join('\n'))
  const lines = [...open.map(({ call }) => `• ${callTextOf(call, 'wish')}`), ...others]
  const who = sharedGroupIn(open) === undefined ? namesText(approversIn(group)) : whoText(first.approval)
  const text = `Waiting for ${who} to allow:\n${lines.join('\n')}`
  return {
    text,
    blocks: [
      sectionBlock(`:hourglass_flowing_sand: ${text}`),
      contextBlock(`${askedWhereText(channel)}${endText(first.approval, open.length)}`),
    ],
  }
}

const changedLineOf = ({ call, approval: { proposal } }: ApprovalContent): string =>
  `:pencil2: ${callTextOf(call, 'wish')}: ${proposal ? mentionOf(proposal.by) : 'somebody'} changed it. Please decide on the card below.`

export const GROUP_MODAL = 'approvals'

/** The single cards of a list, for one person; `others` are who decides what they may not. Pure. */
export function groupModal(contents: ApprovalContent[], place: CardPlace, others: string): ModalView {
  const [first] = contents
  const request = first === undefined ? [] : requestBlocks(first.state, place)
  const cards = contents.flatMap((content, at) => [
    ...(at > 0 || request.length > 0 ? [DIVIDER_BLOCK] : []),
    ...approvalMessage(content, { ...place, isElsewhere: false }).blocks,
  ])
  return createModal({
    id: GROUP_MODAL,
    title: 'One by one',
    blocks: [...request, ...cards, ...(others === '' ? [] : [contextBlock(`The rest waits for ${others}.`)])],
    metadata: { approval: contents[0]?.approval.id },
  })
}
