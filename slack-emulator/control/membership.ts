import { z } from 'zod'
import { EmulatorError } from '../errors.ts'
import { findSession } from '../web-api/methods/agents.ts'
import { isStreaming } from '../workspace/objects/message-object.ts'
import type { Channel, Json, Person } from '../workspace/records.ts'
import type { EmulatorParts } from './emulator-parts.ts'

/** Removes the app: its token stops working at once, and the app gets its last events. */
export function uninstallApp({ workspace }: EmulatorParts, { here_only }: { here_only: boolean }): Json {
  if (workspace.appTokens.live() === undefined) throw new EmulatorError('conflict', 'the app is not installed here')
  if (here_only) return withdraw(workspace)
  // The event must be published first: an app that is not installed gets none.
  workspace.publish({ kind: 'uninstalled' })
  workspace.appTokens.remove()
  return { ok: true }
}

/** Takes the app from this workspace of its organization. */
function withdraw(workspace: EmulatorParts['workspace']): Json {
  if (workspace.appTokens.live()?.org !== true)
    throw new EmulatorError('conflict', 'the app is not here by an install of the whole organization')
  workspace.publish({ kind: 'access_revoked' })
  workspace.appTokens.withdraw()
  return { ok: true }
}

export const Decline = z.object({ scopes: z.array(z.string()) })

/** The optional scopes that an owner does not grant; an empty list grants all of them again. */
export function declineScopes({ workspace }: EmulatorParts, { scopes }: z.infer<typeof Decline>): Json {
  const { optionalScopes } = workspace.manifest()
  const needed = scopes.find((scope) => !optionalScopes.includes(scope))
  if (needed !== undefined)
    throw new EmulatorError(
      'conflict',
      `${needed} is not optional; optional are: ${optionalScopes.join(', ') || 'none'}`,
    )
  workspace.appTokens.decline(scopes)
  return { ok: true, granted: workspace.grantedScopes() ?? [] }
}

/** Presses Stop: open streams of the thread refuse further text, and the app gets `agent_session_stopped`. */
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
