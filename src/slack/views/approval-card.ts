import type { ConfirmationDialog, KnownBlock } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import type { ApprovalState, CallState, RunState } from '../../run/state/state.ts'
import { sayArguments } from './arguments.ts'
import { actions, button, context, plain, type Saying, section } from './blocks.ts'
import { detailsButton } from './details-button.ts'
import { clip, inline, listed, literal, mention, moment } from './text.ts'
import { sayAct } from './tool-words.ts'

/** Arguments longer than this go in a file beside the card. */
export const SHOWN_ARGUMENTS = 2_500

type Asked = { state: RunState; call: CallState; approval: ApprovalState }

/** The card that asks a person to decide one call, or says who decided. Pure. */
export function approvalCard(asked: Asked): Saying {
  const { state, call, approval } = asked
  const wish = inline(clip(`${lower(sayAct(call, 'wish'))} with ${call.connectionName}`, 300))
  const line = `${mention(state.origin.user)} wants to ${wish}, asked in ${placeOf(state)}`
  const mark = approval.risk === 'destructive' ? ':warning:' : ':lock:'
  const struck = approval.decided && approval.decided.decision !== 'approved'
  const first = struck ? `~${line}~` : `*${line}*`
  return {
    text: `${literal(state.origin.userName)} wants to ${wish}: ${fallback(approval)}`,
    blocks: [
      section(approval.decided ? first : `${mark} ${first}`),
      argumentsBlock(call),
      context(...about(asked)),
      ...(approval.decided
        ? [context(sayDecided(approval.decided)), ...decidedButtons(state, approval)]
        : [decideButtons(call, approval)]),
    ],
  }
}

/** In the thread of somebody who may not decide it themselves: who is asked and where, and later what came of it. Pure. */
export function pendingLine({ call, approval }: Asked, channel: string | undefined): Saying {
  const wish = inline(clip(`${lower(sayAct(call, 'wish'))} with ${call.connectionName}`, 300))
  const who = listed(approval.approvers.slice(0, 10).map(mention), 'or')
  const where = channel === undefined ? 'in a direct message' : `in <#${channel}>`
  const until = `If nobody decides by ${moment(approval.expiresAt)}, it will not be done.`
  const asks = `Waiting for ${who} to decide ${where}: may I ${wish}?`
  if (approval.decided === undefined)
    return { text: asks, blocks: [section(`:hourglass_flowing_sand: ${asks}`), context(until)] }
  return {
    text: `${wish}: ${fallback(approval)}`,
    blocks: [section(`*${capital(wish)}*`), context(sayDecided(approval.decided))],
  }
}

/** Said below a card before it expires. Pure. */
export function reminder({ call, approval }: Asked, called: string[]): Saying {
  const who = called.length === 0 ? '' : `${listed(called.slice(0, 10).map(mention), 'or')}: `
  const wish = inline(clip(lower(sayAct(call, 'wish')), 200))
  const words = `${who}the request above to _${wish}_ is still waiting for a decision. It expires ${moment(approval.expiresAt)}; after that it will not be done.`
  const text = capital(words)
  return { text, blocks: [section(`:bell: ${text}`)] }
}

const placeOf = ({ origin }: RunState): string => (origin.place === 'dm' ? 'a direct message' : `<#${origin.channel}>`)

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

const lower = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)

const fallback = (approval: ApprovalState): string =>
  approval.decided ? FALLBACK[approval.decided.decision] : 'waits for approval.'

const FALLBACK = { approved: 'approved.', denied: 'denied.', expired: 'expired.', stopped: 'stopped.' }

function argumentsBlock(call: CallState): KnownBlock {
  const text = sayArguments(call.arguments)
  const shown =
    text.length > SHOWN_ARGUMENTS ? `${clip(text, SHOWN_ARGUMENTS)}\n(the file in the thread has all of it)` : text
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
    .map((reason) => withChannels(literal(reason)))
    .join(' ')
  const tool = `*${RISKS[approval.risk]}* Tool ${inline(call.tool)} of ${inline(call.cardTitle || call.card)}.`
  if (approval.decided) return [tool]
  return [
    `${tool}${why === '' ? '' : ` It asks first because: ${uncapped(why)}`}`,
    `${sayDeciders(state, approval)} can decide this. It expires ${moment(approval.expiresAt)}; nothing happens until then.`,
  ]
}

/** In a direct message whoever reads the card is who may decide it. */
function sayDeciders({ origin }: RunState, { approvers }: ApprovalState): string {
  if (origin.place === 'dm' && approvers.includes(origin.user)) return 'You'
  return listed(approvers.slice(0, 10).map(mention), 'or') || 'Nobody'
}

/** A sentence after a colon begins small, an abbreviation ("SQL …") as it is. */
const uncapped = (text: string): string => text.replace(/^[A-Z](?![A-Z])/, (letter) => letter.toLowerCase())

/** A channel in a reason shows its name; that pings nobody. */
const withChannels = (text: string): string => text.replace(/&lt;(#[CG][A-Z0-9]+)&gt;/g, '<$1>')

function decideButtons(call: CallState, approval: ApprovalState): KnownBlock {
  const value = approval.id
  const always = { ...button({ text: 'Always allow', action: 'approval_always', value }), confirm: confirmAlways(call) }
  return actions(
    [
      button({ text: 'Approve', action: 'approval_approve', value, style: 'primary' }),
      button({ text: 'Deny', action: 'approval_deny', value }),
      button({ text: 'Edit', action: 'approval_edit', value }),
      ...(approval.mayAlways && approval.risk !== 'destructive' ? [always] : []),
    ],
    `approval ${approval.id}`,
  )
}

/** A rule reaches further than the one call that stands on the card. */
const confirmAlways = ({ tool, connectionName }: CallState): ConfirmationDialog => ({
  title: plain('Always allow?', LIMITS.confirm.title),
  text: plain(
    `Always allow ${clip(tool, 100)} of ${clip(connectionName, 60)}, with any arguments? You can take it back in /mcp rules.`,
    LIMITS.confirm.text,
  ),
  confirm: plain('Always allow', LIMITS.confirm.button),
  deny: plain('Cancel', LIMITS.confirm.button),
})

/** Who decided what and when, in one line. */
export function sayDecided(decided: NonNullable<ApprovalState['decided']>): string {
  const who = decided.by === undefined ? '' : ` by ${mention(decided.by)}`
  const when = moment(decided.at)
  switch (decided.decision) {
    case 'approved':
      return `:white_check_mark: Approved${decided.edited ? ' with changes' : ''}${who} ${when}${decided.always ? ', and always from now on' : ''}.`
    case 'denied':
      return `:no_entry_sign: Denied${who} ${when}${decided.reason ? `: ${literal(clip(decided.reason, 500))}` : '.'}`
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
  if (decision === 'approved' && by !== origin.user) return [actions([detailsButton(id)])]
  if (approval.decided?.decision !== 'denied' || approval.decided.reason) return []
  return [actions([button({ text: 'Give a reason', action: 'approval_reason', value: approval.id })])]
}
