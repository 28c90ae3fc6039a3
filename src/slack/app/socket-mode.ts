import type { SocketModeReceiver } from '@slack/bolt'
import { LIMITS } from '../../block-kit/limits.ts'
import { errorChainOf } from '../../errors.ts'
import { parseJson } from '../../json.ts'
import type { Log } from '../../log.ts'
import { pause } from '../../timing.ts'

/** How long after a failed reconnect the next one follows. */
const RECONNECT_MS = 5_000

/**
 * Socket Mode with what @slack/socket-mode 3.1 lacks and 3.2 has: nothing that arrives ends the process, a reconnect that fails
 * is tried again, and when Slack wants to end a socket a second one is opened first, so that no press finds none.
 */
export type SocketModeConnection = {
  /** Throws what the first connection fails with. */
  start(): Promise<void>
  stop(): Promise<void>
}

/** `open` makes a receiver whose requests are routed. */
export function createSocketMode(open: () => SocketModeReceiver, log: Log): SocketModeConnection {
  const stopping = new AbortController()
  let current: SocketModeReceiver | undefined
  let isReplacing = false

  const prepare = (): SocketModeReceiver => {
    const receiver = open()
    guardMessages(receiver, log, (disconnect) => {
      if (receiver !== current || isReplacing || stopping.signal.aborted) return
      isReplacing = true
      replace(receiver, disconnect)
        .catch((error: unknown) => log.warn({ reason: errorChainOf(error) }, 'a socket to Slack was not replaced'))
        .finally(() => {
          isReplacing = false
        })
    })
    keepReconnecting(receiver, log, stopping.signal)
    return receiver
  }
  const replace = async (old: SocketModeReceiver, disconnect: () => void): Promise<void> => {
    const next = prepare()
    try {
      await next.start()
    } catch (error) {
      log.warn({ reason: errorChainOf(error) }, 'no second socket to Slack; the first is opened again')
      await next.stop()
      return disconnect()
    }
    if (stopping.signal.aborted) return void (await next.stop())
    current = next
    endWhenAcknowledged(old)
  }
  /** What came on a socket is acknowledged there, so it stays open for as long as that may take. */
  const endWhenAcknowledged = (old: SocketModeReceiver): void => {
    pause(LIMITS.ackMs, stopping.signal)
      .then(() => old.stop())
      .catch((error: unknown) => log.warn({ reason: errorChainOf(error) }, 'a socket to Slack did not end'))
  }
  return {
    start: async () => {
      current = prepare()
      await current.start()
    },
    stop: async () => {
      stopping.abort()
      await current?.stop()
    },
  }
}

/** Events of the client itself; a message by such a name would pass for one of them. */
const OWN_EVENTS = new Set(['error', 'close', 'ws_message', 'slack_event', 'connecting', 'authenticated', 'connected'])
const ENVELOPES = new Set(['events_api', 'interactive', 'slash_commands'])

/** Lets only messages through that the client can read; `onDisconnect` gets Slack's wish to end the socket, and how to follow it. */
function guardMessages({ client }: SocketModeReceiver, log: Log, onDisconnect: (disconnect: () => void) => void): void {
  const deliver = client.listeners('ws_message')
  client.removeAllListeners('ws_message')
  client.on('ws_message', (data: unknown, isBinary: unknown) => {
    const pass = () => {
      for (const listener of deliver)
        Promise.resolve(listener(data, isBinary)).catch((error: unknown) =>
          log.error({ err: error, reason: errorChainOf(error) }, 'a message of Slack could not be taken'),
        )
    }
    const message = readMessage(data)
    if (message.type === 'disconnect') return onDisconnect(pass)
    if (message.type === 'hello' || isDeliverable(message)) return pass()
    log.warn({ type: message.type, inner: message.inner }, 'Slack sent a message that is no request; it is passed over')
    if (message.envelope !== undefined)
      client.websocket?.send(JSON.stringify({ envelope_id: message.envelope, payload: {} }), (error) => {
        if (error) log.warn({ reason: errorChainOf(error) }, 'a message of Slack was not acknowledged')
      })
  })
}

type SocketMessage = { type: unknown; envelope: string | undefined; inner: unknown; event: unknown }

/** What decides on a message; all undefined for one that is no JSON object. */
function readMessage(data: unknown): SocketMessage {
  const { type, envelope_id, payload } = recordOf(typeof data === 'string' ? parseJson(data) : undefined)
  const { type: inner, event } = recordOf(payload)
  return {
    type,
    envelope: typeof envelope_id === 'string' ? envelope_id : undefined,
    inner,
    event: recordOf(event).type,
  }
}

/** `app_rate_limited`, for one, comes as an event without an event. */
const isDeliverable = ({ type, envelope, event }: SocketMessage): boolean =>
  typeof type === 'string' &&
  ENVELOPES.has(type) &&
  envelope !== undefined &&
  (type !== 'events_api' || (typeof event === 'string' && !OWN_EVENTS.has(event)))

const recordOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? { ...value } : {}

/** The client reconnects by its own `start`, whose failure it does not handle. */
function keepReconnecting({ client }: SocketModeReceiver, log: Log, stopping: AbortSignal): void {
  const start = client.start.bind(client)
  let began = false
  const startAgain = async (): ReturnType<typeof start> => {
    while (!stopping.aborted) {
      try {
        return await start()
      } catch (error) {
        log.warn({ reason: errorChainOf(error) }, 'no socket to Slack; it is tried again')
        await pause(RECONNECT_MS, stopping)
      }
    }
    return { ok: false }
  }
  client.start = async () => {
    if (began) return startAgain()
    const connection = await start()
    began = true
    return connection
  }
}
