import { z } from 'zod'
import { type Answer, channelArg, json, type Methods, method, refuse, ts } from '../args.ts'
import type { Session } from '../records.ts'
import type { Workspace } from '../workspace.ts'
import { channelFor, isThread } from './chat-common.ts'

export const Status = z.enum(['processing', 'active', 'suspended', 'closed'])
const place = { channel: channelArg, thread_ts: ts }
const title = z.string().min(1).max(200)
const Prompts = json(
  z
    .array(z.object({ title: z.string().min(1), message: z.string().min(1) }))
    .min(1)
    .max(4),
)

type Place = { channel: string; thread_ts?: string | undefined }

export const sessionKey = ({ channel, thread_ts }: Place) => `${channel}:${thread_ts ?? ''}`

/** agents.sessions.* and the older assistant.threads.* */
export function agentMethods(workspace: Workspace): Methods {
  const set = (at: Place, change: Partial<Session>): Answer => {
    const channel = channelFor(workspace, at.channel)
    if (typeof channel === 'string') return refuse(channel)
    if (at.thread_ts !== undefined && !isThread(workspace, channel.id, at.thread_ts)) return refuse('invalid_thread_ts')
    const session = setSession(workspace, { ...at, channel: channel.id }, change)
    return { ok: true, agent_session: { ...session, words: undefined, prompts: undefined } }
  }
  return {
    'agents.sessions.setStatus': method(
      z.object({ ...place, status: Status, title: title.optional(), initiator_user_id: z.string().optional() }),
      ({ status, title: given, ...at }) => set(at, given === undefined ? { status } : { status, title: given }),
    ),
    'agents.sessions.rename': method(z.object({ ...place, title }), ({ title: given, ...at }) =>
      set(at, { title: given }),
    ),
    'assistant.threads.setTitle': method(
      z.object({ channel_id: z.string(), thread_ts: ts, title }),
      ({ channel_id, thread_ts, title: given }) => set({ channel: channel_id, thread_ts }, { title: given }),
    ),
    'assistant.threads.setStatus': method(
      z.object({
        channel_id: z.string(),
        thread_ts: ts,
        status: z.string(),
        loading_messages: json(z.array(z.string()).max(10)).optional(),
      }),
      ({ channel_id, thread_ts, status }) => set({ channel: channel_id, thread_ts }, { words: status }),
    ),
    'assistant.threads.setSuggestedPrompts': method(
      z.object({ channel_id: z.string(), thread_ts: ts.optional(), title: z.string().optional(), prompts: Prompts }),
      ({ channel_id, thread_ts, prompts }) => set({ channel: channel_id, thread_ts }, { prompts }),
    ),
  }
}

export function setSession(workspace: Workspace, at: Place, change: Partial<Session>): Session {
  const key = sessionKey(at)
  const thread_ts = at.thread_ts ?? ''
  const known: Session = workspace.sessions.get(key) ?? { channel: at.channel, thread_ts, status: 'active' }
  const session = { ...known, ...change }
  workspace.sessions.put(key, session)
  workspace.tell({ kind: 'session', channel: at.channel, thread_ts })
  return session
}
