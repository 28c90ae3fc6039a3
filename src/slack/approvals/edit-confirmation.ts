import type { KnownBlock } from '@slack/types'
import type { ApprovalState, CallState, EditProposal, RunState } from '../../run/state/state.ts'
import { actionsBlock, contextBlock, createButton, type MessageContent, sectionBlock } from '../blocks/build-blocks.ts'
import { formatDate, mentionOf } from '../blocks/text.ts'
import { approveButtonFor, readerIn } from './approval-card.ts'
import { textMessage } from './approval-outcome.ts'
import { decidedLineOf, deciderOf } from './decided-line.ts'
import { versionBlocks } from './edited-call.ts'
import { endText } from './who-decides.ts'

/** The key of the card in the run's thread. */
export const editKeyOf = (approval: string): string => `edit:${approval}`

type EditContent = { state: RunState; call: CallState; approval: ApprovalState & { proposal: EditProposal } }

/** The same content where somebody changed the call of another, else undefined. */
export function editContentOf(content: { state: RunState; call: CallState; approval: ApprovalState }) {
  const { proposal } = content.approval
  return proposal && { ...content, approval: { ...content.approval, proposal } }
}

/** Asks the requester whether the call may run as an approver changed it; later says what they decided. Pure. */
export function editConfirmationMessage(content: EditContent): MessageContent {
  const { state, approval } = content
  const { proposal, decided } = approval
  const isDirect = state.origin.place === 'dm'
  const who = isDirect ? '' : `${mentionOf(state.origin.user)}: `
  const question = `${who}${mentionOf(proposal.by)} changed what you asked for. May I do it like this?`
  const mark = proposal.risk === 'destructive' ? ':warning:' : ':pencil2:'
  if (decided) return textMessage(decidedConfirmationLineOf(content, decided))
  return {
    text: question,
    blocks: [
      sectionBlock(`${mark} *${question}*`),
      ...versionBlocks(content, { reader: readerIn(state) }),
      contextBlock(
        `${RISKS[proposal.risk]}It runs with your credentials, so only you can decide. ${endText(approval)}`,
      ),
      confirmButtons(content),
    ],
  }
}

/** What was decided on the change. Both versions, words that denied it and what came of it stand on the card or note that it was asked with. */
function decidedConfirmationLineOf({ state, call, approval }: EditContent, decided: Decided): string {
  const who = deciderOf(decided, readerIn(state))
  const by = mentionOf(approval.proposal.by)
  const when = formatDate(decided.at)
  if (decided.decision === 'approved') return `:white_check_mark: ${who} approved it as ${by} changed it · ${when}`
  if (decided.decision === 'denied') return `:no_entry_sign: ${who} denied what ${by} made of it · ${when}`
  const changed = { ...call, arguments: approval.proposal.arguments, asked: undefined }
  const alone = { ...approval, proposal: undefined, decided: { ...decided, edited: false } }
  return decidedLineOf({ state, call: changed, approval: alone }, readerIn(state))
}

type Decided = NonNullable<ApprovalState['decided']>

const RISKS: Record<EditProposal['risk'], string> = {
  read: '',
  write: '',
  destructive: '*It can destroy or overwrite something, and that cannot always be undone.* ',
}

/** Another action than on other cards: who presses there has not seen what was changed. */
function confirmButtons({ state, call, approval }: EditContent): KnownBlock {
  const { id: value, proposal } = approval
  const risk: ApprovalState['risk'] = proposal.risk === 'destructive' ? 'destructive' : 'write'
  const changed = { state, call: { ...call, arguments: proposal.arguments }, approval: { ...approval, risk } }
  return actionsBlock(
    [
      approveButtonFor([changed], { text: 'Approve', action: 'approval_confirm', value }),
      createButton({ text: 'Deny', action: 'approval_deny', value }),
    ],
    `confirm ${value}`,
  )
}
