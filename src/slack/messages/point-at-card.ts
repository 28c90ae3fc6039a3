import type { Principal } from '../../ids.ts'
import type { ShownMessage } from '../../run/runs.ts'
import type { CallState, RunState } from '../../run/state/state.ts'
import { approvalKeyOf, groupOf, pendingKeyOf } from '../approvals/approval-groups.ts'
import { editKeyOf } from '../approvals/edit-confirmation.ts'
import { joinWords, mentionOf } from '../blocks/text.ts'
import type { RunsDeps, WebApiDeps } from '../deps.ts'
import { elicitationKeyOf } from '../elicitation/elicitation-card.ts'
import { permalinkTextFor, postEphemeral } from '../interactions/post-in-thread.ts'
import type { BotIdentity } from '../web-api/users.ts'
import { isDirect, isTopLevel, messageKeyOf, threadOf } from './message-places.ts'
import type { PersonMessage } from './read-message-event.ts'

/**
 * Answers a "yes" or "no" typed while a card waits, once for each message, with where to decide: words are never taken for a
 * decision, and a bare yes asks for nothing else. False where no card waits.
 */
export async function pointAtCard(
  deps: WebApiDeps & RunsDeps,
  bot: BotIdentity,
  message: PersonMessage,
): Promise<boolean> {
  const by = { workspace: bot.workspace, user: message.user }
  const state = await waitingRunAt(deps, by, message)
  const waiting = state?.calls.filter(waitsForPerson) ?? []
  const call = waiting.find(({ approval }) => approval?.approvers.includes(by.user)) ?? waiting[0]
  // The card may have been decided since the other event of the message came.
  if (state === undefined || call === undefined) return deps.runs.wasSeen(messageKeyOf(bot, message))
  const text = textFor(call, by.user)
  const shown = await shownCardOf(deps, { state, call }, message)
  const link =
    shown === undefined ? '' : ` ${await permalinkTextFor(deps, { channel: shown.channel, messageTs: shown.ts })}`
  const place = { ...message, thread: isDirect(message) ? threadOf(message) : message.thread_ts }
  if (await deps.runs.seen(messageKeyOf(bot, message))) return true
  await postEphemeral(deps, place, `${text}${link}`)
  return true
}

const waitsForPerson = ({ stage }: CallState): boolean => stage === 'awaiting_approval' || stage === 'waiting_input'

/** The run that waits in the thread; for a new line in a DM, the person's last run there. */
async function waitingRunAt({ runs }: RunsDeps, by: Principal, message: PersonMessage): Promise<RunState | undefined> {
  const { channel } = message
  const active = await runs.activeIn(by.workspace, channel, threadOf(message))
  if (active !== undefined) return runs.state(active, by.workspace)
  if (!isDirect(message) || !isTopLevel(message)) return undefined
  const recent = await runs.recentOf(by, RECENT_RUNS)
  const last = recent.find(({ origin }) => origin.channel === channel)
  return last?.status === 'working' ? last : undefined
}

/** Somebody's last runs, some of which may be in channels. */
const RECENT_RUNS = 10

function textFor({ approval, inputs }: CallState, user: Principal['user']): string {
  if (approval === undefined || approval.decided !== undefined) {
    const asked = inputs.find(({ given }) => given === undefined)
    return asked === undefined || asked.person === user
      ? 'I need your answer on the card that asks for it; words alone do not count.'
      : `Only ${mentionOf(asked.person)} can answer this, on the card that asks for it.`
  }
  if (approval.approvers.includes(user))
    return 'Words alone decide nothing: please press *Approve* or *Deny* on the card.'
  const who = joinWords(approval.approvers.slice(0, 10).map(mentionOf), 'or')
  return who === ''
    ? 'There is nobody who can decide this; it ends by itself when its time is up.'
    : `Words alone decide nothing: only ${who} can, on the card.`
}

/** The message to decide on: in this conversation if it is there, else in the person's direct messages or wherever it was posted. */
async function shownCardOf(
  deps: WebApiDeps & RunsDeps,
  { state, call }: { state: RunState; call: CallState },
  { channel, user }: PersonMessage,
): Promise<ShownMessage | undefined> {
  const keys = call.inputs.map(({ id }) => elicitationKeyOf(id))
  const { approval } = call
  const id = approval && groupOf({ state, call, approval }).id
  const isCard = ({ key, channel: where }: ShownMessage): boolean => {
    if (approval === undefined || id === undefined) return false
    return approval.proposal
      ? key === editKeyOf(approval.id)
      : key === approvalKeyOf(id, where) || key === pendingKeyOf(id)
  }
  const cards = (await deps.runs.shown.of(state.id)).filter((one) => isCard(one) || keys.includes(one.key))
  const here = cards.find((one) => one.channel === channel)
  if (here !== undefined || cards.length === 0) return here
  const dm = await deps.directMessageOf(user)
  return cards.find((one) => one.channel === dm) ?? cards[0]
}
