import { expect, test } from 'vitest'
import { hangs, says, slow, wishes } from '../support/scripted-model.ts'
import { startWorld } from '../support/world.ts'

test('Stop ends a streaming answer within 2 s', async () => {
  const words = Array.from({ length: 2_000 }, (_, at) => `word${at}`).join(' ')
  await using world = await startWorld({ model: [slow(50, says(words))] })
  const member = world.as('member')
  const where = await member.dm('talk for long')
  const live = await member.see(where, /word3/)
  const began = Date.now()
  await member.press(where, live.ts, 'Stop')
  await member.see(where, /I stopped/)
  expect(Date.now() - began).toBeLessThan(2_000)
  expect((await member.messages('dm', where.thread)).some((one) => one.streaming)).toBe(false)
})

test('Stop ends a tool call, and the server is told', async () => {
  await using world = await startWorld({
    model: [wishes('everything__trigger-long-running-operation', { duration: 30, steps: 30 }), says('never said')],
  })
  const member = world.as('member')
  await member.connect('everything')
  const where = await member.dm('run the long operation')
  const found = await member.see(where, /"Approve"|"Stop"/)
  if (/"Approve"/.test(JSON.stringify(found.blocks))) await member.press(where, found.ts, 'Approve')
  const live = await member.see(where, /"Stop"/)
  const began = Date.now()
  await member.press(where, live.ts, 'Stop')
  await member.see(where, /I stopped/)
  expect(Date.now() - began).toBeLessThan(2_000)
  expect(world.model.left()).toBe(1)
})

test('Stop is there before the first word, and ends a model that says nothing', async () => {
  await using world = await startWorld({ model: [hangs()] })
  const member = world.as('member')
  const where = await member.dm('think for ever')
  const live = await member.see(where, /"Stop"/, 5_000)
  const began = Date.now()
  await member.press(where, live.ts, 'Stop')
  await member.see(where, /I stopped/)
  expect(Date.now() - began).toBeLessThan(2_000)
})
