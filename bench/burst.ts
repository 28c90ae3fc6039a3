import { createHmac } from 'node:crypto'
import { Agent, request } from 'node:http'
import { says, startScriptedModel } from '../test/support/scripted-model.ts'
import { startGround } from './ground.ts'
import { ms, percentile } from './numbers.ts'

const EVENTS = 500
/** Slack opens many connections at once; this many requests are under way at any time. */
const IN_FLIGHT = 50

/** Signed events of 500 new conversations: from the first byte sent to the acknowledgement, with the run already in the database. */
export async function burst(): Promise<string[]> {
  await using model = await startScriptedModel()
  model.always(says('Done.'))
  await using ground = await startGround({ ANTHROPIC_BASE_URL: model.baseURL })
  const agent = new Agent({ keepAlive: true, maxSockets: IN_FLIGHT })
  const member = ground.slack.people.member ?? ''
  const send = (number: number) =>
    post(ground.port, agent, ground.slack.signingSecret, eventOf(number, member, ground.slack.teamId))
  for (let warm = 0; warm < 20; warm++) await send(10_000 + warm)
  const times: number[] = []
  const queue = Array.from({ length: EVENTS }, (_, at) => at)
  const began = performance.now()
  await Promise.all(
    Array.from({ length: IN_FLIGHT }, async () => {
      for (let at = queue.shift(); at !== undefined; at = queue.shift()) times.push(await send(at))
    }),
  )
  const took = performance.now() - began
  agent.destroy()
  return [
    `${EVENTS} events, ${IN_FLIGHT} in flight, each starting a run: ${ms(took)} in all`,
    `event to ack  median ${ms(percentile(times, 0.5))}, p99 ${ms(percentile(times, 0.99))} (at most 200 ms)`,
  ]
}

function eventOf(number: number, user: string, team: string): string {
  const ts = `${1_700_000_000 + number}.000100`
  const event = { type: 'app_mention', user, text: '<@UPATCHB1> hello', ts, channel: 'CGENERAL1', event_ts: ts, team }
  const authorizations = [
    { enterprise_id: null, team_id: team, user_id: 'UPATCHB1', is_bot: true, is_enterprise_install: false },
  ]
  return JSON.stringify({
    type: 'event_callback',
    team_id: team,
    api_app_id: 'ALOCAL001',
    event_id: `EvBENCH${number}`,
    event_time: 1_700_000_000,
    authorizations,
    event,
  })
}

/** Milliseconds until the response is complete. */
function post(port: number, agent: Agent, secret: string, body: string): Promise<number> {
  const timestamp = String(Math.floor(Date.now() / 1_000))
  const signature = `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')}`
  const headers = {
    'content-type': 'application/json',
    'x-slack-request-timestamp': timestamp,
    'x-slack-signature': signature,
  }
  const began = performance.now()
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { port, host: '127.0.0.1', path: '/slack/events', method: 'POST', headers, agent },
      (response) => {
        response
          .resume()
          .on('end', () =>
            response.statusCode === 200
              ? resolve(performance.now() - began)
              : reject(new Error(`status ${response.statusCode}`)),
          )
      },
    )
    outgoing.on('error', reject).end(body)
  })
}
