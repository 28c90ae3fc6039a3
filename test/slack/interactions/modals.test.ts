import { WebAPIPlatformError, WebAPIRequestError } from '@slack/web-api'
import { expect, test } from 'vitest'
import { AppError } from '../../../src/errors.ts'
import { loadingModal, updateModalView } from '../../../src/slack/interactions/modals.ts'
import type { WebApi } from '../../../src/slack/web-api/web-api.ts'
import { memoryLog } from '../../support/log.ts'

const refused = (error: string) =>
  new AppError('slack_failed', error, { cause: new WebAPIPlatformError({ ok: false, error }) })
const lost = () => new AppError('slack_failed', 'lost', { cause: new WebAPIRequestError(new Error('ECONNRESET')) })

test.for([
  { what: 'changed meanwhile', errors: [refused('hash_conflict')], shown: true, last: 'wanted' },
  {
    what: 'changed twice meanwhile',
    errors: [refused('hash_conflict'), refused('hash_conflict')],
    shown: true,
    last: 'wanted',
  },
  { what: 'in trouble for a moment', errors: [refused('internal_error')], shown: true, last: 'wanted' },
  { what: 'closed', errors: [refused('not_found')], shown: false, last: 'wanted' },
  { what: 'closed, in other words', errors: [refused('view_not_found')], shown: false, last: 'wanted' },
  { what: 'too large', errors: [refused('view_too_large')], shown: false, last: 'could not show' },
  { what: 'not valid', errors: [refused('invalid_arguments')], shown: false, last: 'could not show' },
  { what: 'not answered for', errors: [lost()], shown: true, last: 'wanted' },
  { what: 'not answered for twice', errors: [lost(), lost()], shown: true, last: 'wanted' },
  { what: 'never answered for', errors: [lost(), lost(), lost()], shown: false, last: 'wanted' },
  { what: 'asked for too often', errors: [refused('ratelimited')], shown: true, last: 'wanted' },
])('a modal that is $what does not wait for ever: shown is $shown', async ({ errors, shown, last }) => {
  const sent: string[] = []
  const left = [...errors]
  const webApi: WebApi = {
    async call(_method, args, shape) {
      sent.push(JSON.stringify(args))
      const error = left.shift()
      if (error) throw error
      return shape.parse({})
    },
  }
  expect(await updateModalView({ webApi, log: memoryLog().log }, 'V1', loadingModal('Modal', 'wanted'))).toBe(shown)
  expect(sent.at(-1)).toContain(last)
})
