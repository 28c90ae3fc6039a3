import type { RunProgress } from '../../run/deps.ts'

/** What a server says of a call under way: its share of the work and its own words; empty where it says nothing. */
export function progressText({ progress, total, message }: Extract<RunProgress, { kind: 'progress' }>): string {
  const share = total ? `${Math.round(((progress ?? 0) / total) * 100)}%` : ''
  return [share, message ?? ''].filter(Boolean).join(' ')
}

/** Why the model is waited for, and how long. */
export const waitingText = ({ why, seconds }: Extract<RunProgress, { kind: 'waiting' }>): string =>
  `${WAITING_REASONS[why] ?? 'The model cannot be reached'}, trying again in ${Math.ceil(seconds)} s…`

const WAITING_REASONS: Record<string, string> = {
  overloaded: 'The model is busy',
  rate_limited: 'The model has too many requests',
}
