import { createHmac } from 'node:crypto'
import { Agent, type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { LIMITS } from '../../block-kit/limits.ts'
import { isRecord } from '../../block-kit/problem.ts'
import { parseJson } from './parse-json.ts'
import { failed, type Outgoing, type Reply, type Wire } from './wire.ts'

/** Enough for a burst without making the app accept hundreds of connections at once. */
const MAX_CONNECTIONS = 64
const FORM = 'application/x-www-form-urlencoded'

type Deps = { signingSecret: string; urls: string[]; now: () => number }
type Encoded = { body: string; headers: Record<string, string> }

/**
 * Signed requests to the app (docs.slack.dev/authentication/verifying-requests-from-slack), in turn to each of its
 * processes; one that refuses the connection is passed over.
 */
export function createHttpWire({ signingSecret, urls, now }: Deps): Wire & { setUrls(urls: string[]): void } {
  const agent = new Agent({ keepAlive: true, maxSockets: MAX_CONNECTIONS })
  let targets = [...urls]
  let turn = 0
  let waiting: (() => void)[] = []

  return {
    async send(outgoing) {
      const encoded = sign(encode(outgoing), signingSecret, now())
      const from = turn++
      const inTurn = targets.map((_, index) => targets[(from + index) % targets.length] ?? '')
      let last = failed('connection_failed', 'no app is listening')
      for (const url of inTurn) {
        const reply = await post(agent, url, encoded)
        if (reply !== 'refused') return reply
        last = failed('connection_failed', `nothing listens at ${url}`)
      }
      return last
    },
    ready: () => (targets.length > 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
    setUrls(next) {
      targets = [...next]
      if (targets.length === 0) return
      const woken = waiting
      waiting = []
      for (const wake of woken) wake()
    },
    [Symbol.dispose]: () => agent.destroy(),
  }
}

function encode({ type, payload, retry }: Outgoing): Encoded {
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

/** 'refused' only when the app certainly never saw the request. */
function post(agent: Agent, url: string, { body, headers }: Encoded): Promise<Reply | 'refused'> {
  return new Promise((resolve) => {
    const sent = request(url, { method: 'POST', agent, headers }, (response) => {
      readReply(response).then(resolve, (error: unknown) => resolve(failed('connection_failed', String(error))))
    })
    let timer: NodeJS.Timeout | undefined
    // The app's three seconds start when the request has a connection, not while it waits for one of ours.
    sent.once('socket', () => {
      timer = setTimeout(() => {
        resolve(failed('http_timeout', 'the app did not answer within 3 seconds'))
        sent.destroy()
      }, LIMITS.ackMs)
    })
    sent.once('close', () => clearTimeout(timer))
    sent.once('error', (error) => {
      const refused = isRecord(error) && error.code === 'ECONNREFUSED'
      resolve(refused ? 'refused' : failed('connection_failed', error.message))
    })
    sent.end(body)
  })
}

async function readReply(response: IncomingMessage): Promise<Reply> {
  const body = await text(response)
  const noRetry = response.headers['x-slack-no-retry'] === '1'
  const status = response.statusCode ?? 0
  if (status < 200 || status > 299) return failed('http_error', `the app answered HTTP ${status}`, noRetry)
  if (body === '') return { kind: 'acked', body: undefined }
  if (!(response.headers['content-type'] ?? '').startsWith('application/json')) return { kind: 'acked', body }
  const parsed = parseJson(body)
  return parsed === undefined
    ? failed('http_error', 'the app answered broken JSON', noRetry)
    : { kind: 'acked', body: parsed }
}
