import type { AgentSnapshot } from '../../agents/agent.ts'
import type { Log } from '../../log.ts'
import { withDeadline } from '../../timing.ts'
import { slackErrorCodeOf } from './web-api.ts'

/** The name and face that Slack shows on a message in place of the app's own (docs.slack.dev/reference/methods/chat.postMessage#authorship). */
export type AgentIdentity = { username: string; icon_emoji?: string; icon_url?: string }

type Face = Pick<AgentSnapshot, 'name' | 'face'>

/** Names and faces of agents on messages, in one workspace. */
export type AgentIdentities = {
  /** False where the app lacks the scope `chat:write.customize`, as far as is known. */
  isAllowed(): boolean
  /** Calls `send` with an agent's identity; where Slack refuses that for want of the scope, once more without, and remembers it. */
  send<T>(agent: Face | undefined, send: (identity: AgentIdentity | undefined) => Promise<T>): Promise<T>
}

/** The scope comes with a new installation, which is another token; a single workspace keeps its process perhaps. */
const REFUSED_FOR_MS = 60 * 60_000

/** The first message with a name is waited for no longer: what Slack said of it decides how the others are sent. */
const TRIAL_MS = 2_000

export function createAgentIdentities(log: Log): AgentIdentities {
  let refusedUntil = 0
  let isKnown = false
  let trial: Promise<unknown> | undefined
  const isAllowed = () => refusedUntil < Date.now()
  const sendAs = async <T>(agent: Face, send: (identity: AgentIdentity | undefined) => Promise<T>): Promise<T> => {
    try {
      const sent = await send(identityOf(agent))
      isKnown = true
      return sent
    } catch (error) {
      if (slackErrorCodeOf(error) !== 'missing_scope') throw error
      refusedUntil = Date.now() + REFUSED_FOR_MS
      log.info('agents have no names and faces here: the app lacks the scope chat:write.customize')
    }
    return send(undefined)
  }
  return {
    isAllowed,
    async send(agent, send) {
      if (agent === undefined || !isAllowed()) return send(undefined)
      if (isKnown) return sendAs(agent, send)
      if (trial !== undefined) {
        await withDeadline(trial, TRIAL_MS, undefined)
        return isAllowed() ? sendAs(agent, send) : send(undefined)
      }
      const sending = sendAs(agent, send)
      trial = sending.then(
        () => undefined,
        () => {
          trial = undefined
        },
      )
      return sending
    },
  }
}

function identityOf({ name, face }: Face): AgentIdentity {
  if (face === undefined) return { username: name }
  return { username: name, ...(face.startsWith(':') ? { icon_emoji: face } : { icon_url: face }) }
}
