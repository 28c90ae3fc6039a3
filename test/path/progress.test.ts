import { expect, test } from 'vitest'
import { lookOf } from '../support/person.ts'
import { rowsIn } from '../support/rows.ts'
import { says, slow, together, wishes } from '../support/scripted-model.ts'
import { startWorld } from '../support/world.ts'

const echo = (message: string) => wishes('everything__echo', { message })

test('steps are a plan while they are made, and one line below the answer at the end', async () => {
  const seen = Promise.withResolvers<void>()
  await using world = await startWorld({
    model: [
      echo('one'),
      slow(30, says('One step and these words are it.')),
      together(echo('one'), echo('two')),
      echo('three'),
      async () => {
        await seen.promise
        return slow(30, says('Three steps and these words are it.'))
      },
    ],
  })
  const member = world.as('member')
  await member.connect('everything')
  const line = await member.see(await member.dm('go'), /words are it\.[\s\S]*feedback/)
  expect(line.blocks?.map(({ type }) => type)).toEqual(['markdown', 'task_card', 'actions'])
  const where = await member.dm('go again')
  const live = await member.see(where, /"title":"Used everything · 3 steps","tasks".*Echoed.*Echoed.*Echoed/)
  expect(live.streaming).toBe(true)
  seen.resolve()
  const plan = await member.see(where, /words are it\.[\s\S]*feedback/)
  expect(plan.blocks?.map(({ type }) => type)).toEqual(['markdown', 'task_card', 'actions'])
  expect(plan.blocks?.[1]).toMatchObject({ title: 'Used everything · 3 steps', status: 'complete' })
})

test('what a server reports of its work is shown after an approval as before it', async () => {
  const operation = (connection: string) =>
    wishes(`${connection}__trigger-long-running-operation`, { duration: 6, steps: 12 })
  await using world = await startWorld({ model: [operation('everything'), says('It is over.')] })
  const member = world.as('member')
  await member.connect('everything')
  await rowsIn(
    world,
    "insert into rules (workspace_id, scope, card, tool, verdict, created_by) values ('TLOCAL01', 'workspace', 'everything', '*', 'ask', 'UOWNER01')",
  )
  const where = await member.dm('run the long operation')
  await member.decide(where, 'Approve')
  await member.see(where, /long running operation[^"]*… \((?:[1-9]\d?)%/i, 20_000)
  const end = await member.see(where, /It is over\./, 20_000)
  expect(lookOf(end)).not.toContain('%')
})
