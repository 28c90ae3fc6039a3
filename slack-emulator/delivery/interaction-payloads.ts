import { EmulatorError } from '../errors.ts'
import { teamIdOf } from '../workspace/objects/user-object.ts'
import type { Channel, Json, Person } from '../workspace/records.ts'
import { APP } from '../workspace/seed.ts'
import type { Workspace } from '../workspace/workspace.ts'
import type { AppReply, Transport } from './transport.ts'

/** The fields all interaction payloads share. */
export function basePayloadFor({ team, appTokens }: Workspace, person: Person): Json {
  return {
    team: { id: team.id, domain: team.domain },
    user: { id: person.id, username: person.name, name: person.name, team_id: teamIdOf(person, team.id) },
    api_app_id: APP.id,
    token: 'local-verification-token',
    enterprise: team.enterprise ?? null,
    is_enterprise_install: appTokens.live()?.org ?? false,
  }
}

export function channelPayloadOf(channel: Channel): Json {
  return { id: channel.id, name: channel.im === undefined ? channel.name : 'directmessage' }
}

/** Sends an interaction, once and without retries; returns the acknowledgement's body, or throws with what the person is told. */
export async function sendInteraction(
  transport: Transport,
  type: 'interactive' | 'slash_commands',
  payload: Json,
): Promise<unknown> {
  const reply = await transport.send({ type, payload })
  if (reply.kind === 'acked') return reply.body
  throw new EmulatorError('app_failed', trouble(reply))
}

/** Slack's message to the person, with the reason for the developer. */
function trouble(reply: Exclude<AppReply, { kind: 'acked' }>): string {
  const code = reply.kind === 'failed' && reply.reason === 'http_timeout' ? 'operation_timeout' : 'dispatch_failed'
  return `We had some trouble connecting. Try again? (${code}: ${reply.detail})`
}
