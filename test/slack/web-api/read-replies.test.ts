import { expect, test } from 'vitest'
import { z } from 'zod'
import { startSlackEmulator } from '../../../slack-emulator/start-slack-emulator.ts'
import { createBoltLogger } from '../../../src/slack/app/bolt-logger.ts'
import { readReplies } from '../../../src/slack/web-api/read-replies.ts'
import { createWebApi } from '../../../src/slack/web-api/web-api.ts'
import { memoryLog } from '../../support/log.ts'
import { personIn } from '../../support/person.ts'

const Message = z.object({ text: z.string() })

test.each([
  ['an own app', false, [21, 21]],
  ['a distributed app', true, [15, 'refused']],
])('%s reads what Slack lets it read of a long thread, without waiting', async (_name, distributed, expected) => {
  const { log } = memoryLog()
  const app = { signingSecret: 's', client: { id: '1.2', secret: 'secret' } }
  await using slack = await startSlackEmulator({ port: 0, mode: 'http', appUrls: [], log, ...(distributed && { app }) })
  const member = personIn(slack.url, 'member')
  const { thread } = await member.say('general', 'the root')
  for (let at = 0; at < 20; at += 1) await member.say('general', `reply ${at}`, thread)
  const tokens = { apiUrl: slack.apiUrl, token: async () => slack.botToken, renewedToken: async () => undefined }
  const webApi = createWebApi(tokens, createBoltLogger(log))
  const read = () =>
    readReplies(webApi, { channel: 'CGENERAL1', ts: thread }, Message).then(
      (messages) => messages.length,
      () => 'refused',
    )
  const began = performance.now()
  expect([await read(), await read()]).toEqual(expected)
  expect(performance.now() - began).toBeLessThan(5_000)
})
