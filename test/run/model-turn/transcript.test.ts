import { expect, test } from 'vitest'
import { earlierMessagesOf } from '../../../src/run/model-turn/transcript.ts'
import { ada, at, judged, replied, stateOf } from '../states.ts'

test('a recalled result is not cut inside an emoji, which the API would refuse', () => {
  const text = `${'x'.repeat(1_999)}😀 and more`
  const returned = {
    type: 'returned' as const,
    call: 'read',
    outcome: 'ok' as const,
    text,
    images: [],
    files: [],
    summary: 'done',
    ms: 1,
    at: '2026-11-21T10:00:00.000Z',
  }
  const state = stateOf(replied(['read']), judged('read', 'allow'), returned)
  const recalled = earlierMessagesOf(state, true).flatMap((message) =>
    message.role === 'user' ? message.content.flatMap((part) => (part.type === 'tool_result' ? part.text : [])) : [],
  )
  expect(recalled).toEqual([`${'x'.repeat(1_999)} […]`])
})

test.each([true, false])('the words of a deleted request are told to nobody, nor what came of them: own %s', (own) => {
  const stopped = { type: 'stopped' as const, by: ada, why: 'request_deleted' as const, at }
  const context = [{ author: 'Bob', text: 'it is blue' }]
  const state = { ...stateOf(replied(['read'], 'You asked me to do it.'), stopped), context }
  const told = JSON.stringify(earlierMessagesOf(state, own))
  expect(told).not.toMatch(/do it|files__read/)
  expect(told).toContain('it is blue')
  expect(told).toContain('(this message was deleted)')
})
