import type { StartRequest } from '../runs.ts'
import type { RunState } from '../state/state.ts'

/** What a run was asked for, to be asked for once more. */
export function createRepeatRequest(state: RunState): Omit<StartRequest, 'dedupeKey'> {
  const { origin, text, context, files, prompt, skill, first, untrusted } = state
  return {
    origin,
    text,
    context,
    files,
    ...(prompt && { prompt }),
    ...(skill && { skill }),
    ...(first && { first }),
    untrusted,
  }
}
