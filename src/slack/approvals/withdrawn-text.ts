import type { ApprovalState } from '../../run/state/state.ts'
import { truncate } from '../../text.ts'
import { escapeInlineMrkdwn, mentionOf } from '../blocks/text.ts'

const SHOWN_CHARS = 300

/** Who withdrew a call before anybody decided, and with which words. */
export function withdrawnApprovalText({ by, words = '' }: NonNullable<ApprovalState['decided']>): string {
  const who = by === undefined ? '' : ` by ${mentionOf(by)}`
  return `:leftwards_arrow_with_hook: Withdrawn${who}: ${escapeInlineMrkdwn(truncate(words.replace(/\s+/g, ' ').trim(), SHOWN_CHARS))}`
}
