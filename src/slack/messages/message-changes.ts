import { UserId } from '../../ids.ts'
import type { RunState } from '../../run/state/state.ts'
import type { AgentDeps, PolicyDeps, RunsDeps, WebApiDeps } from '../deps.ts'
import type { BotIdentity } from '../web-api/users.ts'
import { isMentioned, withoutMentionsOf } from './addressees.ts'
import { buildRequest, whyNotForApp } from './build-request.ts'
import { hearMessage, removeHeard } from './hear-messages.ts'
import { isDirect, isTopLevel, messageKeyOf, threadOf } from './message-places.ts'
import type { MessageEvent, PersonMessage } from './read-message-event.ts'
import { isCorrection, isGreeting, isStopWord, isThanks, isYesOrNo } from './short-words.ts'
import { isByApp } from './slack-message.ts'
import { startForApp } from './start-for-app.ts'
import { stopByWord } from './stop-by-word.ts'

type EventOfKind<K extends MessageEvent['kind']> = Extract<MessageEvent, { kind: K }>

/** A line for what was heard and not acted on. */
export function noteIgnored(
  { log }: Pick<WebApiDeps, 'log'>,
  { channel, ts }: { channel?: string | undefined; ts?: string | undefined },
  why: string,
): void {
  log.debug({ channel, ts, why }, 'message event ignored')
}

/** What another app, a workflow or Slackbot posted is heard; only an app that an owner named starts a run. */
export async function handleAppMessage(
  deps: WebApiDeps & RunsDeps & Pick<PolicyDeps, 'settings'>,
  message: EventOfKind<'posted_by_app'>['message'],
): Promise<void> {
  await hearMessage(deps, message)
  const why = await startForApp(deps, message)
  if (why !== undefined) noteIgnored(deps, message, why)
}

/** What was acted on is remembered for a day; an older message is not a new request because a word in it was mended. */
const REMEMBERED_MS = 24 * 60 * 60_000

/**
 * New words of a request that is at work are taken as such. A mention that an edit adds asks as a new message would, once; `ask` gets
 * the message as it is now.
 */
export async function handleEdit(
  deps: WebApiDeps & RunsDeps & AgentDeps,
  event: EventOfKind<'edited'>,
  ask: (message: PersonMessage) => Promise<void>,
): Promise<void> {
  const { message, before, editedTs } = event
  if (await changeRequest(deps, event)) return
  await hearMessage(deps, message, editedTs)
  const { user: app } = await deps.bot()
  const user = UserId.safeParse(message.user)
  const why = whyNoRequest(message, before, app)
  if (why !== undefined || !user.success) return noteIgnored(deps, message, why ?? 'edited, no author')
  await ask({ ...message, type: 'app_mention', user: user.data })
}

/** False where the edit changes nothing that is at work; Slack tells of a preview that it added as of an edit. */
async function changeRequest(
  deps: WebApiDeps & RunsDeps & AgentDeps,
  { message: edited, before, editedTs }: EventOfKind<'edited'>,
): Promise<boolean> {
  const bot = await deps.bot()
  const user = UserId.safeParse(edited.user)
  const isSame = edited.edited === undefined || before?.text === edited.text
  if (!user.success || isByApp(edited) || edited.user === bot.user || isSame) return false
  const corrected = await findCorrectedRun(deps, bot, edited)
  const message = { ...edited, user: user.data, ...(corrected && { thread_ts: corrected.origin.threadTs }) }
  const active = await deps.runs.activeIn(bot.workspace, message.channel, threadOf(message))
  if (active === undefined || (await whyNotForApp(deps, bot, message)) !== undefined) return false
  const words = withoutMentionsOf(message.text, bot.user)
  if (isStopWord(words)) return stopByWord(deps, bot, message, words)
  if (isYesOrNo(words) || isThanks(words) || isGreeting(words)) return false
  const { request } = await buildRequest(deps, bot, message)
  const key = messageKeyOf(bot, message)
  return (await deps.runs.change({ ...request, dedupeKey: `${key}:edited:${editedTs}` }, key)) !== 'over'
}

function whyNoRequest(
  message: EventOfKind<'edited'>['message'],
  before: EventOfKind<'edited'>['before'],
  app: string,
): string | undefined {
  if (isByApp(message) || message.user === app) return 'edited by an app'
  if (isDirect(message) || !isMentioned(message.text, app)) return 'edited'
  if (before === undefined)
    return Date.now() - Number(message.ts) * 1_000 > REMEMBERED_MS ? 'edited after more than a day' : undefined
  const asked = isMentioned(before.text, app) && withoutMentionsOf(before.text, app) !== ''
  return asked ? 'edited, and mentioned the app before' : undefined
}

/** A message is gone, whoever deleted it. */
export async function handleDeletion(deps: WebApiDeps & RunsDeps, event: EventOfKind<'deleted'>): Promise<void> {
  const { channel, ts, before } = event
  await removeHeard(deps, event)
  const bot = await deps.bot()
  const corrected = await findCorrectedRun(deps, bot, { ...before, channel, ts })
  const threadTs = threadOf({ channel, ts, thread_ts: corrected?.origin.threadTs ?? before?.thread_ts })
  await deps.runs.withdraw({ workspace: bot.workspace, channel, ts, threadTs })
}

type Line = Pick<EventOfKind<'edited'>['message'], 'channel' | 'ts' | 'user' | 'thread_ts'>

/** The run that a new line in direct messages has corrected. */
async function findCorrectedRun(deps: RunsDeps, bot: BotIdentity, line: Line): Promise<RunState | undefined> {
  return (await recentRunsAt(deps, bot, line)).find(isCorrectedBy(line))
}

/**
 * The run that a new line in direct messages plainly corrects: the one request of the person that waits there for an approval. Many people
 * never answer in threads, and a line that leaves a doubt is a request of its own.
 */
export async function findRunToCorrect(
  deps: RunsDeps,
  bot: BotIdentity,
  line: PersonMessage,
): Promise<RunState | undefined> {
  if (!isCorrection(line.text)) return undefined
  const recent = await recentRunsAt(deps, bot, line)
  const [only, ...others] = recent.filter(waitsForApproval)
  // The event may come again.
  return recent.find(isCorrectedBy(line)) ?? (others.length === 0 ? only : undefined)
}

const isCorrectedBy =
  ({ ts }: Line) =>
  ({ corrections }: RunState): boolean =>
    corrections.some(({ messageTs }) => messageTs === ts)

const waitsForApproval = ({ status, calls }: RunState): boolean =>
  status === 'working' && calls.some(({ stage }) => stage === 'awaiting_approval')

/** Somebody's last runs, some of which may be in channels. */
const RECENT_RUNS = 10

async function recentRunsAt({ runs }: RunsDeps, { workspace }: BotIdentity, line: Line): Promise<RunState[]> {
  const user = UserId.safeParse(line.user)
  if (!user.success || !isDirect(line) || !isTopLevel(line)) return []
  const recent = await runs.recentOf({ workspace, user: user.data }, RECENT_RUNS)
  return recent.filter(({ origin }) => origin.channel === line.channel)
}
