import { z } from 'zod'
import { isRecord } from '../../src/block-kit/problem.ts'
import { EmulatorError } from '../errors.ts'
import { Json } from '../workspace/records.ts'
import type { EmulatorParts } from './emulator-parts.ts'

export const RawRequest = z.object({
  payload: Json,
  type: z.enum(['interactive', 'slash_commands', 'events_api']).default('interactive'),
})

/** Sends the app a request, once; a trigger or response address in it is replaced by one that works. Returns the acknowledgement's body. */
export async function sendRawRequest(
  parts: EmulatorParts,
  { type, payload }: z.infer<typeof RawRequest>,
): Promise<unknown> {
  const reply = await parts.transport.send({ type, payload: withWorkingIds(parts, payload) })
  if (reply.kind === 'acked') return reply.body
  throw new EmulatorError('app_failed', reply.detail)
}

function withWorkingIds({ triggers, responses }: EmulatorParts, payload: Json): Json {
  const user = text(payload.user_id) ?? text(fieldsOf(payload.user).id)
  if (user === undefined) return payload
  const channel = text(payload.channel_id) ?? text(fieldsOf(payload.channel).id)
  const ts = text(fieldsOf(payload.container).message_ts)
  const inModal = fieldsOf(payload.view).type === 'modal'
  const asks = (field: string) => text(payload[field]) !== undefined
  return {
    ...payload,
    ...(asks('trigger_id') && { trigger_id: triggers.issue(user, inModal) }),
    ...(asks('response_url') && channel !== undefined && { response_url: responses.issue({ channel, user, ts }) }),
  }
}

const fieldsOf = (value: unknown): Json => (isRecord(value) ? value : {})
const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
