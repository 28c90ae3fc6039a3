import { WebAPIPlatformError } from '@slack/web-api'
import { expect, test } from 'vitest'
import { AppError } from '../../../src/errors.ts'
import { createAgentIdentities } from '../../../src/slack/web-api/agent-identity.ts'
import { createAgentSessions } from '../../../src/slack/web-api/agents.ts'
import type { WebApi } from '../../../src/slack/web-api/web-api.ts'
import { memoryLog } from '../../support/log.ts'
import { ORIGIN } from '../states.ts'

/** How often Slack is asked to say "is thinking…" for three requests, when it answers the first with this error. */
async function askedAfter(error: string): Promise<number> {
  let asked = 0
  const webApi: WebApi = {
    async call(_method, _args, shape) {
      asked += 1
      if (asked === 1)
        throw new AppError('slack_failed', error, { cause: new WebAPIPlatformError({ ok: false, error }) })
      return shape.parse({ ok: true })
    },
  }
  const { log } = memoryLog()
  const sessions = createAgentSessions({ webApi, identities: createAgentIdentities(log), log })
  for (let time = 0; time < 3; time++) {
    sessions.showThinking(ORIGIN, undefined)
    await new Promise((resolve) => setImmediate(resolve))
  }
  return asked
}

test.each([
  'internal_error',
  'invalid_thread_ts',
  'channel_not_found',
  'ratelimited',
  'fatal_error',
  'team_access_not_granted',
])('one %s does not switch "is thinking…" off for others', async (error) => {
  expect(await askedAfter(error)).toBe(3)
})

test.each(['unknown_method', 'missing_scope', 'not_allowed_token_type', 'feature_not_enabled'])(
  'Slack that answers %s does not offer it, and is not asked again soon',
  async (error) => {
    expect(await askedAfter(error)).toBe(1)
  },
)
