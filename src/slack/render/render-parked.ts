import type { RunState } from '../../run/state/state.ts'
import { parkedMessages } from '../workflows/parked-card.ts'
import { type PostedMessages, threadSlotOf } from './message-records.ts'
import { showMessage } from './posted-messages.ts'

/** Posts a card for each step that waits for a person, and edits those that were decided. */
export async function renderParked(posted: PostedMessages, state: RunState): Promise<void> {
  for (const { key, isOpen, content } of parkedMessages(state)) {
    if (!isOpen && !posted.byKey.has(key)) continue
    await showMessage(posted, { ...threadSlotOf(state.origin, key), isBound: !isOpen }, content)
  }
}

/** Edits the cards that are posted already and were decided since. */
export async function closeParked(posted: PostedMessages, state: RunState): Promise<void> {
  for (const { key, isOpen, content } of parkedMessages(state))
    if (!isOpen && posted.byKey.has(key))
      await showMessage(posted, { ...threadSlotOf(state.origin, key), isBound: true }, content)
}
