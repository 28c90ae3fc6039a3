import type { RunState } from '../../run/state/state.ts'
import { truncate } from '../../text.ts'
import { actionsBlock, createButton, type MessageContent, sectionBlock } from '../blocks/build-blocks.ts'
import { escapeInlineMrkdwn, mentionOf } from '../blocks/text.ts'

const SHOWN_CHARS = 150

/** How a run ended that was stopped, or was never begun. */
export function stoppedMessages(state: RunState): MessageContent[] {
  if (state.stoppedWhy === 'stopped_before') return [notBegunMessage(state)]
  // What had shown nothing is begun anew without a word.
  if (state.stoppedWhy === 'message_changed' && state.turns.length === 0) return []
  const text = stoppedText(state)
  return [{ text, blocks: [sectionBlock(text)] }]
}

function notBegunMessage({ id, text: asked }: RunState): MessageContent {
  const words = escapeInlineMrkdwn(truncate(asked.replace(/\s+/g, ' ').trim(), SHOWN_CHARS))
  const text = `The request before this one was stopped, so I did not begin this: _${words}_`
  const button = createButton({ text: 'Do it now', action: 'run_again', value: id })
  return { text, blocks: [sectionBlock(text), actionsBlock([button])] }
}

function stoppedText(state: RunState): string {
  if (state.withdrawn) return 'I stopped, as the message that asked for this was deleted.'
  if (state.stoppedWhy === 'message_changed') return 'I stopped, as the message was changed. I go by what it says now.'
  const other = state.stoppedBy !== undefined && state.stoppedBy !== state.origin.user
  return other ? `Okay, I stopped, as ${mentionOf(state.stoppedBy ?? '')} asked.` : 'Okay, I stopped.'
}
