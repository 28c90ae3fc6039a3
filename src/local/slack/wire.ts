import type { Json } from './records.ts'

/** Something Slack sends the app. */
export type Outgoing = {
  type: 'events_api' | 'slash_commands' | 'interactive'
  payload: Json
  /** On the second and later deliveries of an event. */
  retry?: { num: number; reason: string }
}

/** What came back: the body of the acknowledgement, or why there is none (Slack's `x-slack-retry-reason` words). */
export type Reply =
  | { kind: 'acked'; body: unknown }
  | { kind: 'failed'; reason: 'http_timeout' | 'http_error' | 'connection_failed'; detail: string; noRetry: boolean }

/** The way to the app: signed HTTP requests, or Socket Mode. */
export type Wire = {
  send(outgoing: Outgoing): Promise<Reply>
  /** Resolves when there is somewhere to send to. */
  ready(): Promise<void>
  [Symbol.dispose](): void
}

export const failed = (
  reason: Extract<Reply, { kind: 'failed' }>['reason'],
  detail: string,
  noRetry = false,
): Reply => ({
  kind: 'failed',
  reason,
  detail,
  noRetry,
})
