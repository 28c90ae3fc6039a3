import { z } from 'zod'
import { isRecord } from '../../src/block-kit/problem.ts'
import { EmulatorError } from '../errors.ts'
import type { Json } from '../workspace/records.ts'
import type { EmulatorParts } from './emulator-parts.ts'

export const RawRequest = z.object({
  type: z.enum(['events_api', 'slash_commands', 'interactive']),
  payload: z.record(z.string(), z.unknown()),
})

/**
 * Sends the app a request as it is, once; a trigger or response address in it is replaced by one that works. Returns the body of the
 * acknowledgement.
 */
export async function sendRawRequest(parts: EmulatorParts, { type, payload }: z.infer<typeof RawRequest>): Promise<Json> {
  const reply = await parts.transport.send({ type, payload: withWorkingIds(parts, payload) })
  if (reply.kind === 'acked') return { ok: true, ms: reply.ms, body: reply.body ?? null }
  throw new EmulatorError('app_failed', reply.detail)
}

function withWorkingIds({ triggers, responses }: EmulatorParts, payload: Json): Json {
  const { channel, container, user, view } = payload
  const person = text(payload.user_id) ?? text(isRecord(user) ? user.id : undefined)
  const place = text(payload.channel_id) ?? text(isRecord(channel) ? channel.id : undefined)
  const ts = text(isRecord(container) ? container.message_ts : undefined)
  const inModal = isRecord(view) && view.type === 'modal'
  const trigger = text(payload.trigger_id) !== undefined && person !== undefined
  const response = text(payload.response_url) !== undefined && person !== undefined && place !== undefined
  return {
    ...payload,
    ...(trigger && { trigger_id: triggers.issue(person, inModal) }),
    ...(response && { response_url: responses.issue({ channel: place, user: person, ...(ts !== undefined && { ts }) }) }),
  }
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
