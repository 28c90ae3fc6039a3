import { errorChainOf } from '../../errors.ts'
import type { Principal } from '../../ids.ts'
import type { Connection } from '../../registry/connection.ts'
import type { OnboardingMessage } from '../../registry/onboarding-messages.ts'
import type { RunState } from '../../run/state/state.ts'
import type { MessageContent } from '../blocks/build-blocks.ts'
import type { ConnectionDeps, OnboardingDeps, PolicyDeps, RunsDeps, WebApiDeps } from '../deps.ts'
import { postToOnePerson } from '../interactions/post-in-thread.ts'
import { postMessage } from '../web-api/post-message.ts'
import { AnyResponse, isPermanentError } from '../web-api/web-api.ts'
import { demoCardFor } from './demo-card.ts'
import { fetchWelcomeStage, setSuggestedPrompts } from './suggested-prompts.ts'
import { connectOfferMessage, offerTakenMessage, welcomeMessage } from './welcome-message.ts'
import { DEMO_CARD, type WelcomeStage } from './welcome-stage.ts'

/** Changes come in bursts. */
const REFRESH_AFTER_MS = 500

type Deps = WebApiDeps & RunsDeps & ConnectionDeps & PolicyDeps & OnboardingDeps

export type OnboardingUpdates = {
  /** Repaints soon, once for many changes, what helps the person begin. */
  refresh(principal: Principal): void
  close(): void
}

/** Repaints the welcome, the offers under answers and the suggested prompts after changes. */
export function createOnboardingRefresh(deps: Deps): OnboardingUpdates {
  const timers = new Map<string, NodeJS.Timeout>()
  return {
    refresh(principal) {
      if (timers.has(principal.user)) return
      const repaintNow = () => {
        timers.delete(principal.user)
        void repaint(deps, principal)
      }
      timers.set(principal.user, setTimeout(repaintNow, REFRESH_AFTER_MS))
    },
    close() {
      for (const timer of timers.values()) clearTimeout(timer)
      timers.clear()
    },
  }
}

/** Never throws: what could not be repainted is repainted at the next change. */
async function repaint(deps: Deps, by: Principal): Promise<void> {
  try {
    const messages = await deps.onboarding.of(by)
    if (messages.length === 0) return
    const { connections, stage } = await fetchWelcomeStage(deps, by)
    for (const message of messages)
      await (message.kind === 'welcome'
        ? repaintWelcome(deps, by, message, { connections, stage })
        : repaintOffer(deps, by, message, connections))
  } catch (error) {
    deps.log.warn({ user: by.user, why: errorChainOf(error) }, 'welcome not repainted')
  }
}

type Place = { connections: Connection[]; stage: WelcomeStage }

async function repaintWelcome(
  deps: Deps,
  by: Principal,
  message: OnboardingMessage,
  { connections, stage }: Place,
): Promise<void> {
  if (message.shown === stage) return
  const userName = await deps.people.nameOf(by.user)
  const content = welcomeMessage({
    userName,
    stage,
    demo: await demoCardFor(deps, by.workspace),
    first: firstOf(deps, connections),
  })
  const stands = await updateMessage(deps, message, content)
  if (stands && stage !== 'done') await deps.onboarding.save(by, { ...message, shown: stage })
  else await deps.onboarding.remove(by.workspace, message)
  await setSuggestedPrompts(deps, by, message.channel)
}

function firstOf({ connect }: Deps, connections: Connection[]) {
  const first = connections.find(({ card }) => card === DEMO_CARD) ?? connections[0]
  return first && { name: first.name, question: connect.startersOf(first)[0] }
}

async function repaintOffer(
  deps: Deps,
  { workspace }: Principal,
  message: OnboardingMessage,
  [connection]: Connection[],
): Promise<void> {
  if (connection === undefined) return
  await updateMessage(deps, message, offerTakenMessage(connection.name, message.run))
  await deps.onboarding.remove(workspace, message)
}

/** False where the message is gone or cannot be changed any more. */
async function updateMessage(
  { webApi }: Deps,
  { channel, ts }: OnboardingMessage,
  content: MessageContent,
): Promise<boolean> {
  try {
    await webApi.call('chat.update', { channel, ts, ...content }, AnyResponse)
    return true
  } catch (error) {
    if (!isPermanentError(error)) throw error
    return false
  }
}

/** Offers a connection under a finished answer to a person who has none, once in a thread. Never throws: the answer stands without it. */
export async function postConnectOffer(deps: Deps, { id, status, origin, withdrawn }: RunState): Promise<void> {
  if (status !== 'finished' || withdrawn) return
  const { workspace, user, channel, threadTs: thread } = origin
  const by = { workspace, user }
  try {
    if ((await deps.connect.usable(by)).length > 0) return
    if (await deps.runs.seen(`offer:${workspace}:${user}:${channel}:${thread}`)) return
    const content = connectOfferMessage(await demoCardFor(deps, workspace))
    if (origin.place !== 'dm') return await postToOnePerson(deps, { channel, thread, user }, content)
    const ts = await postMessage(deps.webApi, { channel, thread }, content)
    await deps.onboarding.save(by, { channel, ts, kind: 'offer', run: id, shown: 'connect' })
  } catch (error) {
    deps.log.warn({ run: id, why: errorChainOf(error) }, 'connecting not offered')
  }
}
