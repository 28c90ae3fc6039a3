import { errorChainOf } from '../../errors.ts'
import type { Log } from '../../log.ts'
import type { Origin } from '../../run/state/events.ts'
import { AnyResponse, isUnsupportedMethod, slackErrorCodeOf, type WebApi } from './web-api.ts'

/** `processing` brings Slack's loader and its Stop button, `suspended` says that a person has to do something. */
export type AgentSessionStatus = 'processing' | 'suspended' | 'closed'

type Thread = Pick<Origin, 'channel' | 'threadTs'>

/** What Slack itself shows of an agent at work in a thread. Never throws and is never waited for. */
export type AgentSessions = {
  /** Sets the state of the conversation (docs.slack.dev/reference/methods/agents.sessions.setStatus). */
  show(thread: Thread, status: AgentSessionStatus, more?: { user: string; title?: string }): void
  /** Says "is thinking…" beside the app's name until its first words (docs.slack.dev/reference/methods/assistant.threads.setStatus). */
  showThinking(thread: Thread): void
}

/** A workspace without agents is asked again after this: its plan may change, or the app be installed anew. */
const OFF_MS = 10 * 60_000
/** A lost `closed` would leave the loader up for an hour. */
const CLOSING_PATIENCE_MS = 60_000

/** Shows nothing where Slack does not offer it. */
export function createAgentSessions({ webApi, log }: { webApi: WebApi; log: Log }): AgentSessions {
  const queues = new Map<string, Promise<void>>()
  let offUntil = 0
  let thinkingOff = false

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
      const queue = (queues.get(key) ?? Promise.resolve())
        .then(() => set(status, session))
        .finally(() => {
          if (queues.get(key) === queue) queues.delete(key)
        })
      queues.set(key, queue)
    },
    showThinking({ channel, threadTs }) {
      if (thinkingOff) return
      const args = { channel_id: channel, thread_ts: threadTs, status: 'is thinking…' }
      webApi.call('assistant.threads.setStatus', args, AnyResponse, 0).catch((error) => {
        const why = slackErrorCodeOf(error)
        thinkingOff = why !== undefined && why !== 'ratelimited'
        log.debug({ why: errorChainOf(error) }, 'status not shown')
      })
    },
  }
}
