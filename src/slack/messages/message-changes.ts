import type { WebApiDeps } from '../deps.ts'
import type { MessageEvent } from './read-message-event.ts'

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
  deps: WebApiDeps,
  message: EventOfKind<'posted_by_app'>['message'],
): Promise<void> {
  logIgnored(deps, message, 'posted by an app')
}

/** A message was edited, or an unfurl or reaction of Slack changed it. */
export async function handleEdit(deps: WebApiDeps, { message }: EventOfKind<'edited'>): Promise<void> {
  logIgnored(deps, message, 'edited')
}

/** A message is gone, whoever deleted it. */
export async function handleDeletion(deps: WebApiDeps, event: EventOfKind<'deleted'>): Promise<void> {
  logIgnored(deps, event, 'deleted')
}
