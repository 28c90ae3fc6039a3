import type { App } from '@slack/bolt'
import { z } from 'zod'
import { errorChainOf } from '../../errors.ts'
import type { Principal } from '../../ids.ts'
import type { AgentDeps, ConnectionDeps, OnboardingDeps, PolicyDeps, RunsDeps, WebApiDeps } from '../deps.ts'
import { onDurablePress } from '../interactions/interaction.ts'
import { postMessage } from '../web-api/post-message.ts'
import { demoCardFor } from './demo-card.ts'
import { askInDm } from './starter-questions.ts'
import { connectFirstMessage, welcomeMessage } from './welcome-message.ts'

/** Listens to the question button of the welcome. */
export function registerWelcome(app: App, deps: WebApiDeps & RunsDeps & ConnectionDeps & PolicyDeps & AgentDeps): void {
  onDurablePress(app, deps, 'welcome_ask', async (press) => {
    const connections = await deps.connect.usable(press.by)
    if (connections.length > 0) return askInDm(deps, press)
    await press.responder.reply(connectFirstMessage(await demoCardFor(deps, press.by.workspace)), 'Connect first')
  })
}

/** Welcomes a person once, unless they have connections or runs already. Never throws. */
export async function sendWelcome(
  deps: WebApiDeps & RunsDeps & ConnectionDeps & PolicyDeps & OnboardingDeps,
  by: Principal,
  channel: string,
): Promise<void> {
  try {
    if (!(await isNew(deps, by))) return
    if (await deps.runs.seen(`welcome:${by.workspace}:${by.user}`)) return
    if (await hasAppMessages(deps, channel)) return
    const userName = await deps.people.nameOf(by.user)
    const demo = await demoCardFor(deps, by.workspace)
    const content = welcomeMessage({ userName, stage: 'connect', demo, first: undefined })
    const ts = await postMessage(deps.webApi, { channel, thread: undefined }, content)
    await deps.onboarding.save(by, { channel, ts, kind: 'welcome', run: undefined, shown: 'connect' })
  } catch (error) {
    deps.log.warn({ user: by.user, why: errorChainOf(error) }, 'welcome not sent')
  }
}

async function isNew({ registry, runs }: RunsDeps & ConnectionDeps, by: Principal): Promise<boolean> {
  const [connections, asked] = await Promise.all([registry.connectionsOf(by), runs.recentOf(by, 1)])
  return connections.length === 0 && asked.length === 0
}

const History = z.object({ messages: z.array(z.object({ user: z.string().optional() })) })
/** An unanswered welcome is among the last few messages. */
const HISTORY_LIMIT = 15

/** Dedupe keys are deleted after a day, so the history is read, too; where it cannot be read, a second welcome does no harm. */
async function hasAppMessages({ bot, webApi, log }: WebApiDeps, channel: string): Promise<boolean> {
  const { user } = await bot()
  try {
    const { messages } = await webApi.call('conversations.history', { channel, limit: HISTORY_LIMIT }, History, 0)
    return messages.some((message) => message.user === user)
  } catch (error) {
    log.debug({ why: errorChainOf(error) }, 'direct messages could not be read')
    return false
  }
}
