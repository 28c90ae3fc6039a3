import { setTimeout as sleep } from 'node:timers/promises'
import { personIn } from '../test/support/person.ts'
import { says, slow, startScriptedModel } from '../test/support/scripted-model.ts'
import { startGround } from './ground.ts'
import { median, ms, percentile } from './numbers.ts'

const REQUESTS = 100
const WARM_UP = 5
/** The model's own time to its first words; it is told apart by when it answers, not by how long it was told to wait. */
const THINKING_MS = 50
/** Between pieces of the answer, so that it is a stream and not one post. */
const SAYING_MS = 40
const PATIENCE_MS = 30_000

/** From the message being sent to the first words standing at Slack, less the time the model kept its answer back. One at a time. */
export async function firstWords(): Promise<string[]> {
  await using model = await startScriptedModel()
  let thoughtMs = 0
  model.always(async () => {
    const began = performance.now()
    await sleep(THINKING_MS)
    thoughtMs = performance.now() - began
    return slow(SAYING_MS, says('These are the first words, and others come after them until the end.'))
  })
  await using ground = await startGround({ ANTHROPIC_BASE_URL: model.baseURL })
  const member = personIn(ground.slack.url, 'member')
  const times: number[] = []
  for (let at = 0; at < WARM_UP + REQUESTS; at++) {
    const began = performance.now()
    const where = await member.dm('hello')
    await wordsIn(member, where)
    const took = performance.now() - began - thoughtMs
    if (at >= WARM_UP) times.push(took)
    await member.see(where, /until the end/)
  }
  return [
    `${REQUESTS} requests, one at a time, less the ${THINKING_MS} ms a scripted model thinks`,
    `first words    median ${ms(median(times))}, p99 ${ms(percentile(times, 0.99))} (at most 150 ms)`,
  ]
}

/** Looks as often as it can: what a look takes is in the time, never taken off it. */
async function wordsIn(member: ReturnType<typeof personIn>, where: { channel: string; thread: string }): Promise<void> {
  const until = performance.now() + PATIENCE_MS
  while (performance.now() < until) {
    const seen = await member.messages(where.channel, where.thread)
    if (seen.some((one) => one.text.includes('These'))) return
    await sleep(1)
  }
  throw new Error('no words came')
}
