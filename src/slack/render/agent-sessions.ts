import { errorChainOf } from '../../errors.ts'
import type { RunId } from '../../ids.ts'
import type { Origin } from '../../run/state/origin.ts'
import type { RunState } from '../../run/state/state.ts'
import { truncate } from '../blocks/text.ts'
import type { SlackDeps } from '../deps.ts'
import { AnyResponse, isUnsupportedMethod } from '../web-api/web-api.ts'

/** `processing` brings Slack's loader and its Stop button, `suspended` says that a person has to do something. */
export type AgentSessionStatus = 'processing' | 'suspended' | 'closed'

type Place = Pick<Origin, 'channel' | 'threadTs'>

/** The state of an agent's conversation as Slack itself shows it (docs.slack.dev/reference/methods/agents.sessions.setStatus). */
export type AgentSessions = {
  show(place: Place, status: AgentSessionStatus, more?: { user: string; title?: string }): void
}

/** Where a workspace has no agents, it is asked again after this: a plan may change, an app be installed anew. */
const OFF_MS = 10 * 60_000
/** What is lost on the way here costs a loader of an hour. */
const CLOSING_PATIENCE_MS = 60_000
const TITLE_CHARS = 200

/** Never throws and is never waited for; where Slack has no sessions, nothing is shown. */
export function createAgentSessions({ webApi, log }: Pick<SlackDeps, 'webApi' | 'log'>): AgentSessions {
  const turns = new Map<string, Promise<void>>()
  let offUntil = 0

  const set = async (status: AgentSessionStatus, session: Record<string, unknown>) => {
    if (Date.now() < offUntil) return
    const patienceMs = status === 'processing' ? 0 : CLOSING_PATIENCE_MS
    try {
      await webApi.call('agents.sessions.setStatus', { ...session, status }, AnyResponse, patienceMs)
    } catch (error) {
      if (isUnsupportedMethod(error)) offUntil = Date.now() + OFF_MS
      log.debug({ status, why: errorChainOf(error) }, 'session not shown')
    }
  }
  return {
    show({ channel, threadTs: thread_ts }, status, more) {
      const key = `${channel} ${thread_ts}`
      const { user, title } = more ?? {}
      const session = { channel, thread_ts, ...(user && { initiator_user_id: user }), ...(title && { title }) }
      const turn = (turns.get(key) ?? Promise.resolve())
        .then(() => set(status, session))
        .finally(() => {
          if (turns.get(key) === turn) turns.delete(key)
        })
      turns.set(key, turn)
    },
  }
}

/** Shows each run's conversation as a session, whenever its status changes. */
export type RunSessionStatus = { show(state: RunState): void; drop(run: RunId): void }

export function createRunSessionStatus(sessions: AgentSessions): RunSessionStatus {
  const shown = new Map<RunId, AgentSessionStatus>()
  return {
    show(state) {
      const status = statusOf(state)
      if (shown.get(state.id) === status) return
      shown.set(state.id, status)
      if (status === 'closed') shown.delete(state.id)
      const { origin } = state
      const begins = status === 'processing' && origin.threadTs === origin.messageTs
      const title = begins ? { title: truncate(state.text.replace(/\s+/g, ' '), TITLE_CHARS) } : {}
      sessions.show(origin, status, { user: origin.user, ...title })
    },
    drop: (run) => void shown.delete(run),
  }
}

function statusOf(state: RunState): AgentSessionStatus {
  if (state.status !== 'working') return 'closed'
  return state.calls.some(({ stage }) => stage === 'asking' || stage === 'waiting_input') ? 'suspended' : 'processing'
}

export const isProcessing = (state: RunState): boolean => statusOf(state) === 'processing'
