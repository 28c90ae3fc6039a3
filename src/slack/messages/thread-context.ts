import { errorChainOf, isAppError } from '../../errors.ts'
import type { ReadThread, ThreadReading } from '../../run/deps.ts'
import type { ThreadRange } from '../../run/state/events.ts'
import { withDeadline } from '../../timing.ts'
import type { WebApiDeps } from '../deps.ts'
import { limitChars } from '../message-text/merge-words.ts'
import type { MessageNames } from '../message-text/read-mrkdwn.ts'
import { readThreadEnd, type ThreadPart } from '../web-api/read-thread-end.ts'
import type { BotIdentity } from '../web-api/users.ts'
import { slackErrorCodeOf } from '../web-api/web-api.ts'
import { fetchMessageNames, NO_NAMES } from './message-names.ts'
import { authorOf, SlackMessage, textOfMessage } from './slack-message.ts'

/** Nobody waits longer for an answer because a thread is slow to read. */
const READ_MS = 20_000
const NAMES_MS = 5_000

/** Of a longer thread, only the newest messages are told: some 10,000 tokens. */
const MAX_MESSAGES = 200
const MAX_CHARS = 40_000
const MAX_MESSAGE_CHARS = 8_000

/** Marks a message among the others. */
export const ABOUT = '(the message the question is about)'

type ThreadMessage = { author: string; text: string }

/** Reads what was said in a thread before a request. */
export function createThreadReader(deps: WebApiDeps): ReadThread {
  return async (_origin, range, signal) => {
    try {
      const work = readPart(deps, range)
      const reading = await withDeadline(work, READ_MS + NAMES_MS, undefined, signal)
      return reading ?? { messages: [], gap: `${UNREAD} Slack took too long.` }
    } catch (error) {
      if (!isAppError(error, 'slack_failed')) throw error
      deps.log.warn({ channel: range.channel, why: errorChainOf(error) }, 'thread could not be read')
      return { messages: [], gap: `${UNREAD} ${refusalTextOf(error)}` }
    }
  }
}

const UNREAD = 'I could not read what was said before in this thread.'

function refusalTextOf(error: unknown): string {
  switch (slackErrorCodeOf(error)) {
    case 'not_in_channel':
    case 'channel_not_found':
      return 'I am not in its channel: /invite me there.'
    case 'missing_scope':
      return 'I may not read this kind of channel: whoever runs Patchbay can add the scope and reinstall the app.'
    case 'ratelimited':
      return 'Slack lets me read only once a minute: please ask again then.'
    case 'thread_not_found':
    case 'message_not_found':
      return 'It is gone from Slack.'
    default:
      return 'Slack did not hand it over.'
  }
}

async function readPart(deps: WebApiDeps, range: ThreadRange): Promise<ThreadReading> {
  const { channel, thread, about } = range
  // A message that is asked about is part of what was said.
  const before = about === undefined ? range.before : `${about}5`
  const part = await readThreadEnd(deps.webApi, { channel, thread, before }, SlackMessage, READ_MS)
  const said = [...(part.root && Number(thread) < Number(before) ? [part.root] : []), ...part.replies]
  const kept = said.filter(({ subtype }) => subtype !== 'tombstone').slice(-MAX_MESSAGES)
  const [bot, names] = await Promise.all([
    deps.bot(),
    withDeadline(fetchMessageNames(deps.names, kept), NAMES_MS, NO_NAMES),
  ])
  return readingOf({ part, said: kept, about, bot, names })
}

type Said = {
  part: ThreadPart<SlackMessage>
  said: SlackMessage[]
  about: string | undefined
  bot: BotIdentity
  names: MessageNames
}

function readingOf({ part, said, about, bot, names }: Said): ThreadReading {
  const isAbout = ({ ts }: SlackMessage) => ts === about
  const all = said.flatMap((message) => {
    const text = textOfMessage(message, names, MAX_MESSAGE_CHARS)
    const author = authorOf(message, names, bot) + (isAbout(message) ? ` ${ABOUT}` : '')
    return text === '' ? [] : [{ author, text }]
  })
  const messages = newestOf(all)
  const gap = gapOf(part, messages.length, messages.length < all.length)
  return { messages, ...(said.some(isAbout) && { hasAbout: true }), ...(gap !== undefined && { gap }) }
}

/** The newest messages that fit; of the oldest of them, and of one that alone is too long, the beginning. */
function newestOf(all: ThreadMessage[]): ThreadMessage[] {
  const kept: ThreadMessage[] = []
  let room = MAX_CHARS
  for (const { author, text } of all.toReversed()) {
    if (room <= 0) break
    kept.unshift({ author, text: limitChars(text, room) })
    room -= text.length
  }
  return kept
}

function gapOf(
  { replies, isWhole, reachesEnd }: ThreadPart<SlackMessage>,
  read: number,
  isCut: boolean,
): string | undefined {
  if (!reachesEnd) return `I could read only the first ${replies.length + 1} messages of this thread, not the newest.`
  return isWhole && !isCut && replies.length < MAX_MESSAGES
    ? undefined
    : `I read only the last ${read} messages of this thread.`
}
