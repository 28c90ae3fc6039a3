import { errorChainOf } from '../../errors.ts'
import type { Origin } from '../../run/state/events.ts'
import { type MessageContent, sectionBlock } from '../blocks/build-blocks.ts'
import { isMessageGone, type MessagePlace, permalinkOf } from '../web-api/post-message.ts'
import { isPlaceClosed, isThreadGone } from '../web-api/web-api.ts'
import type { CloseReason, MessageSlot, PostedMessages } from './message-records.ts'

const isOwnPlace = ({ origin }: PostedMessages, { channel, thread }: MessagePlace): boolean =>
  channel === origin.channel && thread === origin.threadTs

/**
 * Notes that the run's own thread takes nothing more, where an error of Slack says so; false for any other error or place. A run at work
 * whose request is gone is stopped before it calls anything else.
 */
export async function noteClosedPlace(posted: PostedMessages, place: MessagePlace, error: unknown): Promise<boolean> {
  if (!isPlaceClosed(error) || !isOwnPlace(posted, place)) return false
  const { deps, run, origin } = posted
  deps.log.warn({ run, why: errorChainOf(error) }, 'nothing can be posted where the run was asked for')
  closePlace(posted, isThreadGone(error) ? 'thread_gone' : 'conversation_closed')
  if (posted.closed !== 'thread_gone' || !posted.working) return true
  const { workspace, channel, threadTs } = origin
  await deps.runs.withdraw({ workspace, channel, ts: threadTs, threadTs })
  return true
}

/** The same for a stream, which Slack may refuse for reasons of its own: the message is looked for. */
export async function noteThreadGone(posted: PostedMessages, error: unknown): Promise<void> {
  const { deps, origin } = posted
  const { channel, threadTs: thread } = origin
  if (isThreadGone(error) && (await isMessageGone(deps.webApi, channel, thread)))
    await noteClosedPlace(posted, { channel, thread }, error)
}

/** The first reason counts. */
export function closePlace(posted: PostedMessages, reason: CloseReason): void {
  posted.closed ??= reason
}

/**
 * Where a message goes that is not posted yet: what the run's own thread does not take goes to the person who asked. Undefined where it
 * goes nowhere, as of a run that was or is about to be stopped.
 */
export async function placeFor(posted: PostedMessages, slot: MessageSlot): Promise<MessagePlace | undefined> {
  const { closed, origin, deps } = posted
  if (closed === undefined || !isOwnPlace(posted, slot)) return slot
  if (slot.isBound || closed === 'withdrawn' || (closed === 'thread_gone' && posted.working)) return undefined
  const channel = await deps.directMessageOf(origin.user)
  if (channel === undefined || (channel === origin.channel && closed === 'conversation_closed')) return undefined
  return { channel, thread: undefined }
}

/** The content as it is shown in `place`: what stands elsewhere than it was asked for says so once. */
export async function contentFor(
  posted: PostedMessages,
  { key }: Pick<MessageSlot, 'key'>,
  place: MessagePlace,
  content: MessageContent,
): Promise<MessageContent> {
  const { origin, closed, deps } = posted
  const isElsewhere = place.channel !== origin.channel || (closed === 'thread_gone' && place.thread === undefined)
  if (!isElsewhere || !isFirstThere(posted, key, place)) return content
  const text = await whereaboutsOf(deps, origin, closed)
  return { text: `${text}\n${content.text}`, blocks: [sectionBlock(text), ...content.blocks] }
}

const ANSWER = /^answer:\d+:(\d+)$/

/** Whether it is the part of the answer that came first to a place. In a DM the records do not tell the places apart. */
function isFirstThere({ byKey, origin }: PostedMessages, key: string, { channel }: MessagePlace): boolean {
  const [, page] = ANSWER.exec(key) ?? []
  if (page === undefined || channel === origin.channel) return page === '0'
  const there = [...byKey.values()].filter((one) => one.channel === channel && ANSWER.test(one.key))
  const { ts: own } = there.find((one) => one.key === key) ?? {}
  return there.every(({ ts }) => own !== undefined && own <= ts)
}

async function whereaboutsOf(
  { webApi }: PostedMessages['deps'],
  { channel, messageTs, place }: Origin,
  closed: CloseReason | undefined,
): Promise<string> {
  const where = place === 'dm' ? 'here' : `in <#${channel}>`
  if (closed === 'thread_gone') return `The message you asked this with ${where} is gone, so I tell you directly:`
  const link = await permalinkOf(webApi, channel, messageTs)
  const asked = link === undefined ? 'what you asked there' : `<${link}|what you asked there>`
  return `I cannot post ${where} any more, so here is how it went with ${asked}:`
}
