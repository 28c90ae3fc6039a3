import type { KnownBlock } from '@slack/types'
import type { ApprovalState, CallState, EditProposal, RunState } from '../../run/state/state.ts'
import { truncate } from '../../text.ts'
import { describeAction, lowerFirst } from '../answer/describe-calls.ts'
import { actionsBlock, contextBlock, createButton, type MessageContent, sectionBlock } from '../blocks/build-blocks.ts'
import { escapeInlineMrkdwn, formatDate, mentionOf } from '../blocks/text.ts'
import { decidedApprovalText } from './approval-card.ts'
import { versionBlocks } from './edited-call.ts'

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
  const { state, call, approval } = content
  const { proposal, decided } = approval
  const action = escapeInlineMrkdwn(truncate(lowerFirst(describeAction(call, 'wish')), 200))
  const isDirect = state.origin.place === 'dm'
  const who = isDirect ? '' : `${mentionOf(state.origin.user)}: `
  const question = `${who}${mentionOf(proposal.by)} changed what you asked for. May I do it like this?`
  const mark = proposal.risk === 'destructive' ? ':warning:' : ':pencil2:'
  if (decided)
    return {
      text: `${mentionOf(proposal.by)} changed this call: ${action}`,
      blocks: [
        sectionBlock(`${mentionOf(proposal.by)} changed this call: ${action}`),
        ...versionBlocks(content),
        contextBlock(decidedApprovalText(decided)),
      ],
    }
  return {
    text: question,
    blocks: [
      sectionBlock(`${mark} *${question}*`),
      ...versionBlocks(content, isDirect ? 'You' : undefined),
      contextBlock(
        `${RISKS[proposal.risk]}It runs with your credentials, so only you can decide. If you have not decided by ${formatDate(approval.expiresAt)}, it will not be done.`,
      ),
      confirmButtons(approval),
    ],
  }
}

const RISKS: Record<EditProposal['risk'], string> = {
  read: '',
  write: '',
  destructive: '*Changed like this, it can destroy or overwrite something, and that cannot always be undone.* ',
}

/** Another action than on other cards: who presses there has not seen what was changed. */
const confirmButtons = ({ id: value, proposal }: EditContent['approval']): KnownBlock =>
  actionsBlock(
    [
      createButton({
        text: 'Approve',
        action: 'approval_confirm',
        value,
        style: proposal.risk === 'destructive' ? 'danger' : 'primary',
      }),
      createButton({ text: 'Deny', action: 'approval_deny', value }),
    ],
    `confirm ${value}`,
  )
