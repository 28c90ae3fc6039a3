import type { StartRequest } from '../../run/runs.ts'
import type { AttachedFile, Origin, ThreadRange } from '../../run/state/events.ts'
import { withDeadline } from '../../timing.ts'
import { readMuteWord } from '../agents/mute.ts'
import { isForAgentGroup, routeMessage } from '../agents/route-message.ts'
import type { AgentDeps, RunsDeps, WebApiDeps } from '../deps.ts'
import { joinLines } from '../message-text/payload-fields.ts'
import type { Asker, BotIdentity } from '../web-api/users.ts'
import { isForOthers, isMentioned } from './addressees.ts'
import { limitFiles } from './message-content.ts'
import { fetchMessageNames, NO_NAMES } from './message-names.ts'
import { isDirect, isTopLevel, messageKeyOf, threadOf } from './message-places.ts'
import type { PersonMessage } from './read-message-event.ts'
import { isStopWord, isThanks } from './short-words.ts'
import { filesOfMessage, hasMoreThanText, requestTextOf } from './slack-message.ts'

type Deps = RunsDeps & AgentDeps & Pick<WebApiDeps, 'names'>

/** Why the app leaves a message alone; undefined where it is for the app. */
export async function whyNotForApp(deps: Deps, bot: BotIdentity, message: PersonMessage): Promise<string | undefined> {
  const { text, user } = message
  if (isSpokenTo(bot, message)) return undefined
  if (message.subtype === 'me_message') return '/me without a mention'
  if (await isForAgentGroup(deps, { workspace: bot.workspace, user }, text)) return undefined
  if (isTopLevel(message)) return 'not addressed'
  return whyNotInThread(deps, bot, message)
}

const isSpokenTo = (bot: BotIdentity, message: PersonMessage): boolean =>
  message.type === 'app_mention' || isMentioned(message.text, bot.user) || isDirect(message)

/** Why a reply without a mention is left alone. */
async function whyNotInThread(
  { runs, agents }: Deps,
  bot: BotIdentity,
  message: PersonMessage,
): Promise<string | undefined> {
  const { text, channel, user, thread_ts: thread = '' } = message
  const knows =
    (await runs.knowsThread(bot.workspace, channel, thread)) ||
    (await runs.wasSeen(greetingKeyOf(bot, { channel, thread, user })))
  if (!knows) return 'not in a thread of the app'
  if (isForOthers(text)) return 'for somebody else'
  const isHeardMuted = isStopWord(text) || readMuteWord(text) === 'unmute'
  if (!isHeardMuted && (await agents.isMuted(bot.workspace, { channel, thread }))) return 'muted'
  return isThanks(text) && !hasMoreThanText(message, NO_NAMES) ? 'thanks' : undefined
}

/** Names are left out if they take longer: an event has to be acknowledged in 3 s, and the next of its thread waits for it. */
const LOOKUP_TIMEOUT_MS = 1_200

/** A message as a request, and what has to be said of it: that not all of its files are taken, or who does it where that is in doubt. */
export type MessageRequest = { request: StartRequest & { files: AttachedFile[] }; notice: string | undefined }

export async function buildRequest(
  deps: WebApiDeps & RunsDeps & AgentDeps,
  bot: BotIdentity,
  message: PersonMessage,
): Promise<MessageRequest> {
  const [asker, names, earlier] = await Promise.all([
    withDeadline(deps.people.askerOf(message.user), LOOKUP_TIMEOUT_MS, { userName: 'somebody' }),
    withDeadline(fetchMessageNames(deps.names, [message]), LOOKUP_TIMEOUT_MS, NO_NAMES),
    earlierThreadOf(deps, bot, message),
  ])
  const { files, notice } = limitFiles(filesOfMessage(message))
  const { own, quoted } = requestTextOf(message, names, bot.user)
  const by = { workspace: bot.workspace, user: message.user }
  const place = { channel: message.channel, thread: threadOf(message) }
  const said = { text: own, by: isSpokenTo(bot, message) ? 'mention' : 'thread' } as const
  const { agent, text: words, notice: doubt } = await routeMessage(deps, by, place, said)
  const plain = joinLines([words || (quoted === '' ? '(no words, only files)' : '(no words of their own)'), quoted])
  const text = notice === undefined ? plain : `${plain}\n[${notice}]`
  const request = { origin: originOf(bot, message, asker), text, dedupeKey: messageKeyOf(bot, message), files }
  const notices = [notice, doubt].filter((one) => one !== undefined)
  return {
    request: { ...request, ...(earlier && { earlier }), ...(agent && { agent }) },
    notice: notices.length === 0 ? undefined : notices.join('\n'),
  }
}

const originOf = (bot: BotIdentity, message: PersonMessage, asker: Asker): Origin => ({
  door: 'slack',
  workspace: bot.workspace,
  user: message.user,
  ...asker,
  channel: message.channel,
  threadTs: threadOf(message),
  messageTs: message.ts,
  place: isDirect(message) ? 'dm' : 'channel',
  teamId: bot.team,
})

/** What was said in a thread before the app's first run in it; later runs know the conversation. */
async function earlierThreadOf(
  { runs }: RunsDeps,
  { workspace }: BotIdentity,
  { thread_ts: thread, channel, ts: before }: PersonMessage,
): Promise<ThreadRange | undefined> {
  if (thread === undefined || thread === before) return undefined
  return (await runs.knowsThread(workspace, channel, thread)) ? undefined : { channel, thread, before }
}

export const greetingKeyOf = (
  { workspace }: BotIdentity,
  { channel, thread, user }: { channel: string; thread: string; user: string },
): string => `greeted:${workspace}:${channel}:${thread}:${user}`
