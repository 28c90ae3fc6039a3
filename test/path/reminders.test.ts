import { Client } from 'pg'
import { expect, test } from 'vitest'
import { startServerProcess } from '../support/mcp-house.ts'
import { lookOf } from '../support/person.ts'
import { says, wishes } from '../support/scripted-model.ts'
import { startWorld, type World } from '../support/world.ts'

async function rows(world: World, ...statements: string[]): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: world.databaseUrl })
  await client.connect()
  try {
    const results: Record<string, unknown>[] = []
    for (const sql of statements) results.push(...(await client.query<Record<string, unknown>>(sql)).rows)
    return results
  } finally {
    await client.end()
  }
}

const SOON = "update input_requests set expires_at = now() + interval '2 hours'"
const CLAIM = 'select input_reminders_claim(10800000) as ids'

/** Instances look every 15 s. */
const oneLook = () => new Promise((done) => setTimeout(done, 17_000))

async function asking(channel: 'dm' | 'general') {
  await using starting = new AsyncDisposableStack()
  const server = starting.use(await startServerProcess('http-asks.ts', ['0']))
  const world = starting.use(
    await startWorld({
      model: [wishes('shop__order', { item: 'desk' }), says('Ordered.')],
      change: (settings) => ({ ...settings, egressAllow: [`127.0.0.1:${server.port}`] }),
    }),
  )
  const member = world.as('member')
  await member.connect('custom', { Name: 'shop', Address: `http://127.0.0.1:${server.port}/mcp` })
  const where = channel === 'dm' ? await member.dm('order a desk') : await member.mention('order a desk')
  await member.decide(where, 'Approve')
  const card = await member.see(where, /"Answer"/)
  const things = starting.move()
  return { world, member, where, card, [Symbol.asyncDispose]: () => things.disposeAsync() }
}

const reminders = async ({ member, where }: Awaited<ReturnType<typeof asking>>) =>
  (await member.messages(where.channel, where.thread)).filter((one) => /still waiting/.test(one.text))

test.concurrent('who is asked is reminded once before a question expires, whichever instance looks', {
  timeout: 90_000,
}, async () => {
  await using open = await asking('general')
  const { world, member, where, card } = open
  await rows(world, SOON)
  await member.see(where, /<@UMEMBER1>: \*shop\* is still waiting for your answer, see above\. It waits until/, 30_000)
  await world.restart()
  await oneLook()
  expect(await reminders(open)).toHaveLength(1)
  await member.press(where, card.ts, 'Decline')
  await member.see(where, /Ordered\./)
})

test.concurrent('an answered question reminds nobody, and one that is open in time only once', {
  timeout: 90_000,
}, async () => {
  await using open = await asking('dm')
  const { world, member, where, card } = open
  const claims = await Promise.all(Array.from({ length: 8 }, () => rows(world, CLAIM)))
  expect(claims.flat()).toEqual(Array(8).fill({ ids: [] }))
  await member.press(where, card.ts, 'Decline')
  await member.see(where, /Ordered\./)
  await rows(world, SOON)
  expect(await rows(world, CLAIM)).toEqual([{ ids: [] }])
  await rows(world, "update input_requests set status = 'pending', live = true")
  expect(await rows(world, CLAIM)).toEqual([{ ids: [] }])
  await oneLook()
  expect((await member.messages('dm', where.thread)).map(lookOf).join()).not.toContain('still waiting')
  // The app itself looks again in 15 s.
  await world.restart()
  await rows(world, 'update input_requests set live = false')
  const many = await Promise.all(Array.from({ length: 8 }, () => rows(world, CLAIM)))
  expect(many.flat().filter(({ ids }) => JSON.stringify(ids) !== '[]')).toHaveLength(1)
})
