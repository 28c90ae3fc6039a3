import { expect, test } from 'vitest'
import { earlierMessagesOf } from '../../../src/run/model-turn/transcript.ts'
import { judged, replied, stateOf } from '../states.ts'

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
