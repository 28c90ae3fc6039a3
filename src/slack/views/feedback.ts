import type { ContextActionsBlock } from '@slack/types'
import type { RunId } from '../../ids.ts'
import { plain, type Saying, section } from './blocks.ts'

export type Verdict = 'good' | 'bad'

/** Two thumbs under a final answer. */
export const feedbackButtons = (run: RunId): ContextActionsBlock => ({
  type: 'context_actions',
  block_id: `feedback ${run}`,
  elements: [
    {
      type: 'feedback_buttons',
      action_id: 'run_feedback',
      positive_button: {
        text: plain('Good answer'),
        accessibility_label: 'This answer was good',
        value: `good ${run}`,
      },
      negative_button: { text: plain('Bad answer'), accessibility_label: 'This answer was bad', value: `bad ${run}` },
    },
  ],
})

export function sayThanks(verdict: Verdict): Saying {
  const text =
    verdict === 'good'
      ? 'Thanks, good to know.'
      : 'Thanks for saying so. Reply in the thread with what should be different, and I will try again.'
  return { text, blocks: [section(text)] }
}
