import type { App } from '@slack/bolt'
import { z } from 'zod'
import { errorChainOf } from '../../errors.ts'
import { ChannelId, UserId } from '../../ids.ts'
import type { Origin } from '../../run/state/origin.ts'
import { withDeadline } from '../../timing.ts'
import { sectionBlock } from '../blocks/blocks.ts'
import { mentionOf } from '../blocks/text.ts'
import { helloMessage } from '../commands/help-message.ts'
import type { SlackDeps } from '../deps.ts'
import { findRunFor } from '../interactions/find-for-person.ts'
import type { BotIdentity } from '../web-api/bot-identity.ts'
import { AnyResponse } from '../web-api/web-api.ts'
import { limitFiles, MessageFiles } from './message-files.ts'
import { addresseeOf, isStopWord, mentionedUsersIn, plainTextOf, removeMention } from './message-text.ts'
import { readThreadContext } from './thread-context.ts'

/** Names and earlier messages are worth having, but an event has to be acknowledged in 3 s. */
const LOOKUP_MS = 1_800

/** More requests than this nobody has at work at once. */
const RECENT = 20

const Message = z.object({
  type: z.enum(['message', 'app_mention']),
  subtype: z.enum(['file_share', 'thread_broadcast']).optional(),
  user: UserId,
  text: z.string().default(''),
  ts: z.string(),
  thread_ts: z.string().optional(),
  channel: ChannelId,
  channel_type: z.string().optional(),
  bot_id: z.undefined().optional(),
  edited: z.undefined().optional(),
  files: MessageFiles,
})
type Message = z.infer<typeof Message>

/** Direct messages, mentions and replies in threads the app takes part in. An event is acknowledged when its run is kept. */
export function registerMessages(app: App, deps: SlackDeps): void {
  const listen = async ({ event }: { event: unknown }) => {
    const parsed = Message.safeParse(event)
    if (parsed.success) await hear(deps, parsed.data)
  }
  app.event('message', listen)
  app.event('app_mention', listen)
}

async function hear(deps: SlackDeps, message: Message): Promise<void> {
  const bot = await deps.bot()
  if (message.user === bot.user || !(await isForUs(deps, bot, message))) return
  const words = removeMention(message.text, bot.user)
  if (words === '' && message.files.length === 0) await sayHi(deps, bot, message)
  else if (isStopWord(words)) await stop(deps, bot, message)
  else await ask(deps, bot, message, words)
}

const isDm = (message: Message): boolean => message.channel_type === 'im' || message.channel.startsWith('D')

async function isForUs({ runs }: SlackDeps, bot: BotIdentity, message: Message): Promise<boolean> {
  if (message.type === 'app_mention' || isDm(message) || mentionedUsersIn(message.text).includes(bot.user)) return true
  if (message.thread_ts === undefined || message.thread_ts === message.ts) return false
  if (addresseeOf(message.text) !== undefined) return false
  return runs.knowsThread(bot.workspace, message.channel, message.thread_ts)
}

const threadOf = (message: Message): string => message.thread_ts ?? message.ts

async function ask(deps: SlackDeps, bot: BotIdentity, message: Message, words: string): Promise<void> {
  const users = [message.user, ...mentionedUsersIn(words)]
  const [names, context] = await Promise.all([
    withDeadline(namesOf(deps, users), LOOKUP_MS, new Map<string, string>()),
    withDeadline(earlier(deps, bot, message), LOOKUP_MS, []),
  ])
  const nameOf = (user: string) => names.get(user) ?? 'somebody'
  const { files, left } = limitFiles(message.files)
  const said = plainTextOf(words, nameOf) || '(no words, only files)'
  const text = left === undefined ? said : `${said}\n[${left}]`
  await deps.runs.start({
    origin: originOf(bot, message, nameOf(message.user)),
    text,
    dedupeKey: `${bot.workspace}:${message.channel}:${message.ts}`,
    ...(context.length > 0 && { context }),
    ...(files.length > 0 && { files }),
  })
  if (left !== undefined) await whisper(deps, { ...message, thread_ts: threadOf(message) }, left)
}

const originOf = (bot: BotIdentity, message: Message, userName: string): Origin => ({
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

async function namesOf({ people }: SlackDeps, users: string[]): Promise<Map<string, string>> {
  return new Map(await Promise.all(users.map(async (user) => [user, await people.nameOf(user)] as const)))
}

/** What was said before the app came in; later the run knows the conversation itself. */
async function earlier(deps: SlackDeps, bot: BotIdentity, message: Message) {
  const { thread_ts: thread, channel, ts } = message
  if (thread === undefined || thread === ts) return []
  if (await deps.runs.knowsThread(bot.workspace, channel, thread)) return []
  return readThreadContext(deps, { channel, thread, before: ts })
}

async function stop(deps: SlackDeps, bot: BotIdentity, message: Message): Promise<void> {
  const active = await deps.runs.activeIn(bot.workspace, message.channel, threadOf(message))
  if (active === undefined) {
    if (isDm(message)) await stopInDm(deps, bot, message)
    return
  }
  const by = { workspace: bot.workspace, user: message.user }
  if ((await deps.runs.stop(active, by)) !== 'not_yours') return
  const state = await findRunFor(deps, by, active)
  const who = state ? mentionOf(state.origin.user) : 'the person who asked'
  await whisper(deps, message, `Only ${who} or an approver can stop this.`)
}

/** Each message at the top of a DM begins a conversation, so "stop" there means whatever is at work for this person. */
async function stopInDm(deps: SlackDeps, { workspace }: BotIdentity, message: Message): Promise<void> {
  const by = { workspace, user: message.user }
  const recent = message.thread_ts === undefined ? await deps.runs.recentOf(by, RECENT) : []
  const working = recent.filter(({ status, origin }) => status === 'working' && origin.channel === message.channel)
  for (const { id } of working) await deps.runs.stop(id, by)
  if (working.length > 0) return
  const text = 'Nothing is running here, so there is nothing to stop.'
  // Where every answer in a DM stands; Slack does not show a message only one person sees in a thread that has no replies.
  const place = { channel: message.channel, thread_ts: threadOf(message) }
  await deps.webApi.call('chat.postMessage', { ...place, text, blocks: [sectionBlock(text)] }, AnyResponse)
}

async function sayHi(deps: SlackDeps, bot: BotIdentity, message: Message): Promise<void> {
  // A mention arrives as two events.
  if (await deps.runs.seen(`hello:${bot.workspace}:${message.channel}:${message.ts}`)) return
  const place = { channel: message.channel, thread_ts: threadOf(message) }
  await deps.webApi.call(
    'chat.postMessage',
    { ...place, ...helloMessage, unfurl_links: false, unfurl_media: false },
    AnyResponse,
  )
}

async function whisper({ webApi, log }: SlackDeps, message: Message, text: string): Promise<void> {
  const place = {
    channel: message.channel,
    user: message.user,
    ...(message.thread_ts && { thread_ts: message.thread_ts }),
  }
  try {
    await webApi.call('chat.postEphemeral', { ...place, text, blocks: [sectionBlock(text)] }, AnyResponse)
  } catch (error) {
    log.warn({ why: errorChainOf(error) }, 'could not whisper')
  }
}
