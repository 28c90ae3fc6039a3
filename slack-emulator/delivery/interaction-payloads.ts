import { EmulatorError } from '../errors.ts'
import type { RateLimits } from '../web-api/rate-limits.ts'
import type { FileContents } from '../workspace/file-contents.ts'
import type { ModalStacks } from '../workspace/modal-stacks.ts'
import type { Channel, Json, Person, ResponseUrl } from '../workspace/records.ts'
import { APP } from '../workspace/seed.ts'
import type { TriggerIds } from '../workspace/trigger-ids.ts'
import type { Workspace } from '../workspace/workspace.ts'
import type { Delivery } from './event-queue.ts'
import type { FaultInjection } from './fault-injection.ts'
import type { TrafficLog } from './traffic-log.ts'
import type { AppReply, Transport } from './transport.ts'

/** What every way of acting on the app needs. */
export type EmulatorParts = {
  workspace: Workspace
  transport: Transport
  modals: ModalStacks
  triggers: TriggerIds
  responses: ResponseUrls
  faults: FaultInjection
  limits: RateLimits
  fileContents: FileContents
  deliveries(): Delivery[]
  traffic: TrafficLog
}

export type ResponseUrls = { issue(at: Pick<ResponseUrl, 'channel' | 'user' | 'ts' | 'thread_ts'>): string }

/** The fields all interaction payloads share. */
export function basePayloadFor({ team, appTokens }: Workspace, person: Person): Json {
  return {
    team: { id: team.id, domain: team.domain },
    user: { id: person.id, username: person.name, name: person.name, team_id: team.id },
    api_app_id: APP.id,
    token: 'local-verification-token',
    enterprise: team.enterprise ?? null,
    is_enterprise_install: appTokens.live()?.org ?? false,
  }
}

export function channelPayloadOf(channel: Channel): Json {
  return { id: channel.id, name: channel.im === undefined ? channel.name : 'directmessage' }
}

/** Interactivity is delivered once; the body of the acknowledgement, or what the person is told instead. */
export async function sendInteraction(
  transport: Transport,
  type: 'interactive' | 'slash_commands',
  payload: Json,
): Promise<unknown> {
  const reply = await transport.send({ type, payload })
  if (reply.kind === 'acked') return reply.body
  throw new EmulatorError('app_failed', trouble(reply))
}

/** Slack's own words to a person whose click or command got no answer, and for the developer the reason. */
function trouble(reply: Exclude<AppReply, { kind: 'acked' }>): string {
  const code = reply.kind === 'failed' && reply.reason === 'http_timeout' ? 'operation_timeout' : 'dispatch_failed'
  return `We had some trouble connecting. Try again? (${code}: ${reply.detail})`
}
