import type { ContextActionsBlock } from '@slack/types'
import type { RunId } from '../../ids.ts'
import { type MessageContent, plainTextObject, sectionBlock } from '../blocks/build-blocks.ts'

export type FeedbackVerdict = 'good' | 'bad'

/** Two thumbs under a final answer. */
export const feedbackButtons = (run: RunId): ContextActionsBlock => ({
  type: 'context_actions',
  block_id: `feedback ${run}`,
  elements: [
    {
      type: 'feedback_buttons',
      action_id: 'run_feedback',
      positive_button: {
        text: plainTextObject('Good answer'),
        accessibility_label: 'This answer was good',
        value: `good ${run}`,
      },
      negative_button: {
        text: plainTextObject('Bad answer'),
        accessibility_label: 'This answer was bad',
        value: `bad ${run}`,
      },
    },
  ],
})

export function thanksText(verdict: FeedbackVerdict): MessageContent {
  const text =
    verdict === 'good'
      ? 'Thanks, good to know.'
      : 'Thanks for saying so. Reply in the thread with what should be different, and I will try again.'
  return { text, blocks: [sectionBlock(text)] }
}
