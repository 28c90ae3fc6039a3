import type { ModalView } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import type { UserId } from '../../ids.ts'
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

type DenyOptions = {
  /** Undefined where it was not known in time what is denied. */
  found: PendingApproval | undefined
  by: UserId
  metadata?: unknown
}

/** The modal that denies a call. Pure. */
export const denyModal = ({ found, by, metadata }: DenyOptions): ModalView =>
  createModal({
    id: 'approval_deny',
    title: 'Deny',
    submit: 'Deny',
    close: 'Cancel',
    metadata,
    blocks: [
      ...(found === undefined ? [] : [sectionBlock(deniedText(found, by))]),
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

function deniedText({ state, call }: PendingApproval, by: UserId): string {
  const action = escapeInlineMrkdwn(truncate(lowerFirst(describeAction(askedCallOf(call), 'wish')), 300))
  const requester = state.origin.user
  return requester === by
    ? `I will not *${action}*.`
    : `I will not *${action}*, which ${mentionOf(requester)} asked for.`
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
