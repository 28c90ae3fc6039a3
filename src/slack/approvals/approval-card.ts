import type { ConfirmationDialog, KnownBlock } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import type { ApprovalState, CallState, RunState } from '../../run/state/state.ts'
import { truncate } from '../../text.ts'
import { describeCall, lowerFirst, withCapital } from '../answer/describe-calls.ts'
import {
  actionsBlock,
  contextBlock,
  createButton,
  createDetailsButton,
  type MessageContent,
  plainTextObject,
  sectionBlock,
} from '../blocks/build-blocks.ts'
import { escapeInlineMrkdwn, escapeMrkdwn, formatDate, joinWords, mentionOf } from '../blocks/text.ts'
import { textMessage } from './approval-outcome.ts'
import { hasArguments } from './edit-arguments-form.ts'
import { askedCallOf, editedText, editProposedText, versionBlocks } from './edited-call.ts'

/** The key of the card in that channel. */
export const approvalKeyOf = (approval: string, channel: string): string => `approval:${approval}:${channel}`

export type ApprovalContent = { state: RunState; call: CallState; approval: ApprovalState }

/** The card that asks for approval of one call, or says who decided it. Pure. */
export function approvalMessage(content: ApprovalContent): MessageContent {
  const { state, call, approval } = content
  const action = actionTextOf(askedCallOf(call))
  const line = `${mentionOf(state.origin.user)} wants to ${action}, asked in ${placeOf(state)}`
  const mark = approval.risk === 'destructive' ? ':warning:' : ':lock:'
  const strikethrough = approval.decided && approval.decided.decision !== 'approved'
  const first = strikethrough ? `~${line}~` : `*${line}*`
  return {
    text: `${escapeMrkdwn(state.origin.userName)} wants to ${action}: ${statusText(approval)}`,
    blocks: [
      sectionBlock(approval.decided ? first : `${mark} ${first}`),
      ...versionBlocks(content),
      contextBlock(...contextTexts(content)),
      ...endBlocks(content),
    ],
  }
}

function endBlocks({ state, call, approval }: ApprovalContent): KnownBlock[] {
  if (approval.decided) return [contextBlock(decidedApprovalText(approval.decided)), ...decidedButtons(state, approval)]
  return approval.proposal ? [] : [decideButtons(call, approval)]
}

/** For the thread of a requester who may not decide: who is asked and where, later the decision. Pure. */
export function pendingApprovalMessage(content: ApprovalContent, channel: string | undefined): MessageContent {
  const { call, approval } = content
  const action = actionTextOf(askedCallOf(call))
  const edited = editedText(content)
  const who = joinWords(approval.approvers.slice(0, 10).map(mentionOf), 'or')
  const where = channel === undefined ? 'in a direct message' : `in <#${channel}>`
  const until = `If nobody decides by ${formatDate(approval.expiresAt)}, it will not be done.`
  const question = `Waiting for ${who} to decide ${where}: may I ${action}?`
  if (approval.proposal && approval.decided === undefined)
    return textMessage(
      `${mentionOf(approval.proposal.by)} changed what you asked for. Please decide on the card below.`,
    )
  if (approval.decided === undefined)
    return {
      text: question,
      blocks: [sectionBlock(`:hourglass_flowing_sand: ${question}`), contextBlock(`${byOwnersText(approval)}${until}`)],
    }
  return {
    text: `${action}: ${statusText(approval)}`,
    blocks: [
      sectionBlock(`*${withCapital(action)}*`),
      contextBlock(...(edited === undefined ? [] : [edited]), decidedApprovalText(approval.decided)),
    ],
  }
}

/** Says who can change that nobody else is left to decide. */
const byOwnersText = ({ byOwners }: ApprovalState): string =>
  byOwners
    ? 'None of the approvers of this workspace can decide any more, so its owners are asked; they can name others in my Home tab or with `/mcp approvers`. '
    : ''

const actionTextOf = (call: CallState): string =>
  escapeInlineMrkdwn(truncate(lowerFirst(describeCall(call, 'wish')), 300))

const placeOf = ({ origin }: RunState): string => (origin.place === 'dm' ? 'a direct message' : `<#${origin.channel}>`)

const statusText = ({ decided }: ApprovalState): string =>
  decided ? STATUS_TEXTS[decided.decision] : 'waits for approval.'

const STATUS_TEXTS = { approved: 'approved.', denied: 'denied.', expired: 'expired.', stopped: 'stopped.' }

const RISKS: Record<ApprovalState['risk'], string> = {
  write: 'It changes something.',
  destructive: 'It can destroy or overwrite something, and that cannot always be undone.',
}

/** Reasons that only repeat the risk. */
const IMPLIED_BY_RISK = new Set(['It changes something.', 'It can destroy or overwrite something.'])

function contextTexts({ state, call, approval }: ApprovalContent): string[] {
  const why = approval.why
    .filter((reason) => !IMPLIED_BY_RISK.has(reason))
    .map((reason) => withChannels(escapeMrkdwn(reason)))
    .join(' ')
  const tool = `*${RISKS[approval.risk]}* Tool ${escapeInlineMrkdwn(call.tool)} of ${escapeInlineMrkdwn(call.cardTitle || call.card)}.`
  if (approval.decided) return [tool]
  if (approval.proposal) return [tool, `:hourglass_flowing_sand: ${editProposedText({ state, approval })}`]
  return [
    `${tool}${why === '' ? '' : ` It asks first because: ${lowerSentence(why)}`}`,
    `${decidersText(state, approval)} can decide this. It expires ${formatDate(approval.expiresAt)}; nothing happens until then.`,
  ]
}

/** "You" in a direct message, whose only reader is the approver. */
function decidersText({ origin }: RunState, { approvers }: ApprovalState): string {
  if (origin.place === 'dm' && approvers.includes(origin.user)) return 'You'
  return joinWords(approvers.slice(0, 10).map(mentionOf), 'or') || 'Nobody'
}

/** The sentence with a lowercase first letter, unless it starts with an abbreviation like "SQL". */
const lowerSentence = (text: string): string => text.replace(/^[A-Z](?![A-Z])/, (letter) => letter.toLowerCase())

/** Channel references in a reason are unescaped, as they notify nobody. */
const withChannels = (text: string): string => text.replace(/&lt;(#[CG][A-Z0-9]+)&gt;/g, '<$1>')

function decideButtons(call: CallState, approval: ApprovalState): KnownBlock {
  const value = approval.id
  const always = {
    ...createButton({ text: 'Always allow', action: 'approval_always', value }),
    confirm: confirmAlways(call),
  }
  return actionsBlock(
    [
      createButton({ text: 'Approve', action: 'approval_approve', value, style: 'primary' }),
      createButton({ text: 'Deny', action: 'approval_deny', value }),
      ...(hasArguments(call) ? [createButton({ text: 'Edit', action: 'approval_edit', value })] : []),
      ...(approval.mayAlways && approval.risk !== 'destructive' ? [always] : []),
    ],
    `approval ${approval.id}`,
  )
}

/** Asks for confirmation, as a rule covers more than the call on the card. */
const confirmAlways = ({ tool, connectionName }: CallState): ConfirmationDialog => ({
  title: plainTextObject('Always allow?', LIMITS.confirm.title),
  text: plainTextObject(
    `Always allow ${truncate(tool, 100)} of ${truncate(connectionName, 60)}, with any arguments? You can take it back in /mcp rules.`,
    LIMITS.confirm.text,
  ),
  confirm: plainTextObject('Always allow', LIMITS.confirm.button),
  deny: plainTextObject('Cancel', LIMITS.confirm.button),
})

/** Who decided what and when, in one line. */
export function decidedApprovalText(decided: NonNullable<ApprovalState['decided']>): string {
  const who = decided.by === undefined ? '' : ` by ${mentionOf(decided.by)}`
  const when = formatDate(decided.at)
  switch (decided.decision) {
    case 'approved':
      return `:white_check_mark: Approved${decided.edited ? ' with changes' : ''}${who} ${when}${decided.always ? ', and always from now on' : ''}.`
    case 'denied':
      return `:no_entry_sign: Denied${who} ${when}${decided.reason ? `: ${escapeMrkdwn(truncate(decided.reason, 500))}` : '.'}`
    case 'expired':
      return `:hourglass: Nobody decided in time (${when}), so it was not done. Ask again if you still want it.`
    case 'stopped':
      return decided.reason === undefined
        ? `:octagonal_sign: Stopped${who} ${when}; it was not done.`
        : `:wastebasket: Withdrawn ${when}, as ${decided.reason}. It was not done.`
    default:
      return decided.decision satisfies never
  }
}

/** After an approval for somebody else, a button for the run's details. */
function decidedButtons({ id, origin }: RunState, { decided, proposal }: ApprovalState): KnownBlock[] {
  const isOthers = decided?.decision === 'approved' && (proposal !== undefined || decided.by !== origin.user)
  return isOthers ? [actionsBlock([createDetailsButton(id)])] : []
}
