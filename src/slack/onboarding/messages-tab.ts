import type { App } from '@slack/bolt'
import { z } from 'zod'
import { errorChainOf } from '../../errors.ts'
import { type Principal, UserId } from '../../ids.ts'
import { truncate } from '../../text.ts'
import type { ConnectionDeps, RunsDeps, WebApiDeps } from '../deps.ts'
import { logIgnoredEvent, markTaken } from '../interactions/taken.ts'
import { AnyResponse } from '../web-api/web-api.ts'
import { sendWelcome } from './welcome.ts'

const Opened = z.object({ user: UserId, channel: z.string() })

/** Welcomes a person once and suggests prompts when they open the Messages tab. */
export function registerMessagesTab(app: App, deps: WebApiDeps & RunsDeps & ConnectionDeps): void {
  app.event('app_home_opened', markTaken, async ({ event, body }) => {
    if (event.tab !== 'messages') return
    const parsed = Opened.safeParse(event)
    if (!parsed.success) return logIgnoredEvent(deps.log, body, parsed.error)
    const { user, channel } = parsed.data
    const by = { workspace: (await deps.bot()).workspace, user }
    void setSuggestedPrompts(deps, by, channel)
    await sendWelcome(deps, by, channel)
  })
}

/** Suggested prompts exist only where the app is installed as an agent. */
async function setSuggestedPrompts(
  { webApi, connect, log, registry }: WebApiDeps & ConnectionDeps,
  by: Principal,
  channel: string,
): Promise<void> {
  try {
    const connections = await registry.connectionsOf(by)
    const cards = connections.flatMap((connection) => connect.cardOf(connection) ?? [])
    const prompts = { channel_id: channel, ...suggestedPromptsFor(cards) }
    await webApi.call('assistant.threads.setSuggestedPrompts', prompts, AnyResponse, 0)
  } catch (error) {
    log.debug({ why: errorChainOf(error) }, 'suggested prompts not set')
  }
}

/** Slack shows four at most (docs.slack.dev/reference/methods/assistant.threads.setSuggestedPrompts). */
const MAX_PROMPTS = 4
const TITLE_CHARS = 60

type Prompts = { title: string; prompts: { title: string; message: string }[] }

/** Starter questions of the connected cards, interleaved; without connections, questions about how to begin. */
export function suggestedPromptsFor(cards: { title: string; starters: string[] }[]): Prompts {
  const starters = interleave(cards.map((card) => card.starters))
  const questions = [...new Set(['What can you do with my connections?', ...starters])].slice(0, MAX_PROMPTS)
  if (starters.length === 0) questions.push('Which tools could I connect, and how?')
  return {
    title: starters.length === 0 ? 'How to begin' : 'Try asking',
    prompts: questions.map((message) => ({ title: truncate(message, TITLE_CHARS), message })),
  }
}

/** The first of each list, then the second of each, … */
function interleave(lists: string[][]): string[] {
  const longest = Math.max(0, ...lists.map((list) => list.length))
  return Array.from({ length: longest }, (_, at) => lists.flatMap((list) => list[at] ?? [])).flat()
}
