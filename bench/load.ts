import { createHmac } from 'node:crypto'
import { Agent, request } from 'node:http'
import { parentPort, workerData } from 'node:worker_threads'
import { z } from 'zod'

/** Sends signed events and times their acknowledgement; in a thread of its own, so that nothing else delays its clock. */
const Work = z.object({
  port: z.number(),
  secret: z.string(),
  team: z.string(),
  user: z.string(),
  /** The messages that the events tell of, as they stand at Slack. */
  messages: z.array(z.string()),
  inFlight: z.number(),
})
const work = Work.parse(workerData)
const agent = new Agent({ keepAlive: true, maxSockets: work.inFlight })

// The sender's connections stand already, as Slack's do: Node takes in new ones one at a time, which is not what is measured.
await Promise.all(Array.from({ length: work.inFlight }, () => ask('GET', '/healthz', {}, '')))

const times: number[] = []
const queue = [...work.messages]
const began = performance.now()
await Promise.all(
  Array.from({ length: work.inFlight }, async () => {
    for (let ts = queue.shift(); ts !== undefined; ts = queue.shift()) times.push(await post(eventOf(ts)))
  }),
)
parentPort?.postMessage({ times, took: performance.now() - began })
agent.destroy()

function eventOf(ts: string): string {
  const event = {
    type: 'app_mention',
    user: work.user,
    text: '<@UPATCHB1> what is new',
    ts,
    channel: 'CGENERAL1',
    event_ts: ts,
    team: work.team,
  }
  const authorizations = [
    { enterprise_id: null, team_id: work.team, user_id: 'UPATCHB1', is_bot: true, is_enterprise_install: false },
  ]
  return JSON.stringify({
    type: 'event_callback',
    team_id: work.team,
    api_app_id: 'ALOCAL001',
    event_id: `EvBENCH${ts}`,
    event_time: 1_700_000_000,
    authorizations,
    event,
  })
}

function post(body: string): Promise<number> {
  const timestamp = String(Math.floor(Date.now() / 1_000))
  const signature = `v0=${createHmac('sha256', work.secret).update(`v0:${timestamp}:${body}`).digest('hex')}`
  const headers = {
    'content-type': 'application/json',
    'x-slack-request-timestamp': timestamp,
    'x-slack-signature': signature,
  }
  return ask('POST', '/slack/events', headers, body)
}

/** Milliseconds until the response is complete. */
function ask(method: string, path: string, headers: Record<string, string>, body: string): Promise<number> {
  const sent = performance.now()
  return new Promise((resolve, reject) => {
    const outgoing = request({ port: work.port, host: '127.0.0.1', path, method, headers, agent }, (response) => {
      response
        .resume()
        .on('end', () =>
          response.statusCode === 200
            ? resolve(performance.now() - sent)
            : reject(new Error(`status ${response.statusCode}`)),
        )
    })
    outgoing.on('error', reject).end(body)
  })
}
