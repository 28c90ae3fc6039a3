import { AppError } from '../../errors.ts'
import { sessionAt } from './api/agents.ts'
import type { Stage } from './payloads.ts'
import type { Channel, Json, Person } from './records.ts'
import { channelNamed } from './scene.ts'
import { isLive } from './slack-objects.ts'

/** Lets a person, or the app, join or leave a channel. */
export function setMember(stage: Stage, input: { channel: string; user: string; member: boolean }): Json {
  const channel = channelNamed(stage, input.channel)
  const user = stage.workspace.person(input.user)
  if (channel.im !== undefined || user === undefined)
    throw new AppError('conflict', `there is no "${input.user}" to move in ${channel.name}`)
  const others = channel.members.filter((one) => one !== user.id)
  stage.workspace.channels.put(channel.id, { ...channel, members: input.member ? [...others, user.id] : others })
  return { ok: true }
}

/** An admin removes the app: its token dies at once, and the app is told as long as it may hear anything. */
export function uninstall({ workspace }: Stage, { here_only }: { here_only: boolean }): Json {
  if (workspace.installs.live() === undefined) throw new AppError('conflict', 'the app is not installed here')
  if (here_only) return withdraw(workspace)
  // Told first: who may be told is looked at when it happens.
  workspace.tell({ kind: 'uninstalled' })
  workspace.installs.remove()
  return { ok: true }
}

/** An admin of the organization takes the app from this workspace alone. */
function withdraw(workspace: Stage['workspace']): Json {
  if (workspace.installs.live()?.org !== true)
    throw new AppError('conflict', 'the app is not here by an install of the whole organization')
  workspace.tell({ kind: 'access_revoked' })
  workspace.installs.withdraw()
  return { ok: true }
}

/** The Stop button: live streams of the thread refuse further words, and the app is told. */
export function stopSession({ workspace }: Stage, at: { person: Person; channel: Channel }, threadTs: string): Json {
  const { person, channel } = at
  const session = sessionAt(workspace, { channel: channel.id, thread_ts: threadTs })
  if (session?.status !== 'processing') throw new AppError('conflict', 'nothing is running in this thread')
  const streams = workspace.messages.replies(channel.id, threadTs).flatMap((message) => {
    const { stream } = message
    if (stream === undefined || !isLive(stream, workspace.now())) return []
    workspace.messages.put({ ...message, stream: { ...stream, stoppedByUser: true } })
    return [message.ts]
  })
  workspace.tell({ kind: 'session_stopped', channel: channel.id, thread_ts: threadTs, user: person.id, streams })
  return { ok: true, streams }
}
