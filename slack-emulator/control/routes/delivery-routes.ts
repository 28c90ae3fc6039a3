import { z } from 'zod'
import { EmulatorError } from '../../errors.ts'
import { MENTION_EVENTS } from '../../workspace/event-shape.ts'
import { Json } from '../../workspace/records.ts'
import type { EmulatorParts } from '../emulator-parts.ts'
import { RawRequest, sendRawRequest } from '../raw-request.ts'
import { tellRateLimited, verifyUrl } from '../system-events.ts'
import { type Route, route } from './route.ts'

const Deliver = z.object({ event: z.looseObject({ type: z.string() }), envelope: Json.optional() })
/** `ts` is the message's or the event's own; `type` chooses between the events of one message. */
const Redeliver = z.object({ ts: z.string().optional(), type: z.string().optional() })
const Shape = z.object({
  nulls: z.boolean().default(false),
  hold: z.object({ type: z.enum(MENTION_EVENTS), ms: z.number().int().min(1).max(60_000) }).optional(),
  without_files: z.array(z.enum(MENTION_EVENTS)).default([]),
})

/** What Slack sends and how, beside what people's acts lead to. */
export function createDeliveryRoutes(parts: EmulatorParts): Record<string, Route> {
  return {
    deliver: route(Deliver, ({ event, envelope }) => ({
      ok: true,
      event_id: parts.events.send(event, 0, envelope),
    })),
    interact: route(RawRequest, async (input) => ({ ok: true, answer: await sendRawRequest(parts, input) })),
    redeliver: route(Redeliver, (input) => redeliver(parts, input)),
    'event-shape': route(Shape, ({ nulls, hold, without_files: withoutFiles }) => {
      parts.workspace.shapeEvents({ nulls, hold, withoutFiles })
      return { ok: true }
    }),
    'app-rate-limited': route(z.object({}), () => tellRateLimited(parts)),
    'verify-url': route(z.object({}), () => verifyUrl(parts)),
  }
}

/** Sends acknowledged events again, as Slack does where the acknowledgement was lost on its way. */
async function redeliver({ events }: EmulatorParts, { ts, type }: z.infer<typeof Redeliver>): Promise<Json> {
  const replies = await events.redeliver((event) => (ts === undefined || isOf(event, ts)) && fits(event, type))
  if (replies.length === 0) throw new EmulatorError('conflict', 'the app has acknowledged no such event')
  const failed = replies.find((reply) => reply.kind !== 'acked')
  if (failed !== undefined) throw new EmulatorError('app_failed', 'the app did not acknowledge the event again')
  return { ok: true, delivered: replies.length }
}

const fits = (event: Json, type: string | undefined): boolean => type === undefined || event.type === type

/** Events without a timestamp of a message are found by their own or by their thread. */
function isOf(event: Json, ts: string): boolean {
  const own = [event.ts, event.event_ts, event.deleted_ts]
  return own.includes(ts) || (event.ts === undefined && event.thread_ts === ts)
}
