import type { KnownBlock } from '@slack/types'
import type { RunId } from '../../ids.ts'
import type { RunState } from '../../run/state/state.ts'
import { recordedCallsOf } from '../../run/workflow/recorded-calls.ts'
import {
  actionsBlock,
  createAnotherButtons,
  createButton,
  createDetailsButton,
  createSaveButton,
} from '../blocks/build-blocks.ts'

/**
 * Two thumbs under a final answer, and beside them its details. Slack's own feedback buttons stand in a block that takes no other button
 * (docs.slack.dev/reference/block-kit/blocks/context-actions-block).
 */
export const answerButtonsFor = (state: RunState): KnownBlock => {
  const { id, calls, agent } = state
  return actionsBlock(
    [
      thumbButton('good', id),
      thumbButton('bad', id),
      ...(calls.length === 0 ? [] : [createDetailsButton(id)]),
      ...(agent === undefined ? [] : createAnotherButtons(id)),
      ...(recordedCallsOf(state).length === 0 ? [] : [createSaveButton(id)]),
    ],
    `feedback ${id}`,
  )
}

const thumbButton = (verdict: 'good' | 'bad', run: RunId) =>
  createButton({
    text: verdict === 'good' ? ':+1: Good' : ':-1: Bad',
    action: `run_feedback:${verdict}`,
    value: `${verdict} ${run}`,
    accessibilityLabel: `This answer was ${verdict}`,
  })
