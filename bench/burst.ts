import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { z } from 'zod'
import { personIn } from '../test/support/person.ts'
import { says, startScriptedModel } from '../test/support/scripted-model.ts'
import { type Ground, startGround } from './ground.ts'
import { ms, percentile } from './numbers.ts'

const EVENTS = 500
const WARM_UP = 20
/** Requests under way at any time, over as many standing connections, as from a busy sender. */
const IN_FLIGHT = 50

/** Signed events of 500 new conversations: from the first byte sent to the acknowledgement, with the run already in the database. */
export async function burst(): Promise<string[]> {
  await using model = await startScriptedModel()
  model.always(says('Done.'))
  await using ground = await startGround({ ANTHROPIC_BASE_URL: model.baseURL })
  const messages = await say(ground, WARM_UP + EVENTS)
  await load(ground, { messages: messages.slice(EVENTS), inFlight: 1 })
  const { times, took } = await load(ground, { messages: messages.slice(0, EVENTS), inFlight: IN_FLIGHT })
  return [
    `${EVENTS} events, ${IN_FLIGHT} in flight, each starting a run: ${ms(took)} in all`,
    `event to ack  median ${ms(percentile(times, 0.5))}, p99 ${ms(percentile(times, 0.99))} (at most 200 ms)`,
  ]
}

/** The messages stand at Slack: the app withdraws a request whose message is gone. Without a mention they start nothing themselves. */
async function say({ slack }: Ground, count: number): Promise<string[]> {
  const member = personIn(slack.url, 'member')
  const messages: string[] = []
  while (messages.length < count) messages.push((await member.say('general', 'what is new')).thread)
  return messages
}

function load(ground: Ground, o: { messages: string[]; inFlight: number }) {
  const { slack, port } = ground
  const workerData = { port, secret: slack.signingSecret, team: slack.teamId, user: slack.people.member, ...o }
  const worker = new Worker(join(import.meta.dirname, 'load.ts'), { workerData })
  return new Promise<{ times: number[]; took: number }>((resolve, reject) => {
    worker.once('message', (answer) =>
      resolve(z.object({ times: z.array(z.number()), took: z.number() }).parse(answer)),
    )
    worker.once('error', reject)
  })
}
