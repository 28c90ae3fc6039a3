import type { PendingInput } from '../../run/runs.ts'
import type { RunState } from '../../run/state/state.ts'
import { COUNTDOWN_STEP_MS, elicitationMessage } from '../elicitation/elicitation-card.ts'
import { type PostedMessages, showMessage, threadSlotOf } from './posted-messages.ts'

const inputsIn = (state: RunState): PendingInput[] =>
  state.calls.flatMap((call) => call.inputs.map((input) => ({ state, call, input })))

const slotOf = ({ state, input }: PendingInput) => threadSlotOf(state.origin, `input:${input.id}`)

/** Posts each question in the run's thread, and edits those that are answered. */
export async function renderElicitations(posted: PostedMessages, state: RunState, now: Date): Promise<void> {
  for (const asked of inputsIn(state)) await showMessage(posted, slotOf(asked), elicitationMessage(asked, now))
}

/**
 * The same while the run works: a question that a server waits for on the wire has to be seen at once, with the time left.
 * Resolves to the milliseconds after which the card changes by itself.
 */
export async function updateElicitations(
  posted: PostedMessages,
  state: RunState,
  now: Date,
): Promise<number | undefined> {
  let live = false
  for (const asked of inputsIn(state)) {
    const waits = asked.input.resume.how === 'live' && !asked.input.given
    live ||= waits
    const slot = slotOf(asked)
    if (waits || posted.byKey.has(slot.key)) await showMessage(posted, slot, elicitationMessage(asked, now))
  }
  return live ? COUNTDOWN_STEP_MS : undefined
}
