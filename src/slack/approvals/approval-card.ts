import type { ConfirmationDialog, KnownBlock } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import type { ApprovalState, CallState, RunState } from '../../run/state/state.ts'
import { describeAction } from '../answer/describe-call.ts'
import { detailsButton } from '../answer/details-button.ts'
import {
  actionsBlock,
  contextBlock,
  createButton,
  type MessageContent,
  plainTextObject,
  sectionBlock,
} from '../blocks/blocks.ts'
import { escapeInlineMrkdwn, escapeMrkdwn, formatDate, joinWords, mentionOf, truncate } from '../blocks/text.ts'
import { argumentsText } from './arguments-text.ts'

/** Arguments longer than this go in a file beside the card. */
export const SHOWN_ARGUMENTS = 2_500

type Asked = { state: RunState; call: CallState; approval: ApprovalState }

/** The card that asks a person to decide one call, or says who decided. Pure. */
export function approvalMessage(asked: Asked): MessageContent {
  const { state, call, approval } = asked
  const wish = escapeInlineMrkdwn(truncate(`${lower(describeAction(call, 'wish'))} with ${call.connectionName}`, 300))
  const line = `${mentionOf(state.origin.user)} wants to ${wish}, asked in ${placeOf(state)}`
  const mark = approval.risk === 'destructive' ? ':warning:' : ':lock:'
  const struck = approval.decided && approval.decided.decision !== 'approved'
  const first = struck ? `~${line}~` : `*${line}*`
  return {
    text: `${escapeMrkdwn(state.origin.userName)} wants to ${wish}: ${fallback(approval)}`,
    blocks: [
      sectionBlock(approval.decided ? first : `${mark} ${first}`),
      argumentsBlock(call),
      contextBlock(...about(asked)),
      ...(approval.decided
        ? [contextBlock(decidedApprovalMessage(approval.decided)), ...decidedButtons(state, approval)]
        : [decideButtons(call, approval)]),
    ],
  }
}

/** In the thread of somebody who may not decide it themselves: who is asked and where, and later what came of it. Pure. */
export function pendingApprovalText({ call, approval }: Asked, channel: string | undefined): MessageContent {
  const wish = escapeInlineMrkdwn(truncate(`${lower(describeAction(call, 'wish'))} with ${call.connectionName}`, 300))
  const who = joinWords(approval.approvers.slice(0, 10).map(mentionOf), 'or')
  const where = channel === undefined ? 'in a direct message' : `in <#${channel}>`
  const until = `If nobody decides by ${formatDate(approval.expiresAt)}, it will not be done.`
  const asks = `Waiting for ${who} to decide ${where}: may I ${wish}?`
  if (approval.decided === undefined)
    return { text: asks, blocks: [sectionBlock(`:hourglass_flowing_sand: ${asks}`), contextBlock(until)] }
  return {
    text: `${wish}: ${fallback(approval)}`,
    blocks: [sectionBlock(`*${capital(wish)}*`), contextBlock(decidedApprovalMessage(approval.decided))],
  }
}

/** Said below a card before it expires. Pure. */
export function approvalReminderMessage({ call, approval }: Asked, called: string[]): MessageContent {
  const who = called.length === 0 ? '' : `${joinWords(called.slice(0, 10).map(mentionOf), 'or')}: `
  const wish = escapeInlineMrkdwn(truncate(lower(describeAction(call, 'wish')), 200))
  const words = `${who}the request above to _${wish}_ is still waiting for a decision. It expires ${formatDate(approval.expiresAt)}; after that it will not be done.`
  const text = capital(words)
  return { text, blocks: [sectionBlock(`:bell: ${text}`)] }
}

const placeOf = ({ origin }: RunState): string => (origin.place === 'dm' ? 'a direct message' : `<#${origin.channel}>`)

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

const lower = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)

const fallback = (approval: ApprovalState): string =>
  approval.decided ? FALLBACK[approval.decided.decision] : 'waits for approval.'

const FALLBACK = { approved: 'approved.', denied: 'denied.', expired: 'expired.', stopped: 'stopped.' }

function argumentsBlock(call: CallState): KnownBlock {
  const text = argumentsText(call.arguments)
  const shown =
    text.length > SHOWN_ARGUMENTS ? `${truncate(text, SHOWN_ARGUMENTS)}\n(the file in the thread has all of it)` : text
  return {
    type: 'rich_text',
    elements: [{ type: 'rich_text_preformatted', elements: [{ type: 'text', text: shown }] }],
  }
}

const RISKS: Record<ApprovalState['risk'], string> = {
  write: 'It changes something.',
  destructive: 'It can destroy or overwrite something, and that cannot always be undone.',
}

/** Reasons that say no more than the risk does. */
const SAID_BY_RISK = new Set(['It changes something.', 'It can destroy or overwrite something.'])

function about({ state, call, approval }: Asked): string[] {
  const why = approval.why
    .filter((reason) => !SAID_BY_RISK.has(reason))
    .map((reason) => withChannels(escapeMrkdwn(reason)))
    .join(' ')
  const tool = `*${RISKS[approval.risk]}* Tool ${escapeInlineMrkdwn(call.tool)} of ${escapeInlineMrkdwn(call.cardTitle || call.card)}.`
  if (approval.decided) return [tool]
  return [
    `${tool}${why === '' ? '' : ` It asks first because: ${uncapped(why)}`}`,
    `${sayDeciders(state, approval)} can decide this. It expires ${formatDate(approval.expiresAt)}; nothing happens until then.`,
  ]
}

/** In a direct message whoever reads the card is who may decide it. */
function sayDeciders({ origin }: RunState, { approvers }: ApprovalState): string {
  if (origin.place === 'dm' && approvers.includes(origin.user)) return 'You'
  return joinWords(approvers.slice(0, 10).map(mentionOf), 'or') || 'Nobody'
}

/** A sentence after a colon begins small, an abbreviation ("SQL …") as it is. */
const uncapped = (text: string): string => text.replace(/^[A-Z](?![A-Z])/, (letter) => letter.toLowerCase())

/** A channel in a reason shows its name; that pings nobody. */
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
      createButton({ text: 'Edit', action: 'approval_edit', value }),
      ...(approval.mayAlways && approval.risk !== 'destructive' ? [always] : []),
    ],
    `approval ${approval.id}`,
  )
}

/** A rule reaches further than the one call that stands on the card. */
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
export function decidedApprovalMessage(decided: NonNullable<ApprovalState['decided']>): string {
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
      return `:octagonal_sign: Stopped${who} ${when}; it was not done.`
    default:
      return decided.decision satisfies never
  }
}

/** Deny settles at once; whoever denied may say why afterwards. Whoever approved for somebody else may look at what came of it. */
function decidedButtons({ id, origin }: RunState, approval: ApprovalState): KnownBlock[] {
  const { decision, by } = approval.decided ?? {}
  if (decision === 'approved' && by !== origin.user) return [actionsBlock([detailsButton(id)])]
  if (approval.decided?.decision !== 'denied' || approval.decided.reason) return []
  return [actionsBlock([createButton({ text: 'Give a reason', action: 'approval_reason', value: approval.id })])]
}
