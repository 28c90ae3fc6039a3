import type { RunId } from '../../ids.ts'
import { mentionOf } from '../blocks/text.ts'
import type { RunsDeps, WebApiDeps } from '../deps.ts'
import { findRunFor } from '../interactions/find-for-person.ts'
import { postEphemeral } from '../interactions/post-in-thread.ts'
import type { BotIdentity } from '../web-api/users.ts'
import { isDirect, messageKeyOf, threadOf } from './message-places.ts'
import type { PersonMessage } from './read-message-event.ts'
import { isCancelOfSomething, readAfterStop } from './short-words.ts'

/** Nobody has more runs than this at work in their direct messages. */
const RECENT_RUNS = 20

/**
 * Stops what is at work where the message stands, once for each message. False where nothing is, and the words may mean
 * something else than a run.
 */
export async function stopByWord(
  deps: WebApiDeps & RunsDeps,
  bot: BotIdentity,
  message: PersonMessage,
  words: string,
): Promise<boolean> {
  const by = { workspace: bot.workspace, user: message.user }
  const running = await runsAt(deps, bot, message)
  const mayMeanElse = isCancelOfSomething(words) || readAfterStop(words) !== undefined
  // The other event of the message may have stopped it a moment ago.
  if (mayMeanElse && (await isOwnRun(deps, bot, message, running))) return deps.runs.wasSeen(messageKeyOf(bot, message))
  const outcome = await deps.runs.stopOnce(messageKeyOf(bot, message), running, by)
  const place = { ...message, thread: isDirect(message) ? threadOf(message) : message.thread_ts }
  if (outcome === 'over') await postEphemeral(deps, place, 'Nothing is running here, so there is nothing to stop.')
  if (outcome === 'not_yours') {
    const [id = ''] = running
    const state = await findRunFor(deps, by, id)
    const who = state ? mentionOf(state.origin.user) : 'the person who asked'
    await postEphemeral(deps, place, `Only ${who} or an approver can stop this.`)
  }
  return true
}

/** The run of the thread. Each top-level message in a DM starts a conversation, so there it is all of the person's runs. */
async function runsAt({ runs }: RunsDeps, { workspace }: BotIdentity, message: PersonMessage): Promise<RunId[]> {
  const active = await runs.activeIn(workspace, message.channel, threadOf(message))
  if (active !== undefined) return [active]
  if (!isDirect(message) || message.thread_ts !== undefined) return []
  const recent = await runs.recentOf({ workspace, user: message.user }, RECENT_RUNS)
  const working = recent.filter(({ status, origin }) => status === 'working' && origin.channel === message.channel)
  return working.map(({ id }) => id)
}

/** Nothing runs but what this message started itself, when it came before. */
async function isOwnRun(
  { runs }: RunsDeps,
  { workspace }: BotIdentity,
  { ts }: PersonMessage,
  running: RunId[],
): Promise<boolean> {
  const states = await Promise.all(running.map((id) => runs.state(id, workspace)))
  return states.every((state) => state?.origin.messageTs === ts)
}
