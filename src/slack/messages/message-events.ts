import type { App } from '@slack/bolt'
import { errorChainOf, isAppError } from '../../errors.ts'
import type { RunId } from '../../ids.ts'
import type { RunState } from '../../run/state/state.ts'
import { truncate } from '../../text.ts'
import { muteMessage, readMuteWord } from '../agents/mute.ts'
import { type MessageContent, sectionBlock } from '../blocks/build-blocks.ts'
import { escapeInlineMrkdwn } from '../blocks/text.ts'
import type { AgentDeps, PolicyDeps, RunsDeps, TriggersDeps, WebApiDeps } from '../deps.ts'
import { outsiderRefusalFor } from '../interactions/outsiders.ts'
import { permalinkTextFor, postEphemeral, postNotice, postReply } from '../interactions/post-in-thread.ts'
import { markTaken } from '../interactions/taken.ts'
import { helloMessage } from '../onboarding/welcome-message.ts'
import type { BotIdentity } from '../web-api/users.ts'
import { isMentioned, withoutMentionsOf } from './addressees.ts'
import { buildRequest, greetingKeyOf, type MessageRequest, whyNotForApp } from './build-request.ts'
import { hearMessage } from './hear-messages.ts'
import { findRunToCorrect, handleAppMessage, handleDeletion, handleEdit, noteIgnored } from './message-changes.ts'
import { NO_NAMES } from './message-names.ts'
import { isDirect, isTopLevel, messageKeyOf, threadOf } from './message-places.ts'
import { offerSchedule } from './offer-schedule.ts'
import { pointAtCard } from './point-at-card.ts'
import { type MessageEvent, type PersonMessage, readMessageEvent } from './read-message-event.ts'
import { isGreeting, isStopWord, isThanks, isYesOrNo, readAfterStop } from './short-words.ts'
import { hasMoreThanText } from './slack-message.ts'
import { stopByWord } from './stop-by-word.ts'
import { createThreadOrder } from './thread-order.ts'

type Deps = WebApiDeps & RunsDeps & AgentDeps & TriggersDeps & Pick<PolicyDeps, 'settings'>

/** A mention comes as two events, and more than this need not be remembered to tell of it once. */
const MOST_TOLD = 1_000

/** Starts runs for direct messages, mentions and replies in the app's threads. An event is acknowledged when its run is stored. */
export function registerMessages(app: App, deps: Deps): void {
  const tellUnstored = createUnstoredNotice(deps)
  const inOrder = createThreadOrder()
  const listen = async ({ event }: { event: unknown }) => {
    const incoming = readMessageEvent(event)
    await inOrder(incoming, () => dispatchMessage(deps, incoming, tellUnstored))
  }
  app.event('message', markTaken, listen)
  app.event('app_mention', markTaken, listen)
}

type TellUnstored = (message: PersonMessage, error: unknown) => Promise<void>

/** Every event goes one way, and one that nothing follows from is logged with the reason. */
async function dispatchMessage(deps: Deps, incoming: MessageEvent, tellUnstored: TellUnstored): Promise<void> {
  const ask = (message: PersonMessage) => handleMessage(deps, message).catch((error) => tellUnstored(message, error))
  switch (incoming.kind) {
    case 'posted_by_person':
      return ask(incoming.message)
    case 'posted_by_app':
      return handleAppMessage(deps, incoming.message)
    case 'edited':
      return handleEdit(deps, incoming, ask)
    case 'deleted':
      return handleDeletion(deps, incoming)
    case 'ignored': {
      const { why, ...place } = incoming
      return noteIgnored(deps, place, why)
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
    const addressed = message.type === 'app_mention' || isDirect(message) || isMentioned(message.text, user)
    if (!addressed || message.user === user || told.has(key)) return
    if (told.size >= MOST_TOLD) told.clear()
    told.add(key)
    const text = ':warning: I cannot reach my database, so I did not keep this. Please ask again in a few minutes.'
    try {
      await postReply(deps, { ...message, thread: threadOf(message) }, { text, blocks: [sectionBlock(text)] })
    } catch (error) {
      // Slack sends the event again, and the sender is told then.
      told.delete(key)
      throw error
    }
  }
}

/** `message` asks something of the app, is a word to it, or is none of its business, which is logged. */
async function handleMessage(deps: Deps, message: PersonMessage): Promise<void> {
  const bot = await deps.bot()
  if (message.user === bot.user) return noteIgnored(deps, message, 'own message')
  const why = await whyNotForApp(deps, bot, message)
  if (why !== undefined) {
    noteIgnored(deps, message, why)
    return hearMessage(deps, message)
  }
  const refusal = await outsiderRefusalFor(deps, message.user, 'run')
  await (refusal === undefined ? actOnMessage(deps, bot, message) : refuseMessage(deps, bot, message, refusal))
}

async function actOnMessage(deps: Deps, bot: BotIdentity, message: PersonMessage): Promise<void> {
  if (hasMoreThanText(message, NO_NAMES)) return startRun(deps, bot, message)
  if (isHello(bot, message)) return postHello(deps, bot, message)
  const words = withoutMentionsOf(message.text, bot.user)
  const mute = readMuteWord(words)
  if (mute !== undefined) return muteThread(deps, bot, message, mute)
  if (isDirect(message) && isThanks(words)) return postOnce(deps, bot, message, thankedMessage)
  if (!(await actOnShortWord(deps, bot, message)))
    return isThanks(words) ? postOnce(deps, bot, message, thankedMessage) : startRun(deps, bot, message)
  const rest = readAfterStop(words)
  // A stop may have been stored without the request behind it.
  if (rest !== undefined) await startRun(deps, bot, { ...message, text: rest, blocks: [] })
}

/** From now on only mentions are answered in the thread, or every reply again. */
async function muteThread(
  deps: Deps,
  bot: BotIdentity,
  message: PersonMessage,
  word: 'mute' | 'unmute',
): Promise<void> {
  if (isDirect(message)) return postOnce(deps, bot, message, muteMessage('direct'))
  if (isTopLevel(message)) return postOnce(deps, bot, message, muteMessage('top'))
  await deps.agents.mute(bot.workspace, { channel: message.channel, thread: threadOf(message) }, word === 'mute')
  await postOnce(deps, bot, message, muteMessage(word))
}

/** Told once to who sent it and nobody else, as a mention is delivered as two events. */
async function refuseMessage(deps: Deps, bot: BotIdentity, message: PersonMessage, why: string): Promise<void> {
  noteIgnored(deps, message, why)
  await hearMessage(deps, message)
  if (await deps.runs.seen(`outsider:${messageKeyOf(bot, message)}`)) return
  await postEphemeral(deps, { channel: message.channel, user: message.user, thread: message.thread_ts }, why)
}

/** Only a mention, or a greeting beside it; in direct messages a greeting is answered as any other line. */
function isHello({ user }: BotIdentity, message: PersonMessage): boolean {
  const words = withoutMentionsOf(message.text, user)
  return /^[\s,:.!?]*$/.test(words) || (!isDirect(message) && isGreeting(words))
}

/** Stops a run, or points at the card that a yes, a no or a courtesy was typed under; false where the words are a request. */
async function actOnShortWord(deps: Deps, bot: BotIdentity, message: PersonMessage): Promise<boolean> {
  const words = withoutMentionsOf(message.text, bot.user)
  const isStop = isStopWord(words) || readAfterStop(words) !== undefined
  if (isStop && (await stopByWord(deps, bot, message, words))) return true
  const isCourtesy = !isTopLevel(message) && (isThanks(words) || isGreeting(words))
  return (isYesOrNo(words) || isCourtesy) && (await pointAtCard(deps, bot, message))
}

async function startRun(deps: Deps, bot: BotIdentity, message: PersonMessage): Promise<void> {
  const meant = await findRunToCorrect(deps, bot, message)
  const placed = meant === undefined ? message : { ...message, thread_ts: meant.origin.threadTs }
  const { request, notice } = await buildRequest(deps, bot, placed)
  // "Reviewer: stop"
  const isStop = request.agent?.chosenBy === 'name' && isStopWord(request.text)
  if (isStop && (await stopByWord(deps, bot, message, request.text))) return
  const mayBeScheduled = meant === undefined && !hasMoreThanText(message, NO_NAMES)
  if (mayBeScheduled && (await offerSchedule(deps, request))) return
  const { run, fresh } = await deps.runs.start(request)
  if (!fresh) return addLateFiles(deps, run, request)
  const place = { channel: message.channel, thread: threadOf(message) }
  if (meant !== undefined) await postNotice(deps, place, await takenAsCorrectionText(deps, meant))
  if (notice !== undefined) await postNotice(deps, place, notice)
}

/** Says under a line that it is no request of its own. */
async function takenAsCorrectionText(deps: WebApiDeps, { origin, text }: RunState): Promise<string> {
  const asked = escapeInlineMrkdwn(truncate(text.replace(/\s+/g, ' ').trim(), 150))
  return `I take this as a correction of _${asked}_, and go on there. ${await permalinkTextFor(deps, origin)}`
}

/**
 * Either event of a mention may bring its files: they join the run that the other one started, or where it has answered without
 * them, they ask again, as a person would who had forgotten them.
 */
async function addLateFiles(
  { runs, log }: WebApiDeps & RunsDeps,
  run: RunId,
  request: MessageRequest['request'],
): Promise<void> {
  const outcome = await runs.addFiles(run, request.origin.workspace, request.files)
  if (outcome !== 'late') return log.debug({ run, outcome }, 'message acted on before')
  const text = `${request.text}\n[The files of this message came only now.]`
  await runs.start({ ...request, text, dedupeKey: `${request.dedupeKey}:files` })
}

/** Greets who mentions the app without a word; their next line in that thread is then the request. */
async function postHello(deps: Deps, bot: BotIdentity, message: PersonMessage): Promise<void> {
  const { channel, user } = message
  await deps.runs.seen(greetingKeyOf(bot, { channel, thread: threadOf(message), user }))
  await postOnce(deps, bot, message, helloMessage)
}

/** Answers a courtesy without the model; once, as a mention is delivered as two events. */
async function postOnce(deps: Deps, bot: BotIdentity, message: PersonMessage, content: MessageContent): Promise<void> {
  const key = `hello:${messageKeyOf(bot, message)}`
  if (await deps.runs.seen(key)) return
  try {
    await postReply(deps, { ...message, thread: threadOf(message) }, content)
  } catch (error) {
    // Slack sends the event again, and the person is answered then.
    await deps.runs.forgetSeen(key)
    throw error
  }
}

const THANKED = 'You’re welcome!'
/** What a thanks gets, which asks for nothing. */
const thankedMessage: MessageContent = { text: THANKED, blocks: [sectionBlock(THANKED)] }
