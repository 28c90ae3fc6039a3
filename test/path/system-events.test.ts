import { expect, test } from 'vitest'
import { startWorld } from '../support/world.ts'

test.each(['http', 'socket'] as const)('over %s the app acknowledges app_rate_limited', async (mode) => {
  await using world = await startWorld({ mode })
  expect(await world.as('owner').post('app-rate-limited', {})).toEqual({ ok: true })
})

test('over HTTP the app sends the challenge of url_verification back', async () => {
  await using world = await startWorld()
  expect(await world.as('owner').post('verify-url', {})).toEqual({ ok: true })
})
