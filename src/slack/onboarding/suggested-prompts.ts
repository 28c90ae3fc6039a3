import { errorChainOf } from '../../errors.ts'
import type { Principal } from '../../ids.ts'
import { truncate } from '../../text.ts'
import type { ConnectionDeps, OnboardingDeps, RunsDeps, WebApiDeps } from '../deps.ts'
import { AnyResponse } from '../web-api/web-api.ts'
import { DELETE_QUESTION, type WelcomeStage, welcomeStageOf } from './welcome-stage.ts'

/** Slack shows four at most (docs.slack.dev/reference/methods/assistant.threads.setSuggestedPrompts). */
const MAX_PROMPTS = 4
/** Before a first answer a few are enough. */
const FIRST_PROMPTS = 2
const TITLE_CHARS = 60
/** An approval is among a person's last few runs. */
const RECENT_RUNS = 5

type PromptDeps = WebApiDeps & RunsDeps & ConnectionDeps & OnboardingDeps

/** How far a person is, with their connections. */
export async function fetchWelcomeStage({ connect, runs }: RunsDeps & ConnectionDeps, by: Principal) {
  const [connections, recent] = await Promise.all([connect.usable(by), runs.recentOf(by, RECENT_RUNS)])
  return { connections, stage: welcomeStageOf(connections, recent) }
}

/** Suggests what to ask next. Suggested prompts exist only where the app is installed as an agent. Never throws. */
export async function setSuggestedPrompts(deps: PromptDeps, by: Principal, channel: string): Promise<void> {
  const { webApi, connect, onboarding, log } = deps
  try {
    const [{ connections, stage }, messages] = await Promise.all([fetchWelcomeStage(deps, by), onboarding.of(by)])
    // Whose welcome is over is past its stages, however long ago that was.
    const isLearning = stage === 'connect' || messages.some(({ kind }) => kind === 'welcome')
    const prompts = suggestedPromptsFor(isLearning ? stage : 'done', connections.map(connect.startersOf))
    if (prompts === undefined) return
    await webApi.call('assistant.threads.setSuggestedPrompts', { channel_id: channel, ...prompts }, AnyResponse, 0)
  } catch (error) {
    log.debug({ why: errorChainOf(error) }, 'suggested prompts not set')
  }
}

type Prompts = { title: string; prompts: { title: string; message: string }[] }

/** Only what can be answered now, what is next first; nothing before a tool is connected. `starters`: those of each connection. */
export function suggestedPromptsFor(stage: WelcomeStage, starters: string[][]): Prompts | undefined {
  const questions = [...new Set(interleave(starters))]
  const next = {
    connect: [],
    ask: questions.slice(0, FIRST_PROMPTS),
    approval: [DELETE_QUESTION, ...questions.slice(0, FIRST_PROMPTS)],
    decide: questions.slice(0, FIRST_PROMPTS),
    done: ['What can you do with my connections?', ...questions].slice(0, MAX_PROMPTS),
  }[stage]
  if (next.length === 0) return undefined
  return {
    title: 'Try asking',
    prompts: next.map((message) => ({ title: truncate(message, TITLE_CHARS), message })),
  }
}

/** The first of each list, then the second of each, … */
function interleave(lists: string[][]): string[] {
  const longest = Math.max(0, ...lists.map((list) => list.length))
  return Array.from({ length: longest }, (_, at) => lists.flatMap((list) => list[at] ?? [])).flat()
}
