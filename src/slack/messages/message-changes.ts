import type { RunsDeps, WebApiDeps } from '../deps.ts'
import { forgetMessage, hearMessage } from './hear-messages.ts'
import type { MessageEvent } from './read-message-event.ts'
import { withdrawRequest } from './withdraw-request.ts'

type EventOfKind<K extends MessageEvent['kind']> = Extract<MessageEvent, { kind: K }>

/** A line for what was heard and not acted on. */
export function logIgnored(
  { log }: Pick<WebApiDeps, 'log'>,
  { channel, ts }: { channel?: string | undefined; ts?: string | undefined },
  why: string,
): void {
  log.debug({ channel, ts, why }, 'message event ignored')
}

/** What another app, a workflow or Slackbot posted. */
export async function handleAppMessage(
  deps: WebApiDeps & RunsDeps,
  message: EventOfKind<'posted_by_app'>['message'],
): Promise<void> {
  await hearMessage(deps, message)
  logIgnored(deps, message, 'posted by an app')
}

/** A message was edited, or an unfurl or reaction of Slack changed it. */
export async function handleEdit(
  deps: WebApiDeps & RunsDeps,
  { message, editedTs }: EventOfKind<'edited'>,
): Promise<void> {
  await hearMessage(deps, message, editedTs)
  logIgnored(deps, message, 'edited')
}

/** A message is gone, whoever deleted it. */
export async function handleDeletion(deps: WebApiDeps & RunsDeps, event: EventOfKind<'deleted'>): Promise<void> {
  const { channel, ts, before } = event
  await forgetMessage(deps, event)
  await withdrawRequest(deps, { channel, ts, thread: before?.thread_ts })
}
