import { isRecord } from '../../src/block-kit/problem.ts'
import type { Json } from '../workspace/records.ts'
import { redactPayload } from './redact.ts'
import type { AppReply, AppRequest, Transport } from './transport.ts'

/** One request between Slack and the app, without secrets. */
export type Exchange = {
  id: number
  /** UNIX milliseconds. */
  at: number
  way: 'to_app' | 'to_slack'
  name: string
  verdict: 'ok' | 'refused' | 'failed'
  /** A short reason, e.g. `acknowledged` or `invalid_blocks`. */
  says: string
  ms: number
  /** How many consecutive requests this entry stands for; a stream makes many. */
  times: number
  request: unknown
  answer: unknown
}

export type TrafficLog = {
  note(seen: Omit<Exchange, 'id' | 'times'>): void
  /** Oldest first. */
  list(): Exchange[]
  watch(listener: (id: number) => void): () => void
}

/** Older exchanges are dropped. */
const MAX_EXCHANGES = 200

export function createTrafficLog(): TrafficLog {
  const listeners = new Set<(id: number) => void>()
  let kept: Exchange[] = []
  let next = 1
  return {
    note(seen) {
      const clean = { ...seen, request: redactPayload(seen.request), answer: redactPayload(seen.answer) }
      const last = kept.at(-1)
      const exchange =
        last !== undefined && continues(last, clean)
          ? { ...clean, id: last.id, times: last.times + 1 }
          : { ...clean, id: next++, times: 1 }
      kept = [...kept.filter((one) => one.id !== exchange.id), exchange].slice(-MAX_EXCHANGES)
      for (const listener of listeners) listener(exchange.id)
    },
    list: () => kept,
    watch(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** The dozens of appends of one stream share an entry, so that they do not push out the rest. */
function continues(last: Exchange, seen: Omit<Exchange, 'id' | 'times'>): boolean {
  if (seen.name !== 'chat.appendStream' || last.name !== seen.name || last.verdict !== 'ok') return false
  return isRecord(last.request) && isRecord(seen.request) && last.request.ts === seen.request.ts
}

/** Wraps a transport so that every exchange is logged. */
export function recordTraffic(transport: Transport, traffic: TrafficLog, now: () => number): Transport {
  return {
    ...transport,
    async send(outgoing) {
      const at = now()
      const reply = await transport.send(outgoing)
      // The queue's checks for an absent app, several a second, are not logged.
      if (reply.kind === 'absent' && outgoing.type === 'events_api') return reply
      const seen = { at, name: nameOf(outgoing), request: outgoing }
      traffic.note({ way: 'to_app', ...seen, ...verdictOf(reply) })
      return reply
    },
  }
}

function nameOf({ type, payload, retry }: AppRequest): string {
  if (type === 'slash_commands') return `${String(payload.command)} ${String(payload.text)}`.trim()
  const inner = type === 'events_api' && isRecord(payload.event) ? payload.event : payload
  const [action] = Array.isArray(payload.actions) ? payload.actions : []
  const again = retry === undefined ? undefined : `retry ${retry.num}`
  const parts = [inner.type, isRecord(action) ? action.action_id : undefined, viewName(payload), again]
  return parts.filter(Boolean).join(' · ')
}

function viewName({ type, view, callback_id }: Json): unknown {
  if (callback_id !== undefined) return callback_id
  return type !== 'block_actions' && isRecord(view) ? view.callback_id : undefined
}

function verdictOf(reply: AppReply): Pick<Exchange, 'verdict' | 'says' | 'ms' | 'answer'> {
  switch (reply.kind) {
    case 'acked':
      return { verdict: 'ok', says: 'acknowledged', ms: reply.ms, answer: reply.body }
    case 'failed':
      return { verdict: 'failed', says: reply.reason, ms: reply.ms, answer: reply.detail }
    case 'absent':
      return { verdict: 'failed', says: 'nobody listens', ms: 0, answer: reply.detail }
    default:
      return reply satisfies never
  }
}
