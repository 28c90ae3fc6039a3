import { Client } from 'pg'
import { expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { lookOf } from '../support/person.ts'
import { says } from '../support/scripted-model.ts'
import { startWorld } from '../support/world.ts'

async function feedbackIn(url: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const sql = 'select f.user_id, f.verdict, r.user_id as asked from run_feedback f join runs r on r.id = f.run_id'
    return (await client.query<Record<string, unknown>>(`${sql} order by 1`)).rows
  } finally {
    await client.end()
  }
}

test('what people think of an answer is kept with its run; the last word counts', async () => {
  await using world = await startWorld({ model: [says('It is four.')] })
  const [member, owner] = [world.as('member'), world.as('owner')]
  const where = await member.mention('what is two and two?')
  const answer = await member.see(where, /It is four\.[\s\S]*run_feedback/)
  await member.press(where, answer.ts, 'run_feedback:good')
  await member.see(where, /good to know/)
  await member.press(where, answer.ts, 'run_feedback:bad')
  await member.see(where, /what should be different/)
  await owner.press(where, answer.ts, 'run_feedback:good')
  await eventually(async () =>
    expect(await feedbackIn(world.databaseUrl)).toEqual([
      { user_id: 'UMEMBER1', verdict: 'bad', asked: 'UMEMBER1' },
      { user_id: 'UOWNER01', verdict: 'good', asked: 'UMEMBER1' },
    ]),
  )
  const thanks = (await owner.messages(where.channel, where.thread)).filter((one) => one.ephemeral).map(lookOf)
  expect(thanks.join()).not.toContain('what should be different')
})
