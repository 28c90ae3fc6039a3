import type { App } from '@slack/bolt'
import { errorChainOf, isAppError } from '../../errors.ts'
import type { Origin } from '../../run/state/events.ts'
import { withDeadline } from '../../timing.ts'
import { sectionBlock } from '../blocks/build-blocks.ts'
import { mentionOf } from '../blocks/text.ts'
import type { RunsDeps, WebApiDeps } from '../deps.ts'
import { findRunFor } from '../interactions/find-for-person.ts'
import { postEphemeral, postNotice } from '../interactions/post-in-thread.ts'
import { taken } from '../interactions/taken.ts'
import { helloMessage } from '../onboarding/welcome-message.ts'
import type { BotIdentity } from '../web-api/users.ts'
import { AnyResponse } from '../web-api/web-api.ts'
import { handleAppMessage, handleDeletion, handleEdit, logIgnored } from './message-changes.ts'
import {
  addresseeOf,
  fetchNames,
  isStopWord,
  limitFiles,
  mentionedUsersIn,
  plainTextOf,
  removeMention,
} from './message-content.ts'
import { type MessageEvent, type PersonMessage, readMessageEvent } from './read-message-event.ts'
import { readThreadContext } from './thread-context.ts'

/** Names and earlier messages are left out if they take longer: an event has to be acknowledged in 3 s. */
const LOOKUP_TIMEOUT_MS = 1_800

/** Nobody has more runs than this at work in their direct messages. */
const RECENT_RUNS = 20

/** A mention comes as two events, and more than this need not be remembered to tell of it once. */
const MOST_TOLD = 1_000

/** Starts runs for direct messages, mentions and replies in the app's threads. An event is acknowledged when its run is stored. */
export function registerMessages(app: App, deps: WebApiDeps & RunsDeps): void {
  const tellUnstored = createUnstoredNotice(deps)
  const listen = async ({ event }: { event: unknown }) => {
    const incoming = readMessageEvent(event)
    await dispatchMessage(deps, incoming, tellUnstored)
  }
  app.event('message', taken, listen)
  app.event('app_mention', taken, listen)
}

type TellUnstored = (message: PersonMessage, error: unknown) => Promise<void>

/** Every event goes one way, and one that nothing follows from is logged with the reason. */
async function dispatchMessage(
  deps: WebApiDeps & RunsDeps,
  incoming: MessageEvent,
  tellUnstored: TellUnstored,
): Promise<void> {
  switch (incoming.kind) {
    case 'posted_by_person': {
      const { message } = incoming
      return handleMessage(deps, message).catch((error) => tellUnstored(message, error))
    }
    case 'posted_by_app':
      return handleAppMessage(deps, incoming.message)
    case 'edited':
      return handleEdit(deps, incoming)
    case 'deleted':
      return handleDeletion(deps, incoming)
    case 'ignored': {
      const { why, ...place } = incoming
      return logIgnored(deps, place, why)
    }
    default:
      incoming satisfies never
  }
}

/**
 * Acknowledges a message that could not be stored, as Slack ends subscriptions whose events fail, and asks its sender once to
 * send it again. Other errors are thrown.
 */
function createUnstoredNotice(deps: WebApiDeps): TellUnstored {
  const told = new Set<string>()
  return async (message, error) => {
    if (!isAppError(error, 'database_unavailable')) throw error
    deps.log.error({ channel: message.channel, why: errorChainOf(error) }, 'message not stored')
    const key = `${message.channel}:${message.ts}`
    const { user } = await deps.bot()
    const addressed = message.type === 'app_mention' || isDm(message) || mentionedUsersIn(message.text).includes(user)
    if (!addressed || message.user === user || told.has(key)) return
    if (told.size >= MOST_TOLD) told.clear()
    told.add(key)
    const text = ':warning: I cannot reach my database, so I did not keep this. Please ask again in a few minutes.'
    const place = { channel: message.channel, thread_ts: threadOf(message) }
    try {
      await deps.webApi.call('chat.postMessage', { ...place, text, blocks: [sectionBlock(text)] }, AnyResponse)
    } catch (error) {
      // Slack sends the event again, and the sender is told then.
      told.delete(key)
      throw error
    }
  }
}

async function handleMessage(deps: WebApiDeps & RunsDeps, message: PersonMessage): Promise<void> {
  const bot = await deps.bot()
  if (message.user === bot.user || !(await isAddressedToApp(deps, bot, message))) return
  const words = removeMention(message.text, bot.user)
  if (words === '' && message.files.length === 0) await postHello(deps, bot, message)
  else if (isStopWord(words)) await stopRun(deps, bot, message)
  else await startRun(deps, bot, message, words)
}

const isDm = (message: PersonMessage): boolean => message.channel_type === 'im' || message.channel.startsWith('D')

async function isAddressedToApp({ runs }: RunsDeps, bot: BotIdentity, message: PersonMessage): Promise<boolean> {
  if (message.type === 'app_mention' || isDm(message) || mentionedUsersIn(message.text).includes(bot.user)) return true
  if (message.thread_ts === undefined || message.thread_ts === message.ts) return false
  if (addresseeOf(message.text) !== undefined) return false
  return runs.knowsThread(bot.workspace, message.channel, message.thread_ts)
}

const threadOf = (message: PersonMessage): string => message.thread_ts ?? message.ts

async function startRun(
  deps: WebApiDeps & RunsDeps,
  bot: BotIdentity,
  message: PersonMessage,
  words: string,
): Promise<void> {
  const users = [message.user, ...mentionedUsersIn(words)]
  const [nameOf, context] = await Promise.all([
    withDeadline(fetchNames(deps.people, users), LOOKUP_TIMEOUT_MS, () => 'somebody'),
    withDeadline(readEarlierMessages(deps, bot, message), LOOKUP_TIMEOUT_MS, []),
  ])
  const { files, notice } = limitFiles(message.files)
  const plain = plainTextOf(words, nameOf) || '(no words, only files)'
  const text = notice === undefined ? plain : `${plain}\n[${notice}]`
  await deps.runs.start({
    origin: originOf(bot, message, nameOf(message.user)),
    text,
    dedupeKey: `${bot.workspace}:${message.channel}:${message.ts}`,
    ...(context.length > 0 && { context }),
    ...(files.length > 0 && { files }),
  })
  if (notice !== undefined) await postNotice(deps, { channel: message.channel, thread: threadOf(message) }, notice)
}

const originOf = (bot: BotIdentity, message: PersonMessage, userName: string): Origin => ({
  door: 'slack',
  workspace: bot.workspace,
  user: message.user,
  userName,
  channel: message.channel,
  threadTs: threadOf(message),
  messageTs: message.ts,
  place: isDm(message) ? 'dm' : 'channel',
  teamId: bot.team,
})

/** The messages of a thread before the app's first run in it; later runs know the conversation. */
async function readEarlierMessages(deps: WebApiDeps & RunsDeps, bot: BotIdentity, message: PersonMessage) {
  const { thread_ts: thread, channel, ts } = message
  if (thread === undefined || thread === ts) return []
  if (await deps.runs.knowsThread(bot.workspace, channel, thread)) return []
  return readThreadContext(deps, { channel, thread, before: ts })
}

async function stopRun(deps: WebApiDeps & RunsDeps, bot: BotIdentity, message: PersonMessage): Promise<void> {
  const active = await deps.runs.activeIn(bot.workspace, message.channel, threadOf(message))
  if (active === undefined) {
    if (isDm(message)) await stopRunsInDm(deps, bot, message)
    return
  }
  const by = { workspace: bot.workspace, user: message.user }
  if ((await deps.runs.stop(active, by)) !== 'not_yours') return
  const state = await findRunFor(deps, by, active)
  const who = state ? mentionOf(state.origin.user) : 'the person who asked'
  await postEphemeral(deps, { ...message, thread: message.thread_ts }, `Only ${who} or an approver can stop this.`)
}

/** Each top-level message in a DM starts a conversation, so "stop" there stops all of this person's runs in the DM. */
async function stopRunsInDm(
  deps: WebApiDeps & RunsDeps,
  { workspace }: BotIdentity,
  message: PersonMessage,
): Promise<void> {
  const by = { workspace, user: message.user }
  const recent = message.thread_ts === undefined ? await deps.runs.recentOf(by, RECENT_RUNS) : []
  const working = recent.filter(({ status, origin }) => status === 'working' && origin.channel === message.channel)
  for (const { id } of working) await deps.runs.stop(id, by)
  if (working.length > 0) return
  const text = 'Nothing is running here, so there is nothing to stop.'
  // Slack does not show an ephemeral message in a thread without replies.
  const place = { channel: message.channel, thread_ts: threadOf(message) }
  await deps.webApi.call('chat.postMessage', { ...place, text, blocks: [sectionBlock(text)] }, AnyResponse)
}

async function postHello(deps: WebApiDeps & RunsDeps, bot: BotIdentity, message: PersonMessage): Promise<void> {
  // A mention is delivered as two events.
  if (await deps.runs.seen(`hello:${bot.workspace}:${message.channel}:${message.ts}`)) return
  const place = { channel: message.channel, thread_ts: threadOf(message) }
  await deps.webApi.call(
    'chat.postMessage',
    { ...place, ...helloMessage, unfurl_links: false, unfurl_media: false },
    AnyResponse,
  )
}
