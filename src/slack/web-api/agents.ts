import type { AnyChunk } from '@slack/types'
import { z } from 'zod'
import { errorChainOf } from '../../errors.ts'
import type { Log } from '../../log.ts'
import type { Origin } from '../../run/state/events.ts'
import type { RunState } from '../../run/state/state.ts'
import { revealInvisible, truncate } from '../../text.ts'
import type { AgentIdentities, AgentIdentity } from './agent-identity.ts'
import { AnyResponse, isPermanentError, isPlaceClosed, isUnsupportedMethod, type WebApi } from './web-api.ts'

/** `processing` brings Slack's loader and its Stop button, `suspended` says that a person has to do something. */
export type AgentSessionStatus = 'processing' | 'suspended' | 'closed'

type Thread = Pick<Origin, 'channel' | 'threadTs'>

/** Who began a session, what it is about and which agent is at work in it. */
type SessionWords = { user: string; title?: string; agent?: RunState['agent'] }

/** What Slack itself shows of an agent at work in a thread. Never throws and is never waited for. */
export type AgentSessions = {
  /** Sets the state of the conversation (docs.slack.dev/reference/methods/agents.sessions.setStatus). */
  show(thread: Thread, status: AgentSessionStatus, more?: SessionWords): void
  /** Says "is thinking…" beside the app's name until its first words (docs.slack.dev/reference/methods/assistant.threads.setStatus). */
  showThinking(thread: Thread, agent: RunState['agent']): void
}

/** A workspace without agents is asked again after this: its plan may change, or the app be installed anew. */
const OFF_MS = 10 * 60_000
/** A lost `closed` would leave the loader up for an hour. */
const CLOSING_MAX_WAIT_MS = 60_000

/** Shows nothing where Slack does not offer it. */
export function createAgentSessions({
  webApi,
  identities,
  log,
}: {
  webApi: WebApi
  identities: AgentIdentities
  log: Log
}): AgentSessions {
  const queues = new Map<string, Promise<void>>()
  let offUntil = 0
  let thinkingOffUntil = 0

  const set = async (status: AgentSessionStatus, session: Record<string, unknown>, agent: RunState['agent']) => {
    if (Date.now() < offUntil) return
    const maxWaitMs = status === 'processing' ? 0 : CLOSING_MAX_WAIT_MS
    try {
      await identities.send(agent, (identity) =>
        webApi.call('agents.sessions.setStatus', { ...session, status, ...identity }, AnyResponse, maxWaitMs),
      )
    } catch (error) {
      if (isUnsupportedMethod(error)) offUntil = Date.now() + OFF_MS
      log.debug({ status, why: errorChainOf(error) }, 'session not shown')
    }
  }
  return {
    show({ channel, threadTs: thread_ts }, status, more) {
      const key = `${channel} ${thread_ts}`
      const { user, title, agent } = more ?? {}
      const session = {
        channel_id: channel,
        thread_ts,
        ...(user && { initiator_user_id: user }),
        ...(title && { title }),
      }
      const queue = (queues.get(key) ?? Promise.resolve())
        .then(() => set(status, session, agent))
        .finally(() => {
          if (queues.get(key) === queue) queues.delete(key)
        })
      queues.set(key, queue)
    },
    showThinking({ channel, threadTs }, agent) {
      if (Date.now() < thinkingOffUntil) return
      const args = { channel_id: channel, thread_ts: threadTs, status: 'is thinking…' }
      const say = identities.send(agent, (identity) =>
        webApi.call('assistant.threads.setStatus', { ...args, ...identity }, AnyResponse, 0),
      )
      say.catch((error) => {
        if (isUnsupportedMethod(error)) thinkingOffUntil = Date.now() + OFF_MS
        log.debug({ why: errorChainOf(error) }, 'status not shown')
      })
    },
  }
}

const TITLE_CHARS = 200

/** What Slack shows of a run at work. */
export function sessionStatusOf({ status, calls }: RunState): AgentSessionStatus {
  if (status !== 'working') return 'closed'
  return calls.some(({ stage }) => stage === 'awaiting_approval' || stage === 'waiting_input')
    ? 'suspended'
    : 'processing'
}

/** Who began the session; a conversation gets its title from the request that begins it. */
export function sessionWordsOf(state: RunState): SessionWords {
  const { user, threadTs, messageTs } = state.origin
  const who = { user, agent: state.agent }
  if (sessionStatusOf(state) !== 'processing' || threadTs !== messageTs) return who
  return { ...who, title: truncate(revealInvisible(state.text).replace(/\s+/g, ' '), TITLE_CHARS) }
}

/** What the streams of one workspace share: how many are open, and until when Slack is not asked for another. */
export type StreamLimits = { open: number; offUntil: number }

/** Slack ends a stream about 306 s after its start, however much is appended: measured, as its pages do not say. */
export const STREAM_LIFETIME_MS = 4.5 * 60_000

const Started = z.object({ ts: z.string() })

/**
 * Starts a message that Slack shows as being written (docs.slack.dev/reference/methods/chat.startStream) and resolves to its `ts`.
 * Throws AppError `slack_failed`; a rate limit is not waited out, since words can be posted otherwise.
 */
export async function startMessageStream(
  webApi: WebApi,
  origin: Origin,
  chunks: AnyChunk[],
  identity: AgentIdentity | undefined,
): Promise<string> {
  const place = { channel: origin.channel, thread_ts: origin.threadTs }
  const recipient = { recipient_team_id: origin.teamId, recipient_user_id: origin.user }
  // The mode is fixed for a stream's whole life, before the number of steps is known; without tasks it shows nothing.
  const args = { ...place, ...recipient, task_display_mode: 'plan', chunks, ...identity }
  return (await webApi.call('chat.startStream', args, Started, 0)).ts
}

/** Throws AppError `slack_failed`; a rate limit is not waited out. */
export async function appendToStream(webApi: WebApi, channel: string, ts: string, chunks: AnyChunk[]): Promise<void> {
  await webApi.call('chat.appendStream', { channel, ts, chunks }, AnyResponse, 0)
}

/**
 * Ends the stream on a message; one that has ended already is no error. False where the app may not end it, as it was put out of the
 * channel: Slack takes no change of the message until the stream has run out.
 */
export async function stopMessageStream(
  webApi: WebApi,
  { channel, ts }: { channel: string; ts: string },
): Promise<boolean> {
  try {
    await webApi.call('chat.stopStream', { channel, ts }, AnyResponse)
    return true
  } catch (error) {
    if (!isPermanentError(error)) throw error
    return !isPlaceClosed(error)
  }
}
