import type { Json } from '../workspace/records.ts'

/** A request from Slack to the app. */
export type AppRequest = {
  type: 'events_api' | 'slash_commands' | 'interactive'
  payload: Json
  /** Set on the second and later deliveries of an event. */
  retry?: { num: number; reason: string }
}

/**
 * What came back: the body of the acknowledgement; `absent` where no app listens at all, so nothing was tried;
 * or why there is none, in the words of Slack's `x-slack-retry-reason`. `ms` is what the app took, from request to answer.
 */
export type AppReply = { kind: 'acked'; body: unknown; ms: number } | FailedReply | { kind: 'absent'; detail: string }

export type FailedReply = {
  kind: 'failed'
  reason: 'http_timeout' | 'http_error' | 'connection_failed'
  detail: string
  noRetry: boolean
  ms: number
}

/** How requests reach the app: signed HTTP, or Socket Mode. */
export type Transport = {
  send(outgoing: AppRequest): Promise<AppReply>
  /** Resolves when there is somewhere to send to. */
  ready(): Promise<void>
  [Symbol.dispose](): void
}

type Failure = { detail: string; ms?: number; noRetry?: boolean }

export function describeFailure(
  reason: FailedReply['reason'],
  { detail, ms = 0, noRetry = false }: Failure,
): FailedReply {
  return { kind: 'failed', reason, detail, ms, noRetry }
}
