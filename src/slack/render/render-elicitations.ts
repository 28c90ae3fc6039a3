import type { PendingInput } from '../../run/runs.ts'
import type { RunState } from '../../run/state/state.ts'
import { COUNTDOWN_STEP_MS, elicitationMessage } from '../elicitation/elicitation-card.ts'
import type { PostedMessages } from './posted-messages.ts'

const askedIn = (state: RunState): PendingInput[] =>
  state.calls.flatMap((call) => call.inputs.map((input) => ({ state, call, input })))

const keyOf = ({ input }: PendingInput): string => `input:${input.id}`

/** Puts each question in the run's thread, and changes those that are answered. */
export async function renderElicitations(board: PostedMessages, state: RunState, now: Date): Promise<void> {
  for (const asked of askedIn(state)) await ensureInput(board, asked, now)
}

/**
 * The same while the run is at work: what a server waits for on the wire has to be seen at once, with the time that is left.
 * Resolves to when the picture changes by itself.
 */
export async function updateElicitations(
  board: PostedMessages,
  state: RunState,
  now: Date,
): Promise<number | undefined> {
  let live = false
  for (const asked of askedIn(state)) {
    const waits = asked.input.resume.how === 'live' && !asked.input.given
    live ||= waits
    if (waits || board.get(keyOf(asked)) !== undefined) await ensureInput(board, asked, now)
  }
  return live ? COUNTDOWN_STEP_MS : undefined
}

function ensureInput(board: PostedMessages, asked: PendingInput, now: Date): Promise<void> {
  const { channel, threadTs } = asked.state.origin
  return board.ensure({ key: keyOf(asked), channel, thread: threadTs }, elicitationMessage(asked, now))
}
