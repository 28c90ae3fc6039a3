import type { ModalView } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import { truncate } from '../../text.ts'
import { describeAction, lowerFirst } from '../answer/describe-calls.ts'
import {
  contextBlock,
  createModal,
  inputBlock,
  type MessageContent,
  plainTextObject,
  sectionBlock,
} from '../blocks/build-blocks.ts'
import { codeBlockFor } from '../blocks/figures.ts'
import { escapeInlineMrkdwn, mentionOf } from '../blocks/text.ts'
import type { PendingApproval } from '../interactions/find-for-person.ts'
import { askedCallOf } from './edited-call.ts'

const REASON_CHARS = 1_000

/** The modal that denies a call; `found` is undefined where it was not known in time what is denied. Pure. */
export const denyModal = (found: PendingApproval | undefined, metadata: unknown): ModalView =>
  createModal({
    id: 'approval_deny',
    title: 'Deny',
    submit: 'Deny',
    close: 'Cancel',
    metadata,
    blocks: [
      ...(found === undefined ? [] : [sectionBlock(deniedText(found))]),
      inputBlock({
        id: 'reason',
        label: 'What should I do instead?',
        optional: true,
        element: {
          type: 'plain_text_input',
          action_id: 'value',
          multiline: true,
          max_length: REASON_CHARS,
          placeholder: plainTextObject('Only count them first …', LIMITS.placeholder),
        },
      }),
      contextBlock('I read this and go on from there. It stands under the card, for everybody who sees it.'),
    ],
  })

function deniedText({ state, call }: PendingApproval): string {
  const action = escapeInlineMrkdwn(truncate(lowerFirst(describeAction(askedCallOf(call), 'wish')), 300))
  return `I will not *${action}*, which ${mentionOf(state.origin.user)} asked for.`
}

/** Why a denial did not count, with the words that were typed. Pure. */
export const tooLateModal = (why: MessageContent, reason: string | undefined): ModalView =>
  createModal({
    id: 'reading',
    title: 'Deny',
    blocks: [
      ...why.blocks,
      ...(reason === undefined
        ? []
        : [contextBlock('Nobody has read your words. You can copy them into the thread:'), codeBlockFor([reason])]),
    ],
  })
