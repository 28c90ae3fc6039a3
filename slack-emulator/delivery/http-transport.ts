import { createHmac } from 'node:crypto'
import { Agent, type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { LIMITS } from '../../src/block-kit/limits.ts'
import { isRecord } from '../../src/block-kit/problem.ts'
import { parseJson } from '../parse-json.ts'
import { type AppReply, type AppRequest, describeFailure, type Transport } from './transport.ts'

/** Enough for a burst without making the app accept hundreds of connections at once. */
const MAX_CONNECTIONS = 64
const FORM = 'application/x-www-form-urlencoded'

type Deps = { signingSecret: string; urls: string[]; now: () => number }
type Encoded = { body: string; headers: Record<string, string> }

/**
 * Signed requests to the app (docs.slack.dev/authentication/verifying-requests-from-slack), in turn to each of its
 * processes; one that refuses the connection is passed over.
 */
export function createHttpTransport({ signingSecret, urls, now }: Deps): Transport & { setUrls(urls: string[]): void } {
  const kept = new Agent({ keepAlive: true, maxSockets: MAX_CONNECTIONS })
  // Interactions get a fresh connection: a kept one may close as it is reused, and Slack never retries an interaction.
  const fresh = new Agent({ keepAlive: false })
  let targets = [...urls]
  let turn = 0
  let waiting: (() => void)[] = []

  return {
    async send(outgoing) {
      const encoded = sign(encode(outgoing), signingSecret, now())
      const from = turn++
      const inTurn = targets.map((_, index) => targets[(from + index) % targets.length] ?? '')
      for (const url of inTurn) {
        const reply = await post(outgoing.type === 'events_api' ? kept : fresh, url, encoded)
        if (reply.kind !== 'absent') return reply
      }
      return { kind: 'absent', detail: `nothing listens at ${targets.join(' or ')}` }
    },
    ready: () => (targets.length > 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
    setUrls(next) {
      targets = [...next]
      if (targets.length === 0) return
      const woken = waiting
      waiting = []
      for (const wake of woken) wake()
    },
    [Symbol.dispose]() {
      kept.destroy()
      fresh.destroy()
    },
  }
}

function encode({ type, payload, retry }: AppRequest): Encoded {
  const headers: Record<string, string> = { 'user-agent': 'Slackbot 1.0 (local)' }
  if (retry !== undefined) {
    headers['x-slack-retry-num'] = String(retry.num)
    headers['x-slack-retry-reason'] = retry.reason
  }
  if (type === 'events_api')
    return { body: JSON.stringify(payload), headers: { ...headers, 'content-type': 'application/json' } }
  const form = type === 'interactive' ? { payload: JSON.stringify(payload) } : textFields(payload)
  return { body: new URLSearchParams(form).toString(), headers: { ...headers, 'content-type': FORM } }
}

function textFields(payload: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(Object.entries(payload).map(([name, value]) => [name, String(value)]))
}

function sign({ body, headers }: Encoded, secret: string, nowMs: number): Encoded {
  const timestamp = String(Math.floor(nowMs / 1000))
  const signature = createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')
  return {
    body,
    headers: {
      ...headers,
      'content-length': String(Buffer.byteLength(body)),
      'x-slack-request-timestamp': timestamp,
      'x-slack-signature': `v0=${signature}`,
    },
  }
}

/** Returns `absent` only when the connection was refused, so that the app cannot have seen the request. */
function post(agent: Agent, url: string, { body, headers }: Encoded): Promise<AppReply> {
  return new Promise((resolve) => {
    let begin = performance.now()
    let timer: NodeJS.Timeout | undefined
    const taken = () => performance.now() - begin
    const sent = request(url, { method: 'POST', agent, headers }, (response) => {
      const broken = (error: unknown) => describeFailure('connection_failed', { detail: String(error), ms: taken() })
      void readReply(response, taken).catch(broken).then(resolve)
    })
    // The app's three seconds start when the request has a connection.
    sent.once('socket', () => {
      begin = performance.now()
      timer = setTimeout(() => {
        resolve(describeFailure('http_timeout', { detail: 'the app did not answer within 3 seconds', ms: taken() }))
        sent.destroy()
      }, LIMITS.ackMs)
    })
    sent.once('close', () => clearTimeout(timer))
    sent.once('error', (error) => {
      const { message: detail } = error
      const refused = isRecord(error) && error.code === 'ECONNREFUSED'
      resolve(refused ? { kind: 'absent', detail } : describeFailure('connection_failed', { detail, ms: taken() }))
    })
    sent.end(body)
  })
}

async function readReply(response: IncomingMessage, taken: () => number): Promise<AppReply> {
  const body = await text(response)
  const [ms, noRetry, status] = [taken(), response.headers['x-slack-no-retry'] === '1', response.statusCode ?? 0]
  if (status < 200 || status > 299)
    return describeFailure('http_error', { detail: `the app answered HTTP ${status}`, ms, noRetry })
  if (body === '') return { kind: 'acked', body: undefined, ms }
  if (!(response.headers['content-type'] ?? '').startsWith('application/json')) return { kind: 'acked', body, ms }
  const parsed = parseJson(body)
  if (parsed === undefined)
    return describeFailure('http_error', { detail: 'the app answered broken JSON', ms, noRetry })
  return { kind: 'acked', body: parsed, ms }
}
