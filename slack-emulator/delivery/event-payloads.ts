import { eventTypeOf } from '../workspace/channel-kinds.ts'
import { functionExecutedEvent } from '../workspace/objects/function-object.ts'
import { isNamedByBot, messageObjectOf } from '../workspace/objects/message-object.ts'
import type { Channel, Message } from '../workspace/records.ts'
import { APP } from '../workspace/seed.ts'
import type { Workspace } from '../workspace/workspace.ts'
import type { WorkspaceEvent } from '../workspace/workspace-events.ts'

/** The `event` of an event callback. */
export type SlackEvent = { type: string; [field: string]: unknown }

/** The Events API events for a change in the workspace: none, one, or two for a mention in a channel. */
export function eventsFor(event: WorkspaceEvent, workspace: Workspace): SlackEvent[] {
  switch (event.kind) {
    case 'posted':
    case 'changed':
    case 'deleted':
      return messageEvents(event, workspace)
    case 'home_opened':
      return [homeOpened(event, workspace)]
    case 'session_stopped':
      return [
        {
          type: 'agent_session_stopped',
          channel: event.channel,
          thread_ts: event.thread_ts,
          user: event.user,
          streaming_message_ts: event.streams,
          event_ts: workspace.nextTs(),
        },
      ]
    case 'uninstalled':
      return [
        { type: 'tokens_revoked', tokens: { oauth: [], bot: [APP.user] }, event_ts: workspace.nextTs() },
        { type: 'app_uninstalled', event_ts: workspace.nextTs() },
      ]
    case 'access_revoked':
      return [{ type: 'team_access_revoked', team_ids: [workspace.team.id], event_ts: workspace.nextTs() }]
    case 'people_changed':
      return (event.told ?? []).map((told) => ({ ...told, event_ts: workspace.nextTs() }))
    case 'reacted':
      return reactionEvents(event, workspace)
    case 'function_started':
      return [functionExecutedEvent(event.execution, workspace)]
    case 'function_ended':
    case 'streamed':
    case 'home_published':
    case 'modal':
    case 'session':
      return []
    default:
      return event satisfies never
  }
}

type MessageEvent = Extract<WorkspaceEvent, { kind: 'posted' | 'changed' | 'deleted' }>

function messageEvents(event: MessageEvent, workspace: Workspace): SlackEvent[] {
  const { message } = event
  const channel = workspace.channels.get(message.channel)
  if (message.ephemeral_to !== undefined || !channel?.members.includes(APP.user)) return []
  if (event.kind === 'posted') return postedEvents(message, channel, workspace)
  const common = {
    type: 'message',
    channel: channel.id,
    channel_type: eventTypeOf(channel),
    hidden: true,
    ts: workspace.nextTs(),
  }
  if (event.kind === 'deleted') {
    const previous = messageObjectOf(message, workspace)
    return [
      {
        ...common,
        subtype: 'message_deleted',
        deleted_ts: message.ts,
        previous_message: previous,
        event_ts: common.ts,
      },
    ]
  }
  return changedEvents(event, channel, workspace, common)
}

/** An edit of a message that mentions the app comes as `app_mention` again (github.com/slackapi/bolt-js/issues/960); what only unfurled does not. */
function changedEvents(
  { message, before }: Extract<WorkspaceEvent, { kind: 'changed' }>,
  channel: Channel,
  workspace: Workspace,
  common: SlackEvent,
): SlackEvent[] {
  const shown = { message: messageObjectOf(message, workspace), previous_message: messageObjectOf(before, workspace) }
  const changed = { ...common, subtype: 'message_changed', ...shown, event_ts: common.ts }
  const isEdit = message.edited !== undefined && message.edited.ts !== before.edited?.ts
  if (!isEdit || !isMention(message, channel)) return [changed]
  return [changed, { ...shown.message, channel: channel.id, event_ts: message.edited?.ts, type: 'app_mention' }]
}

/** A mention in a channel comes as `message` and, under another event id, as `app_mention`; in a DM only as `message`. */
function postedEvents(message: Message, channel: Channel, workspace: Workspace): SlackEvent[] {
  const body = {
    ...messageObjectOf(message, workspace),
    channel: channel.id,
    event_ts: message.ts,
  }
  const event = { ...body, type: 'message', channel_type: eventTypeOf(channel) }
  return isMention(message, channel) ? [event, { ...body, type: 'app_mention' }] : [event]
}

/** No report tells of an `app_mention` for what a person said with /me. */
const isMention = ({ user, subtype, text }: Message, channel: Channel): boolean =>
  channel.im === undefined && user !== APP.user && subtype !== 'me_message' && text.includes(`<@${APP.user}>`)

/**
 * The app hears of reactions where it is a member. A message that names no user gives no `item_user`
 * (docs.slack.dev/reference/events/reaction_added).
 */
function reactionEvents(
  { message, user, name, added }: Extract<WorkspaceEvent, { kind: 'reacted' }>,
  workspace: Workspace,
): SlackEvent[] {
  const { channel, ts } = message
  if (!workspace.channels.get(channel)?.members.includes(APP.user)) return []
  const author = isNamedByBot(message) ? {} : { item_user: message.user }
  const type = added ? 'reaction_added' : 'reaction_removed'
  const item = { type: 'message', channel, ts }
  return [{ type, user, reaction: name, item, ...author, event_ts: workspace.nextTs() }]
}

function homeOpened(
  { user, tab, channel }: Extract<WorkspaceEvent, { kind: 'home_opened' }>,
  workspace: Workspace,
): SlackEvent {
  const view = workspace.homes.get(user)
  const shown = tab === 'home' && view !== undefined ? { view: { id: view.id, hash: view.hash, ...view.given } } : {}
  return { type: 'app_home_opened', user, channel, tab, event_ts: workspace.nextTs(), ...shown }
}
