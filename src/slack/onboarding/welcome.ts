import type { App } from '@slack/bolt'
import { z } from 'zod'
import { errorChainOf } from '../../errors.ts'
import type { Principal } from '../../ids.ts'
import type { SlackDeps } from '../deps.ts'
import { onDurablePress } from '../interactions/button-press.ts'
import { AnyResponse } from '../web-api/web-api.ts'
import { askInDm } from './starter-questions.ts'
import { connectFirstMessage, welcomeMessage } from './welcome-message.ts'

/** The card a newcomer can try without having anything. */
const DEMO_CARD = 'demo-database'

/** The questions of the welcome. */
export function registerWelcome(app: App, deps: SlackDeps): void {
  onDurablePress(app, deps, 'welcome_ask', async (press) => {
    const demo = deps.connect.card(DEMO_CARD)
    const connections = await deps.registry.connectionsOf(press.by)
    const ready = connections.some(({ card }) => card === DEMO_CARD)
    if (demo !== undefined && !ready) await press.scene.reply(connectFirstMessage(demo), 'Connect first')
    else await askInDm(deps, press)
  })
}

/** Welcomes a newcomer, once; whoever has connected or asked something before is none. Never throws. */
export async function sendWelcome(deps: SlackDeps, by: Principal, channel: string): Promise<void> {
  try {
    if (!(await isNew(deps, by))) return
    if (await deps.runs.seen(`welcome:${by.workspace}:${by.user}`)) return
    if (await spokeBefore(deps, channel)) return
    const saying = welcomeMessage(await deps.people.nameOf(by.user), deps.connect.card(DEMO_CARD))
    const quiet = { unfurl_links: false, unfurl_media: false }
    await deps.webApi.call('chat.postMessage', { channel, ...saying, ...quiet }, AnyResponse)
  } catch (error) {
    deps.log.warn({ user: by.user, why: errorChainOf(error) }, 'not welcomed')
  }
}

async function isNew({ registry, runs }: SlackDeps, by: Principal): Promise<boolean> {
  const [connections, asked] = await Promise.all([registry.connectionsOf(by), runs.recentOf(by, 1)])
  return connections.length === 0 && asked.length === 0
}

const History = z.object({ messages: z.array(z.object({ user: z.string().optional() })) })
/** A welcome that went unanswered is among the last few. */
const LOOK_BACK = 15

/** What was seen is forgotten after a day; the conversation itself is not. Where it cannot be read, a second welcome does no harm. */
async function spokeBefore({ bot, webApi, log }: SlackDeps, channel: string): Promise<boolean> {
  const { user } = await bot()
  try {
    const { messages } = await webApi.call('conversations.history', { channel, limit: LOOK_BACK }, History, 0)
    return messages.some((message) => message.user === user)
  } catch (error) {
    log.debug({ why: errorChainOf(error) }, 'direct messages could not be read')
    return false
  }
}
