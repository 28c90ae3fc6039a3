import type { KnownBlock, ModalView } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import type { UserId } from '../../ids.ts'
import type { CallState } from '../../run/state/state.ts'
import {
  contextBlock,
  createModal,
  inputBlock,
  type MessageContent,
  plainTextObject,
  sectionBlock,
} from '../blocks/build-blocks.ts'
import { codeBlockFor } from '../blocks/figures.ts'
import { mentionOf } from '../blocks/text.ts'
import type { PendingApproval } from '../interactions/find-for-person.ts'
import { actionTextOf } from './approval-card.ts'
import { callTextOf, sqlOf } from './decided-line.ts'
import { askedCallOf } from './edited-call.ts'

const REASON_CHARS = 1_000

type DenyOptions = {
  /** Empty where it was not known in time what is denied. */
  denied: PendingApproval[]
  /** All that waits on one card. */
  isList: boolean
  by: UserId
  metadata?: unknown
}

/** The modal that denies a call, or all that wait on a card. Pure. */
export const denyModal = ({ denied, isList, by, metadata }: DenyOptions): ModalView =>
  createModal({
    id: 'approval_deny',
    title: isList ? 'Deny all' : 'Deny',
    submit: isList ? 'Deny all' : 'Deny',
    close: 'Cancel',
    metadata,
    blocks: [
      ...deniedBlocks(denied, by),
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

/** A statement says more than that it is one. */
const wishTextOf = (call: CallState): string =>
  sqlOf(call) === undefined ? `*${actionTextOf(call)}*` : `run ${callTextOf(call, 'wish')}`

function deniedBlocks(denied: PendingApproval[], by: UserId): KnownBlock[] {
  const [first, second] = denied
  if (first === undefined) return []
  const requester = first.state.origin.user
  const asked = requester === by ? '' : `, which ${mentionOf(requester)} asked for`
  if (second === undefined) return [sectionBlock(`I will not ${wishTextOf(askedCallOf(first.call))}${asked}.`)]
  const lines = denied.map(({ call }) => `• ${callTextOf(askedCallOf(call), 'wish')}`)
  return [sectionBlock(`I will do none of these ${denied.length} things${asked}:\n${lines.join('\n')}`)]
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
