import type { StartRequest } from '../runs.ts'
import type { CallState, RunState } from '../state/state.ts'

type Request = Omit<StartRequest, 'dedupeKey'>

/** What a run was asked for, to be asked for once more. */
export function createRepeatRequest(state: RunState): Request {
  const { text, prompt, skill, first } = state
  return {
    ...commonRequest(state),
    text,
    ...(prompt && { prompt }),
    ...(skill && { skill }),
    ...(first && { first }),
  }
}

/** Asks for one call of a run once more. */
export const createRetryRequest = (state: RunState, { title }: CallState): Request => ({
  ...commonRequest(state),
  text: `Try again: ${title}`,
})

/** What holds for every repeat: what was sent along, and whose unchecked words the run has read. */
const commonRequest = ({ origin, context, files, untrusted }: RunState) => ({ origin, context, files, untrusted })
