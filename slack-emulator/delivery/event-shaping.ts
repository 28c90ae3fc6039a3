import { type EventShape, MESSAGE_FIELDS, withNulls } from '../workspace/event-shape.ts'
import type { SlackEvent } from './event-payloads.ts'

type ShapedEvent = { event: SlackEvent; delayMs: number }

/** The events of one change as the workspace's shape has them: which of a mention's two is late, which lacks the files, and nulls. */
export function shapedEvents(events: SlackEvent[], { hold, withoutFiles, nulls }: EventShape): ShapedEvent[] {
  const isMention = events.some(({ type }) => type === 'app_mention')
  return events.map((event) => {
    const bare = isMention && withoutFiles.some((type) => type === event.type) ? leaveOutFiles(event) : event
    const shown = nulls ? nullsIn(bare) : bare
    return { event: shown, delayMs: isMention && hold?.type === event.type ? hold.ms : 0 }
  })
}

function leaveOutFiles(event: SlackEvent): SlackEvent {
  const { files: _files, subtype, ...bare } = event
  return subtype === undefined || subtype === 'file_share'
    ? { ...bare, type: event.type }
    : { ...bare, type: event.type, subtype }
}

function nullsIn(event: SlackEvent): SlackEvent {
  const isMessage = event.type === 'message' || event.type === 'app_mention'
  return isMessage ? { ...withNulls(event, MESSAGE_FIELDS), type: event.type } : event
}
