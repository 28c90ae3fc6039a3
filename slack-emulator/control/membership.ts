import type { EmulatorParts } from '../delivery/interaction-payloads.ts'
import { EmulatorError } from '../errors.ts'
import { findSession } from '../web-api/methods/agents.ts'
import type { Channel, Json, Person } from '../workspace/records.ts'
import { isStreaming } from '../workspace/slack-objects.ts'
import { findChannel } from './find.ts'

/** Lets a person, or the app, join or leave a channel. */
export function setMember(parts: EmulatorParts, input: { channel: string; user: string; member: boolean }): Json {
  const channel = findChannel(parts, input.channel)
  const user = parts.workspace.person(input.user)
  if (channel.im !== undefined || user === undefined)
    throw new EmulatorError('conflict', `there is no "${input.user}" to move in ${channel.name}`)
  const others = channel.members.filter((one) => one !== user.id)
  parts.workspace.channels.put(channel.id, { ...channel, members: input.member ? [...others, user.id] : others })
  return { ok: true }
}

/** An admin removes the app: its token dies at once, and the app is told as long as it may hear anything. */
export function uninstallApp({ workspace }: EmulatorParts, { here_only }: { here_only: boolean }): Json {
  if (workspace.appTokens.live() === undefined) throw new EmulatorError('conflict', 'the app is not installed here')
  if (here_only) return withdraw(workspace)
  // Told first: who may be told is looked at when it happens.
  workspace.publish({ kind: 'uninstalled' })
  workspace.appTokens.remove()
  return { ok: true }
}

/** An admin of the organization takes the app from this workspace alone. */
function withdraw(workspace: EmulatorParts['workspace']): Json {
  if (workspace.appTokens.live()?.org !== true)
    throw new EmulatorError('conflict', 'the app is not here by an install of the whole organization')
  workspace.publish({ kind: 'access_revoked' })
  workspace.appTokens.withdraw()
  return { ok: true }
}

/** The Stop button: live streams of the thread refuse further words, and the app is told. */
export function stopSession(
  { workspace }: EmulatorParts,
  at: { person: Person; channel: Channel },
  threadTs: string,
): Json {
  const { person, channel } = at
  const session = findSession(workspace, { channel: channel.id, thread_ts: threadTs })
  if (session?.status !== 'processing') throw new EmulatorError('conflict', 'nothing is running in this thread')
  const streams = workspace.messages.replies(channel.id, threadTs).flatMap((message) => {
    const { stream } = message
    if (stream === undefined || !isStreaming(stream, workspace.now())) return []
    workspace.messages.put({ ...message, stream: { ...stream, stoppedByUser: true } })
    return [message.ts]
  })
  workspace.publish({ kind: 'session_stopped', channel: channel.id, thread_ts: threadTs, user: person.id, streams })
  return { ok: true, streams }
}
