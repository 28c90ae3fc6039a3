import { expect, test } from 'vitest'
import type { TriggerNews } from '../../src/triggers/storage/trigger-store.ts'
import { createTriggerId, type Trigger, type TriggerOccurrence } from '../../src/triggers/trigger.ts'
import { describeDelay, describeTriggerNews } from '../../src/triggers/trigger-text.ts'
import { ANN, scheduled } from './scheduling.ts'

const trigger: Trigger = {
  id: createTriggerId(),
  workspace: ANN.workspace,
  owner: ANN.user,
  definition: scheduled({ repeats: 'daily', at: '09:00', zone: 'Europe/Berlin' }),
  version: 1,
  enabled: true,
  nextAt: new Date('2026-12-02T08:00:00Z'),
  failures: 0,
}
const dueAt = new Date('2026-12-01T08:00:00Z')
const AT = 'Tuesday 1 December 2026, 09:00, Europe/Berlin (UTC+1)'
const NEXT = 'Its next time is Wednesday 2 December 2026, 09:00, Europe/Berlin (UTC+1).'
const skipped = (why: TriggerOccurrence['why'], missed = 0) => ({
  id: 1,
  kind: 'skipped' as const,
  trigger,
  occurrence: { key: 'k', dueAt, state: 'skipped' as const, missed, ...(why && { why }) },
})

test.each<[TriggerNews, string]>([
  [
    { id: 1, kind: 'paused', trigger, why: 'It failed three times in a row.' },
    '“Open bugs” is paused: It failed three times in a row. It does not run until you let it go on.',
  ],
  [
    skipped('late', 2),
    `“Open bugs” of ${AT} did not run: the app was away, and by now it is more than 12 hours late. The 2 times before it were missed, too. ${NEXT}`,
  ],
  [
    skipped('running', 1),
    `“Open bugs” of ${AT} did not run: the last time is still at work, or waits for somebody. The time before it was missed, too. ${NEXT}`,
  ],
  [skipped('not_started'), `“Open bugs” of ${AT} did not run: it could not be started, after several tries. ${NEXT}`],
  [
    { ...skipped(undefined), kind: 'no_success' },
    `“Open bugs” of ${AT} has not ended well: it is still at work, waits for somebody, or nobody knows how it ended.`,
  ],
])('%#', (news, words) => {
  expect(describeTriggerNews(news)).toBe(words)
})

test.each([
  [undefined, 0, undefined],
  [9_720_000, 0, `This was due on ${AT}, and begins 2 h 42 min late.`],
  [3_600_000, 0, `This was due on ${AT}, and begins 1 h late.`],
  [180_000, 3, `This was due on ${AT}, and begins 3 min late. The 3 times before it were missed, too.`],
])('%s ms late: %s missed', (lateMs, missed, words) => {
  expect(describeDelay({ trigger, dueAt, dedupeKey: 'k', missed, ...(lateMs && { lateMs }) })).toBe(words)
})
