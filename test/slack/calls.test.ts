import { expect, test } from 'vitest'
import { z } from 'zod'
import { startSlackEmulator } from '../../slack-emulator/start-slack-emulator.ts'
import { createBoltLogger } from '../../src/slack/app/bolt-logger.ts'
import {
  createNotInstalledError,
  createWebApi,
  isPermanentError,
  isTokenRevoked,
} from '../../src/slack/web-api/web-api.ts'
import { memoryLog } from '../support/log.ts'

const Me = z.object({ team_id: z.string() })

test('a token that was replaced meanwhile is replaced here, once', async () => {
  const { log } = memoryLog()
  await using slack = await startSlackEmulator({ port: 0, mode: 'http', appUrls: [], log })
  const { apiUrl, botToken, teamId } = slack
  const asked: string[] = []
  const whose = (renewedToken: string | undefined) => ({
    apiUrl,
    token: async () => 'xoxb-of-the-former-install',
    renewedToken: async (refused: string) => {
      asked.push(refused)
      return renewedToken
    },
  })
  await expect(createWebApi(whose(botToken), createBoltLogger(log)).call('auth.test', {}, Me)).resolves.toEqual({
    team_id: teamId,
  })
  expect(asked).toEqual(['xoxb-of-the-former-install'])
  const error: unknown = await createWebApi(whose(undefined), createBoltLogger(log))
    .call('auth.test', {}, Me)
    .catch((caught: unknown) => caught)
  expect(isTokenRevoked(error)).toBe(true)
  expect(asked).toHaveLength(2)
})

test('where the app is not installed there is nothing to wait for', async () => {
  const { log } = memoryLog()
  const whose = {
    apiUrl: 'http://127.0.0.1:1/api/',
    token: () => Promise.reject(createNotInstalledError()),
    renewedToken: async () => undefined,
  }
  const error: unknown = await createWebApi(whose, createBoltLogger(log))
    .call('chat.postMessage', {}, z.unknown())
    .catch((caught: unknown) => caught)
  expect([isTokenRevoked(error), isPermanentError(error)]).toEqual([true, true])
  expect(error).toMatchObject({ code: 'slack_failed', message: expect.stringContaining('add it again') })
})
