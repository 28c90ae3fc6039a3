import { randomBytes } from 'node:crypto'
import { isRecord } from '../../src/block-kit/problem.ts'
import type { EmulatorLog } from '../log.ts'
import { type Clock, systemClock } from '../workspace/clock.ts'
import { isExtShared } from '../workspace/objects/channel-object.ts'
import type { Json, PendingEvent } from '../workspace/records.ts'
import { APP } from '../workspace/seed.ts'
import type { Workspace } from '../workspace/workspace.ts'
import type { SlackEvent } from './event-payloads.ts'
import type { AppReply, Transport } from './transport.ts'

/** Delays before an unacknowledged event is sent again (docs.slack.dev/apis/events-api#retries). */
export const RETRY_DELAYS_MS = [0, 60_000, 300_000]

/** How often an absent app is looked for; this does not count as an attempt, since a restart takes seconds. */
const LOOK_AGAIN_MS = 250

/** How many deliveries are kept for measurements. */
const MAX_DELIVERIES = 2_000

/** How many acknowledged events are kept to be sent once more. */
const MAX_ACKNOWLEDGED = 500

/** One attempt to deliver an event; `ms` is the time from the request to the acknowledgement. */
export type Delivery = { id: string; attempt: number; outcome: string; ms: number }

export type EventQueue = {
  /** Sends an event, later by `delayMs`; returns its id. `envelope` replaces fields around it. */
  send(event: SlackEvent, delayMs?: number, envelope?: Json): string
  /** Sends acknowledged events once more, as if the acknowledgement had been lost; returns how the app answered each. */
  redeliver(isMeant: (event: Json) => boolean): Promise<AppReply[]>
  /** The last attempts, oldest first. */
  deliveries(): Delivery[]
  /** Delivers what was pending when the workspace last stopped. */
  resume(): void
  [Symbol.dispose](): void
}

type Deps = {
  workspace: Workspace
  transport: Transport
  retryDelaysMs: number[]
  log: EmulatorLog
  after?: Clock['after']
}

/** Every event is on disk before its first delivery and stays there until the app acknowledges it or its retries are used up. */
export function createEventQueue({
  workspace,
  transport,
  retryDelaysMs,
  log,
  after: later = systemClock.after,
}: Deps): EventQueue {
  const timers = createTimers(later)
  // These timers run in real time even under a test's clock, because they are not part of Slack's behaviour.
  const looks = createTimers(systemClock.after)
  const attempts = createBounded<Delivery>(MAX_DELIVERIES)
  const acknowledged = createBounded<PendingEvent>(MAX_ACKNOWLEDGED)
  let closed = false

  const after = (delayMs: number, event: PendingEvent) => timers.after(delayMs, () => void deliver(event))

  function retry(event: PendingEvent, reason: string, noRetry: boolean): void {
    const delayMs = noRetry ? undefined : retryDelaysMs[event.attempt]
    if (delayMs === undefined) {
      log.warn({ event: event.id, reason }, 'local Slack gave an event up: the app never acknowledged it')
      workspace.pending.drop(event.id)
      return
    }
    const next = { ...event, attempt: event.attempt + 1, reason }
    workspace.pending.put(event.id, next)
    after(delayMs, next)
  }

  async function deliver(event: PendingEvent): Promise<void> {
    await transport.ready()
    if (closed) return
    const again = event.attempt > 0 ? { retry: { num: event.attempt, reason: event.reason } } : {}
    const reply = await transport.send({ type: 'events_api', payload: event.envelope, ...again })
    if (closed) return
    if (reply.kind === 'absent') looks.after(LOOK_AGAIN_MS, () => void deliver(event))
    else conclude(event, reply)
  }

  function conclude(event: PendingEvent, reply: Exclude<AppReply, { kind: 'absent' }>): void {
    const acked = reply.kind === 'acked'
    attempts.add({ id: event.id, attempt: event.attempt, outcome: acked ? 'acked' : reply.reason, ms: reply.ms })
    if (acked) {
      workspace.pending.drop(event.id)
      acknowledged.add(event)
    } else retry(event, reply.reason, reply.noRetry)
  }

  return {
    send(event, delayMs = 0, envelope = {}) {
      const pending = pendingFor(event, workspace, envelope)
      workspace.pending.put(pending.id, pending)
      if (delayMs > 0) looks.after(delayMs, () => void deliver(pending))
      else void deliver(pending)
      return pending.id
    },
    redeliver: (isMeant) => sendAgain(transport, acknowledged.list(), isMeant),
    deliveries: attempts.list,
    resume() {
      for (const event of workspace.pending.values()) void deliver(event)
    },
    [Symbol.dispose]() {
      closed = true
      timers.clear()
      looks.clear()
    },
  }
}

/** The last `max` things, oldest first. */
function createBounded<T>(max: number) {
  const kept: T[] = []
  return {
    add(one: T): void {
      kept.push(one)
      if (kept.length > max) kept.shift()
    },
    list: (): T[] => [...kept],
  }
}

function sendAgain(
  transport: Transport,
  acknowledged: PendingEvent[],
  isMeant: (event: Json) => boolean,
): Promise<AppReply[]> {
  const again = acknowledged.filter(({ envelope }) => isRecord(envelope.event) && isMeant(envelope.event))
  const retry = { num: 1, reason: 'http_timeout' }
  return Promise.all(again.map(({ envelope }) => transport.send({ type: 'events_api', payload: envelope, retry })))
}

function createTimers(later: Clock['after']) {
  const open = new Set<() => void>()
  return {
    after(delayMs: number, act: () => void): void {
      const cancel = later(delayMs, () => {
        open.delete(cancel)
        act()
      })
      open.add(cancel)
    },
    clear(): void {
      for (const cancel of open) cancel()
      open.clear()
    },
  }
}

function pendingFor(event: SlackEvent, workspace: Workspace, envelope: Json): PendingEvent {
  const id = `Ev${randomBytes(8).toString('hex').toUpperCase()}`
  return { id, envelope: { ...envelopeOf(id, event, workspace), ...envelope }, attempt: 0, reason: '' }
}

function envelopeOf(id: string, event: SlackEvent, workspace: Workspace) {
  const { team, appTokens, channels, now } = workspace
  const enterprise = team.enterprise?.id ?? null
  // Events of the organization carry no workspace id.
  const team_id = event.type === 'team_access_revoked' ? null : team.id
  const channel = typeof event.channel === 'string' ? channels.get(event.channel) : undefined
  const authorization = {
    enterprise_id: enterprise,
    team_id,
    user_id: APP.user,
    is_bot: true,
    is_enterprise_install: appTokens.live()?.org ?? false,
  }
  return {
    token: 'local-verification-token',
    team_id,
    context_team_id: team_id,
    context_enterprise_id: enterprise,
    api_app_id: APP.id,
    event,
    type: 'event_callback',
    event_id: id,
    event_time: Math.floor(now() / 1000),
    authorizations: [authorization],
    is_ext_shared_channel: channel !== undefined && isExtShared(channel, workspace),
    event_context: `4-${Buffer.from(JSON.stringify({ et: event.type, tid: team.id, aid: APP.id })).toString('base64url')}`,
  }
}
