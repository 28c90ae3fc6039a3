import type { Workspace } from '../workspace/workspace.ts'
import type { SlackEvent } from './event-payloads.ts'

/** The manifest's name for the messages of each kind of conversation, and the scope it needs (docs.slack.dev/reference/events/message). */
const MESSAGE_EVENTS: Record<string, { name: string; scope: string }> = {
  channel: { name: 'message.channels', scope: 'channels:history' },
  group: { name: 'message.groups', scope: 'groups:history' },
  im: { name: 'message.im', scope: 'im:history' },
  mpim: { name: 'message.mpim', scope: 'mpim:history' },
}

/** The scopes of other events; those that are not listed need none. */
const EVENT_SCOPES: Record<string, string> = {
  app_mention: 'app_mentions:read',
  reaction_added: 'reactions:read',
  reaction_removed: 'reactions:read',
}

/** Whether the app hears of an event: its manifest subscribes to it, and it was granted the event's scope. */
export function isSubscribed(event: SlackEvent, workspace: Workspace): boolean {
  const { name, scope } = subscriptionOf(event)
  const [names, scopes] = [workspace.manifest().botEvents, workspace.grantedScopes()]
  return (names?.includes(name) ?? true) && (scope === undefined || (scopes?.includes(scope) ?? true))
}

function subscriptionOf(event: SlackEvent): { name: string; scope: string | undefined } {
  const message = event.type === 'message' ? MESSAGE_EVENTS[String(event.channel_type)] : undefined
  return message ?? { name: event.type, scope: EVENT_SCOPES[event.type] }
}
