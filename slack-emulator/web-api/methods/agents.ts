import { z } from 'zod'
import { Session } from '../../workspace/records.ts'
import type { Workspace } from '../../workspace/workspace.ts'
import { channelFor, isThread } from './chat-common.ts'
import { acceptJson, defineMethod, type MethodResponse, type Methods, refuse, tsArg } from './method-args.ts'

export const SessionStatus = z.enum(['processing', 'active', 'suspended', 'closed'])
const place = { channel_id: z.string({ error: 'missing required field: channel_id' }), thread_ts: tsArg }
const title = z.string().min(1).max(200)
const Prompts = acceptJson(
  z
    .array(z.object({ title: z.string().min(1), message: z.string().min(1) }))
    .min(1)
    .max(4),
)

/** `null` takes a name or face back, which else stays until there is another. */
const identity = {
  username: z.string().max(200).nullish(),
  icon_emoji: z.string().nullish(),
  icon_url: z.string().nullish(),
}
const Status = z.object({
  ...place,
  ...identity,
  status: SessionStatus,
  title: title.optional(),
  initiator_user_id: z.string().optional(),
})

const Change = Session.partial()
type Change = z.infer<typeof Change>
type Place = { channel: string; thread_ts?: string | undefined }

const sessionKey = ({ channel, thread_ts }: Place) => `${channel}:${thread_ts ?? ''}`

/** agents.sessions.* and the older assistant.threads.* */
export function createAgentMethods(workspace: Workspace): Methods {
  const change = (at: Place, next: Change): MethodResponse | Session => {
    const channel = channelFor(workspace, at.channel)
    if (typeof channel === 'string') return refuse(channel)
    if (at.thread_ts !== undefined && !isThread(workspace, channel.id, at.thread_ts)) return refuse('invalid_thread_ts')
    return setSession(workspace, { ...at, channel: channel.id }, next)
  }
  const set = (...given: Parameters<typeof change>): MethodResponse => {
    const session = change(...given)
    return 'ok' in session ? session : { ok: true }
  }
  const setNamed = (...given: Parameters<typeof change>): MethodResponse => {
    const session = change(...given)
    if ('ok' in session) return session
    const { status, title: name } = session
    return { ok: true, status, agent_status: status, ...(name === undefined ? {} : { title: name }) }
  }
  return {
    'agents.sessions.setStatus': defineMethod(Status, ({ channel_id, thread_ts, initiator_user_id, ...given }) =>
      initiator_user_id === undefined || workspace.person(initiator_user_id)?.bot === false
        ? setNamed({ channel: channel_id, thread_ts }, changeOf(given))
        : refuse('user_not_found'),
    ),
    'agents.sessions.rename': defineMethod(z.object({ ...place, title }), ({ channel_id, thread_ts, title: given }) =>
      setNamed({ channel: channel_id, thread_ts }, { title: given }),
    ),
    'assistant.threads.setTitle': defineMethod(
      z.object({ channel_id: z.string(), thread_ts: tsArg, title }),
      ({ channel_id, thread_ts, title: given }) => set({ channel: channel_id, thread_ts }, { title: given }),
    ),
    'assistant.threads.setStatus': defineMethod(
      z.object({
        channel_id: z.string(),
        thread_ts: tsArg,
        status: z.string(),
        loading_messages: acceptJson(z.array(z.string()).max(10)).optional(),
        ...identity,
      }),
      ({ channel_id, thread_ts, status, username, icon_emoji, icon_url }) =>
        set({ channel: channel_id, thread_ts }, { words: status, ...changeOf({ username, icon_emoji, icon_url }) }),
    ),
    'assistant.threads.setSuggestedPrompts': defineMethod(
      z.object({ channel_id: z.string(), thread_ts: tsArg.optional(), title: z.string().optional(), prompts: Prompts }),
      ({ channel_id, thread_ts, prompts }) => {
        const { isAgent, hasAgentView } = workspace.manifest()
        if (isAgent === false) return refuse('not_agent_app')
        // Slack accepts prompts for a thread of an app with the agent view, and shows none.
        const isShown = !hasAgentView || thread_ts === undefined
        return set({ channel: channel_id, thread_ts }, isShown ? { prompts } : {})
      },
    ),
  }
}

/** What is given replaces what was; `null` replaces it with nothing. */
function changeOf(given: Record<string, string | null | undefined>): Change {
  const set = Object.entries(given).filter(([, value]) => value !== undefined)
  return Change.parse(Object.fromEntries(set.map(([name, value]) => [name, value ?? undefined])))
}

/** Slack shows its loader for an hour at most (docs.slack.dev/reference/methods/agents.sessions.setStatus). */
const PROCESSING_LAPSES_MS = 60 * 60_000

/** Finds the session of a thread; processing lapses with time. */
export function findSession(workspace: Workspace, at: Place): Session | undefined {
  const session = workspace.sessions.get(sessionKey(at))
  if (session?.status !== 'processing' || session.since === undefined) return session
  return workspace.now() < session.since + PROCESSING_LAPSES_MS ? session : { ...session, status: 'active' }
}

/** Clears the status text, which Slack does when the app posts. */
export function clearStatusText(workspace: Workspace, at: Place): void {
  const session = workspace.sessions.get(sessionKey(at))
  if (session?.words) setSession(workspace, at, { words: '' })
}

export function setSession(workspace: Workspace, at: Place, change: Change): Session {
  const key = sessionKey(at)
  const thread_ts = at.thread_ts ?? ''
  const known: Session = workspace.sessions.get(key) ?? { channel: at.channel, thread_ts, status: 'active' }
  const since = change.status === 'processing' ? { since: workspace.now() } : {}
  const session = Session.parse({ ...known, ...change, ...since })
  workspace.sessions.put(key, session)
  workspace.publish({ kind: 'session', channel: at.channel, thread_ts })
  return session
}
