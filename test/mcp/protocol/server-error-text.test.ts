import { expect, it } from 'vitest'
import { describeServerError } from '../../../src/mcp/protocol/server-error-text.ts'

it.each([
  ['Fatal error: Error: Connection terminated unexpectedly', 'it says "Connection terminated unexpectedly". Do this.'],
  ['{"error":{"name":"TypeError","message":"fetch failed"}}', /^it cannot reach its service from here\. Whoever/],
  ['TypeError: fetch failed', /^it cannot reach its service from here/],
  ['{"error":{"name":"HttpException","message":"Unauthorized"}}', 'it says "Unauthorized". Do this.'],
  ['Error: {"message":"no such project"}', 'it says "no such project". Do this.'],
  ['[{"error":"bad"}]', 'it says "bad". Do this.'],
  ['bad {key}', 'it says "bad {key}". Do this.'],
])('%s', (said, sentence) => {
  expect(describeServerError(said, 'Do this.')).toEqual(
    typeof sentence === 'string' ? sentence : expect.stringMatching(sentence),
  )
})
