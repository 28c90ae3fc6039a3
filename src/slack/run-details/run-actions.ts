import type { App } from '@slack/bolt'
import { z } from 'zod'
import { ChannelId, RunId, UserId } from '../../ids.ts'
import { createRepeatRequest } from '../../run/decisions/start-run.ts'
import type { RunState } from '../../run/state/state.ts'
import { renderAnswer } from '../answer/answer-messages.ts'
import { type MessageContent, sectionBlock } from '../blocks/build-blocks.ts'
import { mentionOf } from '../blocks/text.ts'
import type { RunsDeps, WebApiDeps } from '../deps.ts'
import { closeMessage } from '../interactions/close-message.ts'
import { findRunFor } from '../interactions/find-for-person.ts'
import { type BlockAction, onDurablePress } from '../interactions/interaction.ts'
import { postEphemeral } from '../interactions/post-in-thread.ts'
import { logIgnoredEvent, markTaken } from '../interactions/taken.ts'

/** Listens to Stop, to trying a run again and to trying a call again. */
export function registerRunActions(app: App, deps: WebApiDeps & RunsDeps): void {
  onDurablePress(app, deps, 'run_stop', (press) => stop(deps, press))
  onDurablePress(app, deps, 'run_again', (press) => repeatRun(deps, press))
  onDurablePress(app, deps, 'call_again', (press) => retryCall(deps, press))
  app.event('agent_session_stopped', markTaken, async ({ event, body }) => {
    const parsed = SessionStopped.safeParse(event)
    if (parsed.success) await stopRunInThread(deps, parsed.data, body.event_id)
    else logIgnoredEvent(deps.log, body, parsed.error)
  })
}

/** Slack's own Stop button of an agent's conversation. */
const SessionStopped = z.object({
  channel: ChannelId,
  thread_ts: z.string(),
  user: UserId,
  event_ts: z.string().optional(),
})

/** Stops once, however often Slack delivers the event: the next request of the thread goes on. */
async function stopRunInThread(
  deps: WebApiDeps & RunsDeps,
  { channel, thread_ts, user, event_ts }: z.infer<typeof SessionStopped>,
  eventId: string,
): Promise<void> {
  const { bot, runs, sessions } = deps
  const { workspace } = await bot()
  const by = { workspace, user }
  const place = { channel, threadTs: thread_ts }
  const active = await runs.activeIn(workspace, channel, thread_ts)
  const key = `session_stopped:${workspace}:${channel}:${event_ts ?? eventId}`
  const outcome = await runs.stopOnce(key, active === undefined ? [] : [active], by)
  if (outcome === 'over') return sessions.show(place, 'closed')
  if (outcome !== 'not_yours' || active === undefined) return
  sessions.show(place, 'processing')
  const requester = (await findRunFor({ runs }, by, active))?.origin.user
  const text = `Only ${mentionOf(requester ?? user)} or an approver can stop this.`
  await postEphemeral(deps, { channel, user, thread: thread_ts }, text)
}

const reply = ({ responder }: BlockAction, text: string): Promise<void> =>
  responder.reply({ text, blocks: [sectionBlock(text)] })

async function stop(deps: WebApiDeps & RunsDeps, press: BlockAction): Promise<void> {
  const id = RunId.parse(press.value)
  const outcome = await deps.runs.stop(id, press.by)
  await press.ack()
  if (outcome === 'stopped') return
  const state = await findRunFor(deps, press.by, id)
  if (outcome === 'over') {
    const [, , key] = press.blockId.split(' ')
    if (await closeMessage(deps, press, { run: state?.id, key }, (known) => answerPageOf(state, known)))
      await reply(press, 'That has ended already.')
    return
  }
  await reply(
    press,
    `Only ${state ? mentionOf(state.origin.user) : 'the person who asked'} or an approver can stop this.`,
  )
}

function answerPageOf(state: RunState | undefined, key: string | undefined): MessageContent | undefined {
  const page = state && renderAnswer(state).find((one) => one.key === key)
  return page && { text: page.text, blocks: page.blocks }
}

/** Starts the request again, once however often it is pressed. */
async function repeatRun({ runs }: RunsDeps, press: BlockAction): Promise<void> {
  const state = await findRunFor({ runs }, press.by, press.value)
  if (state === undefined) return reply(press, 'I no longer have this request. Please ask again.')
  if (state.origin.user !== press.by.user)
    return reply(press, `Only ${mentionOf(state.origin.user)} can ask for this again.`)
  const { fresh } = await runs.start({ ...createRepeatRequest(state), dedupeKey: `again:${state.id}` })
  await press.ack()
  if (!fresh) await reply(press, 'I am on it already.')
}

async function retryCall({ runs }: RunsDeps, press: BlockAction): Promise<void> {
  const [run = '', call = ''] = press.value.split(' ')
  const outcome = await runs.tryAgain(RunId.parse(run), call, press.by)
  await press.ack()
  if (outcome === 'gone') return reply(press, 'I no longer have this step. Please ask again.')
  if (outcome === 'not_yours') return reply(press, 'Only the person who asked for it can try it again.')
  if (!outcome.fresh) await reply(press, 'I am on it already.')
}
