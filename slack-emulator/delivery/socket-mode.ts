import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type RawData, type WebSocket, WebSocketServer } from 'ws'
import { LIMITS } from '../../src/block-kit/limits.ts'
import { isRecord } from '../../src/block-kit/problem.ts'
import { parseJson } from '../parse-json.ts'
import { APP } from '../workspace/seed.ts'
import { type AppReply, type AppRequest, describeFailure, type Transport } from './transport.ts'

/** Slack's limit of connections per app. */
const MAX_SOCKETS = 10
/** The client gives up after 30 s without a ping. */
const PING_EVERY_MS = 10_000
const TICKET_LIFETIME_MS = 30_000
/** RFC 6455 §7.4.1: the server is stopping. */
const GOING_AWAY = 1001
const CLOSE_WITHIN_MS = 500

export type SocketModeTransport = Transport & {
  /** A single-use path for `apps.connections.open`; undefined when ten sockets are open. */
  newTicket(): string | undefined
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
}

/** `link_disabled` means that Socket Mode was switched off (docs.slack.dev/apis/events-api/using-socket-mode#disconnect). */
export const DISCONNECT_REASONS = ['warning', 'refresh_requested', 'link_disabled'] as const
export type DisconnectReason = (typeof DISCONNECT_REASONS)[number]

/** What Slack does to a socket beside sending requests. */
export type SocketControl = {
  /** Sends a frame as it is to every socket. */
  sendFrame(text: string): void
  /** Tells every socket to reconnect, sends it nothing more, and closes it soon. */
  disconnect(reason: DisconnectReason): void
}

/** Slack refreshes every socket after a few hours; the hello frame says when. */
const CONNECTION_SECONDS = 18_060

/** How long a socket stays open after its `disconnect` frame. */
const REFRESH_MS = 10_000

/** Socket Mode's server side (docs.slack.dev/apis/events-api/using-socket-mode): each envelope goes to one socket, round robin. */
export function createSocketModeTransport(now: () => number): SocketModeTransport & SocketControl {
  const server = new WebSocketServer({ noServer: true })
  const tickets = new Map<string, number>()
  const acks = createAcks()
  let sockets: WebSocket[] = []
  let turn = 0
  let wake: (() => void)[] = []

  function join(socket: WebSocket): void {
    const stopTimers = startTimers(socket, () => leave(socket, 'refresh_requested'))
    socket.on('message', acks.hear)
    socket.on('error', () => socket.terminate())
    socket.on('close', () => {
      stopTimers()
      sockets = sockets.filter((one) => one !== socket)
      acks.fail('the app closed its socket before it acknowledged', socket)
    })
    sockets.push(socket)
    socket.send(JSON.stringify(hello(sockets.length, now())))
    for (const resume of wake) resume()
    wake = []
  }

  function leave(socket: WebSocket, reason: DisconnectReason): void {
    sockets = sockets.filter((one) => one !== socket)
    endSoon(socket, reason)
  }

  return {
    newTicket() {
      if (sockets.length >= MAX_SOCKETS) return undefined
      const ticket = randomUUID()
      tickets.set(ticket, now() + TICKET_LIFETIME_MS)
      return `/link?ticket=${ticket}&app_id=${APP.id}`
    },
    upgrade(request, socket, head) {
      const ticket = new URL(request.url ?? '/', 'http://local').searchParams.get('ticket') ?? ''
      const valid = (tickets.get(ticket) ?? 0) > now()
      tickets.delete(ticket)
      if (valid) server.handleUpgrade(request, socket, head, join)
      else socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
    },
    ready: () => (sockets.length > 0 ? Promise.resolve() : new Promise((resolve) => wake.push(resolve))),
    send(outgoing) {
      const socket = sockets[turn++ % Math.max(sockets.length, 1)]
      return socket === undefined
        ? Promise.resolve({ kind: 'absent', detail: 'the app has no open socket' })
        : acks.ask(socket, envelopeOf(outgoing))
    },
    sendFrame(text) {
      for (const socket of sockets) socket.send(text)
    },
    disconnect(reason) {
      for (const socket of sockets) leave(socket, reason)
    },
    [Symbol.dispose]() {
      for (const socket of sockets) stop(socket)
      acks.fail('the workspace is closing')
      server.close()
    },
  }
}

function startTimers(socket: WebSocket, refresh: () => void): () => void {
  const ping = setInterval(() => socket.ping(), PING_EVERY_MS)
  const timer = setTimeout(refresh, CONNECTION_SECONDS * 1_000)
  return () => {
    clearInterval(ping)
    clearTimeout(timer)
  }
}

function stop(socket: WebSocket): void {
  socket.close(GOING_AWAY)
  setTimeout(() => socket.terminate(), CLOSE_WITHIN_MS).unref()
}

function endSoon(socket: WebSocket, reason: DisconnectReason): void {
  socket.send(JSON.stringify({ type: 'disconnect', reason, debug_info: { host: 'local' } }))
  setTimeout(() => socket.close(), REFRESH_MS).unref()
}

type Waiting = { socket: WebSocket; answer: (reply: AppReply) => void; timer: NodeJS.Timeout; begin: number }

/** Holds the envelopes that were sent until they are acknowledged, three seconds pass, or their socket closes. */
function createAcks() {
  const waiting = new Map<string, Waiting>()

  function settle(id: string, outcome: (ms: number) => AppReply): void {
    const asked = waiting.get(id)
    if (asked === undefined) return
    clearTimeout(asked.timer)
    waiting.delete(id)
    asked.answer(outcome(performance.now() - asked.begin))
  }

  return {
    ask(socket: WebSocket, envelope: { envelope_id: string }): Promise<AppReply> {
      const id = envelope.envelope_id
      return new Promise((answer) => {
        const giveUp = () =>
          settle(id, (ms) =>
            describeFailure('http_timeout', { detail: 'the app did not acknowledge within 3 seconds', ms }),
          )
        waiting.set(id, { socket, answer, timer: setTimeout(giveUp, LIMITS.ackMs), begin: performance.now() })
        socket.send(JSON.stringify(envelope))
      })
    },
    hear(data: RawData): void {
      const frame = parseJson(String(data))
      if (!isRecord(frame) || typeof frame.envelope_id !== 'string') return
      const body = emptyToUndefined(frame.payload)
      settle(frame.envelope_id, (ms) => ({ kind: 'acked', body, ms }))
    },
    /** Fails the envelopes of one socket, or all. */
    fail(why: string, socket?: WebSocket): void {
      for (const [id, asked] of waiting) {
        if (socket === undefined || asked.socket === socket)
          settle(id, (ms) => describeFailure('connection_failed', { detail: why, ms }))
      }
    },
  }
}

function hello(connections: number, nowMs: number): object {
  const started = new Date(nowMs).toISOString().replace('T', ' ').replace('Z', '')
  return {
    type: 'hello',
    num_connections: connections,
    debug_info: { host: 'local', started, build_number: 1, approximate_connection_time: CONNECTION_SECONDS },
    connection_info: { app_id: APP.id },
  }
}

function envelopeOf({ type, payload, retry }: AppRequest) {
  const envelope = { envelope_id: randomUUID(), type, payload, accepts_response_payload: type !== 'events_api' }
  if (type !== 'events_api') return envelope
  return { ...envelope, retry_attempt: retry?.num ?? 0, retry_reason: retry?.reason ?? '' }
}

/** The client always sends a payload; an empty one is a plain acknowledgement. */
function emptyToUndefined(payload: unknown): unknown {
  if (!isRecord(payload) || Object.keys(payload).length === 0) return undefined
  return payload
}
