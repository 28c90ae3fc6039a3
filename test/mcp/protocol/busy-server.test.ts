import { expect, test } from 'vitest'
import { askedWaitOf } from '../../../src/mcp/protocol/busy-server.ts'

const NOW = new Date('2026-11-30T12:00:00Z')
const waitOf = (status: number, headers: Record<string, string>) =>
  askedWaitOf({ status, headers: new Headers(headers) }, NOW)

test.each<[number, Record<string, string>, number | undefined]>([
  [429, { 'retry-after': '30' }, 30_000],
  [503, { 'retry-after': '2' }, 2_000],
  [429, { 'retry-after': 'Mon, 30 Nov 2026 12:05:00 GMT' }, 300_000],
  [429, { 'retry-after': 'Mon, 30 Nov 2026 11:00:00 GMT' }, 0],
  // PagerDuty and Datadog: seconds. GitHub: the second of the clock. Jira: a date.
  [429, { 'ratelimit-reset': '12' }, 12_000],
  [429, { 'x-ratelimit-reset': '7' }, 7_000],
  [429, { 'x-ratelimit-reset': String(NOW.getTime() / 1_000 + 90) }, 90_000],
  [429, { 'x-ratelimit-reset': '2026-11-30T12:01Z' }, 60_000],
  [429, { 'retry-after': '5', 'x-ratelimit-reset': '500' }, 5_000],
  [429, {}, undefined],
  [429, { 'retry-after': 'soon' }, undefined],
  [429, { 'retry-after': '-4' }, undefined],
  [429, { 'retry-after': '999999999' }, undefined],
  [503, { 'x-ratelimit-reset': '7' }, undefined],
  [200, { 'retry-after': '30' }, undefined],
  [500, { 'retry-after': '30' }, undefined],
])('%i with %j asks to wait %s ms', (status, headers, ms) => {
  expect(waitOf(status, headers)).toBe(ms)
})
