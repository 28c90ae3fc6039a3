import type { Button, ConfirmationDialog, KnownBlock } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import type { UserId } from '../../ids.ts'
import type { RuleReach } from '../../policy/rule-reach.ts'
import type { ApprovalState, CallState, RunState } from '../../run/state/state.ts'
import { revealInvisible, truncate } from '../../text.ts'
import { argumentsBlock } from '../blocks/arguments-text.ts'
import {
  actionsBlock,
  contextBlock,
  createButton,
  createDetailsButton,
  type MessageContent,
  plainTextObject,
  sectionBlock,
} from '../blocks/build-blocks.ts'
import { escapeInlineMrkdwn, escapeMrkdwn, formatDate, mentionOf } from '../blocks/text.ts'
import { allowedText } from '../rules/reach-text.ts'
import type { ApprovalContent } from './approval-groups.ts'
import { textMessage } from './approval-outcome.ts'
import { callTextOf, decidedLineOf, decidersText, sqlOf, withdrawnText } from './decided-line.ts'
import { hasArguments } from './edit-arguments-form.ts'
import { editProposedText, versionBlocks } from './edited-call.ts'
import { headlineOf, headlineTextOf, serverTitleText, sourceTextOf } from './headline.ts'
import { deadlineText, endText, votesText, whoText } from './who-decides.ts'

/** Of the words that asked for it. */
const REQUEST_CHARS = 300

/** Where a card stands. */
export type CardPlace = {
  /** The only one who reads it there. */
  reader?: UserId | undefined
  /** Not where it was asked for: who asked what, and a link to it if there is one, stand on it. */
  isElsewhere?: boolean
  link?: string | undefined
}

/** The card that asks for approval of one call, or says in one line what was decided and what came of it. Pure. */
export function approvalMessage(content: ApprovalContent, place: CardPlace = {}): MessageContent {
  const { state, call, approval } = content
  if (approval.decided) {
    const line = decidedLineOf(content, place.reader)
    return { text: line, blocks: [sectionBlock(line, decidedButtonOf(state, approval))] }
  }
  const action = actionTextOf(call)
  const mark = approval.risk === 'destructive' ? ':warning:' : ':lock:'
  const question = questionText(state, action, place)
  return {
    text: place.reader === state.origin.user ? question : `${escapeMrkdwn(state.origin.userName)} wants to ${action}`,
    blocks: [
      sectionBlock(`${mark} *${question}*${replacesText(call)}`),
      ...requestBlocks(state, place),
      ...versionBlocks(content, { reader: place.reader }),
      ...askBlocks(content, place),
    ],
  }
}

/** What is to be decided, and by whom: of a call that somebody changed, on the requester's own card. */
function askBlocks(content: ApprovalContent, place: CardPlace): KnownBlock[] {
  const { approval } = content
  if (approval.proposal)
    return [contextBlock(reasonText(content), `:hourglass_flowing_sand: ${editProposedText(content, place.reader)}`)]
  const mayDecide = place.reader === undefined || approval.approvers.includes(place.reader)
  const votes = votesText(approval, place.reader)
  return [
    ...(votes === '' ? [] : [contextBlock(`:busts_in_silhouette: ${votes}`)]),
    contextBlock(reasonText(content), deadlineText(approval.approvers, approval, place)),
    ...(mayDecide ? [decideButtons(content, place)] : []),
  ]
}

/** What was there when it was asked about. */
export const replacesText = ({ replaces }: CallState): string =>
  replaces ? '\nThere is a file of that name. This replaces what is in it.' : ''

/** Asks a person about their own request, and tells anybody else whose it is; an agent is named, and who asked it. */
export function questionText({ origin, agent, parent }: RunState, action: string, { reader }: CardPlace): string {
  const isOwn = reader === origin.user
  if (agent === undefined) return isOwn ? `May I ${action}?` : `${mentionOf(origin.user)} wants to ${action}`
  const name = escapeInlineMrkdwn(agent.name)
  const askedBy = parent === undefined ? '' : ` (asked by ${escapeInlineMrkdwn(parent.agent)})`
  return isOwn
    ? `May ${name}${askedBy} ${action}?`
    : `${name}${askedBy} wants to ${action} for ${mentionOf(origin.user)}`
}

/** Where it was asked, and for others the words that asked for it and the last that corrected them, where they do not stand above the card. */
export function requestBlocks(
  { origin, text, corrections, parent }: RunState,
  { reader, isElsewhere, link }: CardPlace,
): KnownBlock[] {
  if (isElsewhere !== true) return []
  const there = link === undefined ? '' : ` · <${link}|Go to the thread>`
  const where = origin.place === 'dm' ? 'in a direct message' : `in <#${origin.channel}>`
  if (reader === origin.user) return link === undefined ? [] : [contextBlock(`You asked ${where}${there}`)]
  const said = [parent?.words ?? text, ...corrections.slice(-1).map((correction) => correction.text)]
  const quotes = said.map((one) => escapeInlineMrkdwn(truncate(one.trim(), REQUEST_CHARS))).filter((one) => one !== '')
  return [sectionBlock([`Asked ${where}${there}`, ...quotes.map((one) => `> ${one}`)].join('\n'))]
}

/** For the thread of a requester who may not decide: who is asked for what, later the decision. Pure. */
export function pendingApprovalMessage(content: ApprovalContent, channel: string | undefined): MessageContent {
  const { state, call, approval } = content
  if (approval.decided) {
    const line = decidedLineOf(content, readerIn(state))
    return { text: line, blocks: [sectionBlock(line)] }
  }
  if (approval.proposal)
    return textMessage(
      `${mentionOf(approval.proposal.by)} changed what you asked for. Please decide on the card below.`,
    )
  const text = `Waiting for ${whoText(approval)} to allow: ${callTextOf(call, 'wish')}`
  return {
    text,
    blocks: [
      sectionBlock(`:hourglass_flowing_sand: ${text}`),
      ...(isSaidWhole(call) ? [] : [argumentsBlock(call.arguments)]),
      contextBlock(
        `${votesText(approval, readerIn(state), '. ')}${askedWhereText(channel)}${byOwnersText(approval)}${endText(approval)}`,
      ),
    ],
  }
}

/** The only reader of direct messages is the requester. */
export const readerIn = ({ origin }: RunState): UserId | undefined => (origin.place === 'dm' ? origin.user : undefined)

/** The line holds all there is: a statement and nothing else. */
const isSaidWhole = (call: CallState): boolean => {
  const sql = sqlOf(call)
  return sql !== undefined && sql.length <= 200 && Object.keys(call.arguments).length === 1
}

export const askedWhereText = (channel: string | undefined): string =>
  `They were asked ${channel === undefined ? 'in a direct message' : `in <#${channel}>`}. `

/** Says who can change that nobody else is left to decide. */
const byOwnersText = ({ byOwners }: ApprovalState): string =>
  byOwners
    ? 'The people who should approve this cannot do so any more, so I asked the owners. They can choose others in my Home tab. '
    : ''

export const actionTextOf = (call: CallState, most = 300): string => headlineTextOf(call, 'wish', most)

/** What is called, and what is known of the harm it can do. */
export function reasonText({ call, approval }: ApprovalContent): string {
  const why = approval.why.map((reason) => withChannels(escapeMrkdwn(reason))).join(' ')
  const grave = approval.risk === 'destructive' ? ' What it does cannot always be undone.' : ''
  return `${escapeInlineMrkdwn(call.tool)}${serverTitleText(call)} of ${sourceTextOf(call)}. ${why}${grave}`
}

/** Channel references in a reason are unescaped, as they notify nobody. */
const withChannels = (text: string): string => text.replace(/&lt;(#[CG][A-Z0-9]+)&gt;/g, '<$1>')

/** The buttons of one card. A rule is the requester's alone to make. */
export function decideButtons({ state, call, approval }: ApprovalContent, { reader }: CardPlace): KnownBlock {
  const value = approval.id
  const mayRule =
    approval.mayAlways && approval.risk !== 'destructive' && (reader ?? state.origin.user) === state.origin.user
  const several = (approval.needed ?? 1) > 1
  const voted = reader !== undefined && approval.votes?.includes(reader) === true
  const approve = approveButtonFor([{ state, call, approval }], { text: 'Approve', action: 'approval_approve', value })
  return actionsBlock(
    [
      ...(voted ? [] : [approve]),
      createButton({ text: 'Deny', action: 'approval_deny', value }),
      ...(hasArguments(call) && !several ? [createButton({ text: 'Edit', action: 'approval_edit', value })] : []),
      ...(mayRule && approval.reach ? ruleButtons({ state, call, approval }, approval.reach) : []),
    ],
    `approval ${approval.id}`,
  )
}

function ruleButtons({ state, call, approval }: ApprovalContent, reach: RuleReach): Button[] {
  const value = approval.id
  const what = allowedText({ ...call, reach })
  const where = state.origin.place === 'dm' ? 'in our direct messages' : 'in the channel you asked in'
  const inThread = createButton({ text: 'Allow in this thread', action: 'approval_thread', value })
  const always = createButton({ text: 'Always allow', action: 'approval_always', value })
  return [
    { ...inThread, confirm: confirmRule('Allow in this thread', `Allow ${what}, in this thread`) },
    { ...always, confirm: confirmRule('Always allow', `Always allow ${what}, ${where}`) },
  ]
}

type ApproveOptions = { text: string; action: string; value: string }

/** What can destroy looks like it, and asks once more. */
export function approveButtonFor(contents: ApprovalContent[], options: ApproveOptions): Button {
  const grave = contents.filter(({ approval }) => approval.risk === 'destructive')
  if (grave.length === 0) return createButton({ ...options, style: 'primary' })
  const what = grave.map(({ call }) => sqlOf(call) ?? headlineOf(call, 'wish')).join(' · ')
  const confirm: ConfirmationDialog = {
    title: plainTextObject('Approve this?', LIMITS.confirm.title),
    text: plainTextObject(
      `${truncate(revealInvisible(what), 180)}\nThis can destroy or overwrite something, and that cannot always be undone.`,
      LIMITS.confirm.text,
    ),
    confirm: plainTextObject(options.text, LIMITS.confirm.button),
    deny: plainTextObject('Cancel', LIMITS.confirm.button),
    style: 'danger',
  }
  return { ...createButton({ ...options, style: 'danger' }), confirm }
}

/** Says what the rule holds for, which is more than the call on the card. */
const confirmRule = (width: string, words: string): ConfirmationDialog => ({
  title: plainTextObject(`${width}?`, LIMITS.confirm.title),
  text: plainTextObject(`${words}? You can take it back in my Home tab.`, LIMITS.confirm.text),
  confirm: plainTextObject(width, LIMITS.confirm.button),
  deny: plainTextObject('Cancel', LIMITS.confirm.button),
})

/** Who decided what and when, without the call. `reader` is "you". */
export function decidedApprovalText(decided: NonNullable<ApprovalState['decided']>, reader?: UserId): string {
  const who = decided.by === undefined ? '' : ` by ${decidersText(decided, reader)}`
  const when = formatDate(decided.at)
  switch (decided.decision) {
    case 'approved':
      return `:white_check_mark: Approved${decided.edited ? ' with changes' : ''}${who} ${when}${widthTextOf(decided)}.`
    case 'denied':
      return `:no_entry_sign: Denied${who} ${when}${decided.reason ? `: ${escapeMrkdwn(truncate(decided.reason, 500))}` : '.'}`
    case 'expired':
      return `:hourglass: Nobody decided in time (${when}), so it was not done. Ask again if you still want it.`
    case 'stopped':
      return decided.reason === undefined
        ? `:octagonal_sign: Stopped${who} ${when}; it was not done.`
        : `:wastebasket: Withdrawn ${when}, as ${decided.reason}. It was not done.`
    case 'withdrawn':
      return `:leftwards_arrow_with_hook: ${withdrawnText(decided, reader)}`
    default:
      return decided.decision satisfies never
  }
}

function widthTextOf({ width = 'once', byRule }: NonNullable<ApprovalState['decided']>): string {
  return byRule ? ', with a new rule' : WIDTH_TEXTS[width]
}

const WIDTH_TEXTS = { once: '', thread: ', and the like in its thread', always: ', and always from now on' }

/** After a decision on somebody else's call, a button for the run's details. */
function decidedButtonOf({ id, origin }: RunState, { decided, proposal }: ApprovalState): Button | undefined {
  const isDecided = decided?.decision === 'approved' || decided?.decision === 'denied'
  return isDecided && (proposal !== undefined || decided.by !== origin.user) ? createDetailsButton(id) : undefined
}
