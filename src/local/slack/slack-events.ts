import type { Happening } from './happenings.ts'
import type { Channel, Message } from './records.ts'
import { APP } from './seed.ts'
import { messageObject } from './slack-objects.ts'
import type { Workspace } from './workspace.ts'

/** The inside of an event callback. */
export type SlackEvent = { type: string; [field: string]: unknown }

/** What the app is told of a happening: nothing, one event, or for a mention in a channel two. */
export function eventsOf(happening: Happening, workspace: Workspace): SlackEvent[] {
  switch (happening.kind) {
    case 'posted':
    case 'changed':
    case 'deleted':
      return messageEvents(happening, workspace)
    case 'home_opened':
      return [homeOpened(happening, workspace)]
    case 'session_stopped':
      return [
        {
          type: 'agent_session_stopped',
          channel: happening.channel,
          thread_ts: happening.thread_ts,
          user: happening.user,
          streaming_message_ts: happening.streams,
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
    case 'reacted':
    case 'streamed':
    case 'home_published':
    case 'modal':
    case 'session':
      return []
    default:
      return happening satisfies never
  }
}

type MessageHappening = Extract<Happening, { kind: 'posted' | 'changed' | 'deleted' }>

function messageEvents(happening: MessageHappening, workspace: Workspace): SlackEvent[] {
  const { message } = happening
  const channel = workspace.channels.get(message.channel)
  if (message.ephemeral_to !== undefined || !channel?.members.includes(APP.user)) return []
  if (happening.kind === 'posted') return postedEvents(message, channel, workspace)
  const common = {
    type: 'message',
    channel: channel.id,
    channel_type: channelType(channel),
    hidden: true,
    ts: workspace.nextTs(),
  }
  if (happening.kind === 'deleted') {
    const previous = messageObject(message, workspace)
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
  const [now, before] = [messageObject(message, workspace), messageObject(happening.before, workspace)]
  return [{ ...common, subtype: 'message_changed', message: now, previous_message: before, event_ts: common.ts }]
}

/** A mention in a channel comes as `message` and, under another event id, as `app_mention`; in a DM only as `message`. */
function postedEvents(message: Message, channel: Channel, workspace: Workspace): SlackEvent[] {
  const body = {
    ...messageObject(message, workspace),
    channel: channel.id,
    event_ts: message.ts,
    team: workspace.team.id,
  }
  const event = { ...body, type: 'message', channel_type: channelType(channel) }
  const mentions = channel.im === undefined && message.user !== APP.user && message.text.includes(`<@${APP.user}>`)
  return mentions ? [event, { ...body, type: 'app_mention' }] : [event]
}

function channelType(channel: Channel): string {
  return channel.im === undefined ? 'channel' : 'im'
}

function homeOpened(
  { user, tab, channel }: Extract<Happening, { kind: 'home_opened' }>,
  workspace: Workspace,
): SlackEvent {
  const view = workspace.homes.get(user)
  const shown = tab === 'home' && view !== undefined ? { view: { id: view.id, hash: view.hash, ...view.given } } : {}
  return { type: 'app_home_opened', user, channel, tab, event_ts: workspace.nextTs(), ...shown }
}
