import type { App } from '@slack/bolt'
import { z } from 'zod'
import { errorChainOf, isAppError } from '../../errors.ts'
import { routeMessage } from '../agents/route-message.ts'
import { contextBlock, sectionBlock } from '../blocks/build-blocks.ts'
import { escapeMrkdwn } from '../blocks/text.ts'
import type { AgentDeps, RunsDeps, WebApiDeps } from '../deps.ts'
import { type BlockAction, onDurablePress } from '../interactions/interaction.ts'
import { originOf, postInThread, startRunAt } from '../interactions/post-in-thread.ts'

type Deps = WebApiDeps & RunsDeps & AgentDeps

/** Listens to the buttons with questions; each starts a run in the person's direct messages, in the thread that it stands in there. */
export function registerStarterQuestions(app: App, deps: Deps): void {
  // A double click asks once.
  const inProgress = new Map<string, Promise<void>>()
  onDurablePress(app, deps, 'starter_ask', async (press) => {
    const key = `${press.by.user} ${press.value}`
    const asking = inProgress.get(key) ?? askInDm(deps, press)
    inProgress.set(key, asking)
    try {
      await asking
    } finally {
      inProgress.delete(key)
    }
  })
}

/** Posts a question to the person's direct messages and starts its run there, by the agent of its thread. */
export async function askInDm(deps: Deps, press: BlockAction): Promise<void> {
  const { by, value, responder, ack } = press
  const channel = await deps.directMessageOf(by.user)
  if (channel === undefined) {
    await responder.replyError('I cannot write to you directly. Open my Messages tab and ask me there.')
    return
  }
  const content = {
    text: `You asked: ${escapeMrkdwn(value)}`,
    blocks: [sectionBlock(`*You asked:* ${escapeMrkdwn(value)}`)],
  }
  const isHere = press.message?.channel === channel
  const anchor = await postInThread(deps, channel, isHere ? press.message?.thread : undefined, content)
  const ts = anchor.messageTs
  const place = { channel: anchor.channel, thread: anchor.threadTs }
  const { agent } = await routeMessage(deps, by, place, { text: value, by: 'thread' })
  const request = { origin: await originOf(deps, by, anchor), text: value, dedupeKey: dedupeKeyOf(press) }
  await startRunAt(deps, anchor, { ...request, ...(agent && { agent }) }, ack)
  // Whoever pressed it there sees the question come.
  if (isHere) return
  const text = 'Asked. The answer comes in our direct messages.'
  const link = await fetchPermalink(deps, channel, ts)
  const linked = link === undefined ? text : `${text} <${link}|Go there>`
  // A modal is replaced, so that one press closes it; a message with the questions stays.
  const show = responder.channel === undefined ? responder.replace : responder.reply
  await show({ text, blocks: [sectionBlock(linked), contextBlock(escapeMrkdwn(value))] }, 'Asked')
}

/** The same button pressed again within the minute asks once, as Slack may have said that the first press failed. */
function dedupeKeyOf({ by, message, view, actionId, actionTs }: BlockAction): string {
  const place = view?.id ?? message?.ts ?? ''
  return `${by.workspace}:starter:${by.user}:${place}:${actionId}:${Math.floor(Number(actionTs) / 60)}`
}

const Permalink = z.object({ permalink: z.url() })

/** Undefined when Slack gives none: the run has started and can be found without a link. */
async function fetchPermalink({ webApi, log }: WebApiDeps, channel: string, ts: string): Promise<string | undefined> {
  try {
    return (await webApi.call('chat.getPermalink', { channel, message_ts: ts }, Permalink, 0)).permalink
  } catch (error) {
    if (!isAppError(error, 'slack_failed')) throw error
    log.warn({ why: errorChainOf(error) }, 'no link to the message')
    return undefined
  }
}
