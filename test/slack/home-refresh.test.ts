import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { UserId } from '../../src/ids.ts'
import { createLooking } from '../../src/slack/home/home.ts'
import { eventually } from '../support/eventually.ts'
import { says, wishes } from '../support/scripted-model.ts'
import { startWorld, type World } from '../support/world.ts'

const drop = wishes('demo-database__execute_sql', { sql: 'DELETE FROM employee WHERE emp_no = 10001' })
const Traffic = z.object({
  exchanges: z.array(z.object({ name: z.string(), request: z.looseObject({ user_id: z.string().optional() }) })),
})

/** Whose Home tabs the app has painted, in order. */
async function paintedIn(world: World): Promise<(string | undefined)[]> {
  const answer = await fetch(`${world.slackUrl}/local/traffic`)
  const { exchanges } = Traffic.parse(await answer.json())
  return exchanges.filter(({ name }) => name === 'views.publish').map(({ request }) => request.user_id)
}

test('a run paints the Home tab of those who look at theirs, and of nobody else', async () => {
  await using world = await startWorld({ approvers: ['approver'], model: [drop, says('Gone.')] })
  const [member, approver] = [world.as('member'), world.as('approver')]
  await member.connect('demo-database')
  await member.home()
  await eventually(async () => expect(await paintedIn(world)).toEqual(['UMEMBER1']))
  const where = await member.mention('delete number 10001', 'ops')
  await approver.decide(where, 'Approve')
  await member.see(where, /Gone\./)
  // Changes are painted together a moment after the first of them.
  await sleep(2_500)
  expect((await paintedIn(world)).length).toBeGreaterThan(1)
  expect(new Set(await paintedIn(world))).toEqual(new Set(['UMEMBER1']))
})

test('who looked long ago, or before a thousand others, looks no more', () => {
  let now = 0
  const looking = createLooking(() => now)
  const people = Array.from({ length: 1_001 }, (_, at) => UserId.parse(`U${1_000 + at}`))
  for (const user of people) looking.note(user)
  expect(people.filter((user) => !looking.is(user))).toEqual(['U1000'])
  now = 60 * 60_000
  expect(people.filter((user) => looking.is(user))).toEqual([])
})
