import { AppError } from '../../errors.ts'
import type { Blobs } from './blobs.ts'
import type { Modals } from './modals.ts'
import type { Delivery } from './outbox.ts'
import type { RateLimits } from './rate-limits.ts'
import type { Channel, Json, Person, ResponseUrl } from './records.ts'
import { APP } from './seed.ts'
import type { Traffic } from './traffic.ts'
import type { Triggers } from './triggers.ts'
import type { Forecast } from './weather.ts'
import type { Reply, Wire } from './wire.ts'
import type { Workspace } from './workspace.ts'

/** What every way of acting on the app needs. */
export type Stage = {
  workspace: Workspace
  wire: Wire
  modals: Modals
  triggers: Triggers
  responses: ResponseUrls
  forecast: Forecast
  limits: RateLimits
  blobs: Blobs
  deliveries(): Delivery[]
  traffic: Traffic
}

export type ResponseUrls = { issue(at: Pick<ResponseUrl, 'channel' | 'user' | 'ts' | 'thread_ts'>): string }

/** The fields all interaction payloads share. */
export function basePayload({ team, installs }: Workspace, person: Person): Json {
  return {
    team: { id: team.id, domain: team.domain },
    user: { id: person.id, username: person.name, name: person.name, team_id: team.id },
    api_app_id: APP.id,
    token: 'local-verification-token',
    enterprise: team.enterprise ?? null,
    is_enterprise_install: installs.live()?.org ?? false,
  }
}

export function channelPayload(channel: Channel): Json {
  return { id: channel.id, name: channel.im === undefined ? channel.name : 'directmessage' }
}

/** Interactivity is delivered once; the body of the acknowledgement, or what the person is told instead. */
export async function ask(wire: Wire, type: 'interactive' | 'slash_commands', payload: Json): Promise<unknown> {
  const reply = await wire.send({ type, payload })
  if (reply.kind === 'acked') return reply.body
  throw new AppError('slack_failed', trouble(reply))
}

/** Slack's own words to a person whose click or command got no answer, and for the developer the reason. */
function trouble(reply: Exclude<Reply, { kind: 'acked' }>): string {
  const code = reply.kind === 'failed' && reply.reason === 'http_timeout' ? 'operation_timeout' : 'dispatch_failed'
  return `We had some trouble connecting. Try again? (${code}: ${reply.detail})`
}
