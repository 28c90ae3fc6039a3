import type { App } from '@slack/bolt'
import { z } from 'zod'
import { errorChainOf } from '../../errors.ts'
import { ChannelId, RunId, UserId } from '../../ids.ts'
import { createRepeatRequest } from '../../run/decisions/repeat-request.ts'
import { sectionBlock } from '../blocks/blocks.ts'
import { mentionOf } from '../blocks/text.ts'
import type { SlackDeps } from '../deps.ts'
import { type BlockAction, onDurablePress } from '../interactions/button-press.ts'
import { findRunFor } from '../interactions/find-for-person.ts'
import { AnyResponse } from '../web-api/web-api.ts'

/** Stop, and the two ways to try again. */
export function registerRunActions(app: App, deps: SlackDeps): void {
  onDurablePress(app, deps, 'run_stop', (press) => stop(deps, press))
  onDurablePress(app, deps, 'run_again', (press) => runAgain(deps, press))
  onDurablePress(app, deps, 'call_again', (press) => callAgain(deps, press))
  app.event('agent_session_stopped', async ({ event }) => {
    const parsed = SessionStopped.safeParse(event)
    if (parsed.success) await stopInThread(deps, parsed.data)
  })
}

/** Slack's own Stop button of an agent's conversation. */
const SessionStopped = z.object({ channel: ChannelId, thread_ts: z.string(), user: UserId })

async function stopInThread(
  { bot, webApi, log, runs, sessions }: SlackDeps,
  { channel, thread_ts, user }: z.infer<typeof SessionStopped>,
): Promise<void> {
  const { workspace } = await bot()
  const place = { channel, threadTs: thread_ts }
  const active = await runs.activeIn(workspace, channel, thread_ts)
  if (active === undefined) return sessions.show(place, 'closed')
  if ((await runs.stop(active, { workspace, user })) !== 'not_yours') return
  sessions.show(place, 'processing')
  const asker = (await findRunFor({ runs }, { workspace, user }, active))?.origin.user
  const text = `Only ${mentionOf(asker ?? user)} or an approver can stop this.`
  try {
    await webApi.call(
      'chat.postEphemeral',
      { channel, user, thread_ts, text, blocks: [sectionBlock(text)] },
      AnyResponse,
    )
  } catch (error) {
    log.warn({ why: errorChainOf(error) }, 'could not whisper')
  }
}

const tell = ({ scene }: BlockAction, text: string): Promise<void> =>
  scene.reply({ text, blocks: [sectionBlock(text)] })

async function stop({ runs }: SlackDeps, press: BlockAction): Promise<void> {
  const id = RunId.parse(press.value)
  const outcome = await runs.stop(id, press.by)
  if (outcome === 'over') await tell(press, 'That has ended already.')
  if (outcome !== 'not_yours') return
  const state = await findRunFor({ runs }, press.by, id)
  await tell(
    press,
    `Only ${state ? mentionOf(state.origin.user) : 'the person who asked'} or an approver can stop this.`,
  )
}

/** The same request once more; however often it is pressed, it makes one new run. */
async function runAgain({ runs }: SlackDeps, press: BlockAction): Promise<void> {
  const state = await findRunFor({ runs }, press.by, press.value)
  if (state === undefined) return tell(press, 'I no longer have this request. Please ask again.')
  if (state.origin.user !== press.by.user)
    return tell(press, `Only ${mentionOf(state.origin.user)} can ask for this again.`)
  const { fresh } = await runs.start({ ...createRepeatRequest(state), dedupeKey: `again:${state.id}` })
  if (!fresh) await tell(press, 'I am on it already.')
}

async function callAgain({ runs }: SlackDeps, press: BlockAction): Promise<void> {
  const [run = '', call = ''] = press.value.split(' ')
  const outcome = await runs.tryAgain(RunId.parse(run), call, press.by)
  if (outcome === 'gone') return tell(press, 'I no longer have this step. Please ask again.')
  if (outcome === 'not_yours') return tell(press, 'Only the person who asked for it can try it again.')
  if (!outcome.fresh) await tell(press, 'I am on it already.')
}
