import { describe, expect, test } from 'vitest'
import { passedOccurrences } from '../../../src/triggers/schedule/passed-occurrences.ts'
import { checkSchedule, nextOccurrence, type Schedule } from '../../../src/triggers/schedule/schedule.ts'
import { describeSchedule } from '../../../src/triggers/schedule/schedule-text.ts'

const custom = (cron: string, zone: string): Schedule => ({ repeats: 'custom', cron, zone })

/** The next times after one, as UTC has them. */
function timesOf(schedule: Schedule, after: string, count: number): string[] {
  const times: string[] = []
  let at = nextOccurrence(schedule, new Date(after))
  while (at !== undefined && times.length < count) {
    times.push(at.toISOString().replace(':00.000Z', 'Z'))
    at = nextOccurrence(schedule, at)
  }
  return times
}

/** What is not there on a day comes once, at the end of the gap; what is there twice comes the first time; what repeats within the hour comes each time. */
test.each<[string, Schedule, string, string[]]>([
  [
    'Berlin, the hour that is not there',
    custom('30 2 * * *', 'Europe/Berlin'),
    '2026-03-28T12:00:00Z',
    ['2026-03-29T01:00Z', '2026-03-30T00:30Z'],
  ],
  [
    'Berlin, the hour that is there twice',
    custom('30 2 * * *', 'Europe/Berlin'),
    '2026-10-24T12:00:00Z',
    ['2026-10-25T00:30Z', '2026-10-26T01:30Z'],
  ],
  [
    'Berlin, every half hour through the hour that is there twice',
    custom('*/30 * * * *', 'Europe/Berlin'),
    '2026-10-25T00:00:00Z',
    ['2026-10-25T00:30Z', '2026-10-25T01:00Z', '2026-10-25T01:30Z', '2026-10-25T02:00Z'],
  ],
  [
    'New York, the hour that is not there',
    { repeats: 'daily', at: '02:30', zone: 'America/New_York' },
    '2026-03-07T12:00:00Z',
    ['2026-03-08T07:00Z', '2026-03-09T06:30Z'],
  ],
  [
    'New York, the hour that is there twice',
    { repeats: 'daily', at: '01:30', zone: 'America/New_York' },
    '2026-10-31T12:00:00Z',
    ['2026-11-01T05:30Z', '2026-11-02T06:30Z'],
  ],
  [
    'Lord Howe, where clocks move half an hour forward',
    { repeats: 'daily', at: '02:15', zone: 'Australia/Lord_Howe' },
    '2026-10-03T00:00:00Z',
    ['2026-10-03T15:30Z', '2026-10-04T15:15Z'],
  ],
  [
    'Lord Howe, where clocks move half an hour back',
    { repeats: 'daily', at: '01:45', zone: 'Australia/Lord_Howe' },
    '2026-04-04T00:00:00Z',
    ['2026-04-04T14:45Z', '2026-04-05T15:15Z'],
  ],
  [
    'São Paulo, where midnight was not there',
    { repeats: 'daily', at: '00:30', zone: 'America/Sao_Paulo' },
    '2018-11-03T12:00:00Z',
    ['2018-11-04T03:00Z', '2018-11-05T02:30Z'],
  ],
  [
    'São Paulo, where the last hour of the day was there twice',
    { repeats: 'daily', at: '23:30', zone: 'America/Sao_Paulo' },
    '2018-02-16T12:00:00Z',
    ['2018-02-17T01:30Z', '2018-02-18T01:30Z', '2018-02-19T02:30Z'],
  ],
  [
    'São Paulo, which has kept one time since',
    { repeats: 'daily', at: '00:30', zone: 'America/Sao_Paulo' },
    '2026-11-03T12:00:00Z',
    ['2026-11-04T03:30Z', '2026-11-05T03:30Z'],
  ],
  [
    'Kathmandu, three quarters of an hour off',
    { repeats: 'weekly', on: ['monday'], at: '09:00', zone: 'Asia/Kathmandu' },
    '2026-11-29T00:00:00Z',
    ['2026-11-30T03:15Z', '2026-12-07T03:15Z'],
  ],
  [
    'UTC through a night in which Europe changes its clocks',
    { repeats: 'daily', at: '02:30', zone: 'UTC' },
    '2026-03-28T12:00:00Z',
    ['2026-03-29T02:30Z', '2026-03-30T02:30Z'],
  ],
])('%s', (_, schedule, after, expected) => {
  expect(timesOf(schedule, after, expected.length)).toEqual(expected)
})

test.each<[Schedule, string[]]>([
  [{ repeats: 'weekdays', at: '08:30', zone: 'UTC' }, ['2026-12-04T08:30Z', '2026-12-07T08:30Z']],
  [
    { repeats: 'weekly', on: ['sunday', 'tuesday'], at: '10:00', zone: 'UTC' },
    ['2026-12-06T10:00Z', '2026-12-08T10:00Z'],
  ],
  [
    { repeats: 'monthly', on: 'last', at: '00:05', zone: 'UTC' },
    ['2026-12-31T00:05Z', '2027-01-31T00:05Z', '2027-02-28T00:05Z'],
  ],
  [{ repeats: 'monthly', on: 1, at: '09:00', zone: 'Europe/Berlin' }, ['2027-01-01T08:00Z', '2027-02-01T08:00Z']],
  [
    custom('0 9 15W * *', 'UTC'),
    [
      '2026-12-15T09:00Z',
      '2027-01-15T09:00Z',
      '2027-02-15T09:00Z',
      '2027-03-15T09:00Z',
      '2027-04-15T09:00Z',
      '2027-05-14T09:00Z',
    ],
  ],
  [custom('0 9 * * MON#1', 'UTC'), ['2026-12-07T09:00Z', '2027-01-04T09:00Z']],
  [custom('0 0 29 2 *', 'UTC'), ['2028-02-29T00:00Z']],
  [{ repeats: 'once', moment: '2026-12-24T17:00:00.000Z', zone: 'UTC' }, ['2026-12-24T17:00Z']],
  [{ repeats: 'once', moment: '2026-12-03T17:00:00.000Z', zone: 'UTC' }, []],
])('%j', (schedule, expected) => {
  expect(timesOf(schedule, '2026-12-03T20:00:00Z', Math.max(expected.length, 1))).toEqual(expected)
})

describe('what cannot be kept is refused in words', () => {
  const now = new Date('2026-12-03T20:00:00Z')
  test.each<[Schedule, string]>([
    [custom('0 0 31 2 *', 'UTC'), 'never happens'],
    [{ repeats: 'once', moment: '2026-12-03T17:00:00.000Z', zone: 'UTC' }, 'has passed'],
    [{ repeats: 'daily', at: '09:00', zone: 'Mars/Base' }, '"Mars/Base" is no time zone'],
    [custom('* * *', 'UTC'), 'five parts'],
    [custom('0 0 9 * * 1', 'UTC'), 'five parts'],
    [custom('@daily', 'UTC'), 'five parts'],
    [custom('2026-12-24T10:00:00', 'UTC'), 'five parts'],
    [custom('? * * * *', 'UTC'), 'five parts'],
    [custom('0 24 * * *', 'UTC'), 'five parts'],
    [custom('0 9 * * FOO', 'UTC'), 'five parts'],
    [custom('* * * * *', 'UTC'), 'every 5 minutes'],
    [custom('*/4 * * * *', 'UTC'), 'every 5 minutes'],
    [custom('0,3 9 1 1 *', 'UTC'), 'every 5 minutes'],
    [custom('2,58 0,23 * * *', 'UTC'), 'every 5 minutes'],
  ])('%j', (schedule, words) => {
    expect(() => checkSchedule(schedule, now)).toThrow(
      expect.objectContaining({ code: 'input_invalid', message: expect.stringContaining(words) }),
    )
  })
  test.each<Schedule>([
    custom('*/5 * * * *', 'Europe/Berlin'),
    custom('0,5 9 * * 1', 'UTC'),
    { repeats: 'daily', at: '02:30', zone: 'Europe/Berlin' },
  ])('%j is fine', (schedule) => {
    expect(() => checkSchedule(schedule, now)).not.toThrow()
  })
})

test.each<[Schedule, string]>([
  [{ repeats: 'daily', at: '09:00', zone: 'Europe/Berlin' }, 'every day at 9:00, Berlin time'],
  [{ repeats: 'weekdays', at: '08:30', zone: 'America/New_York' }, 'every weekday at 8:30, New York time'],
  [{ repeats: 'weekly', on: ['monday'], at: '09:00', zone: 'Europe/Berlin' }, 'every Monday at 9:00, Berlin time'],
  [
    { repeats: 'weekly', on: ['monday', 'wednesday', 'friday'], at: '00:00', zone: 'UTC' },
    'every Monday, Wednesday and Friday at 0:00, UTC',
  ],
  [{ repeats: 'monthly', on: 22, at: '17:45', zone: 'Etc/GMT+3' }, 'on the 22nd of every month at 17:45, Etc/GMT+3'],
  [
    { repeats: 'monthly', on: 'last', at: '10:00', zone: 'America/Argentina/Buenos_Aires' },
    'on the last day of every month at 10:00, Buenos Aires time',
  ],
  [custom('0 9 15W * *', 'Europe/Berlin'), 'on the schedule `0 9 15W * *`, Berlin time'],
  [
    { repeats: 'once', moment: '2026-12-24T17:00:00.000Z', zone: 'Europe/Berlin' },
    'once, on Thursday 24 December 2026, 18:00, Europe/Berlin (UTC+1)',
  ],
])('%j is said as "%s"', (schedule, words) => {
  expect(describeSchedule(schedule)).toBe(words)
})

describe('what has passed', () => {
  const daily: Schedule = { repeats: 'daily', at: '09:00', zone: 'UTC' }
  test.each<[Schedule, { from: string; to: string }, { latest: string; earlier: number }]>([
    [
      daily,
      { from: '2026-12-01T09:00:00Z', to: '2026-12-01T09:00:02Z' },
      { latest: '2026-12-01T09:00:00.000Z', earlier: 0 },
    ],
    [
      daily,
      { from: '2026-12-01T09:00:00Z', to: '2026-12-04T10:00:00Z' },
      { latest: '2026-12-04T09:00:00.000Z', earlier: 3 },
    ],
    [
      daily,
      { from: '2026-12-01T09:00:00Z', to: '2026-12-02T09:00:00Z' },
      { latest: '2026-12-02T09:00:00.000Z', earlier: 1 },
    ],
    // More than anybody counts.
    [
      custom('*/5 * * * *', 'UTC'),
      { from: '2026-01-01T00:00:00Z', to: '2026-12-01T00:02:00Z' },
      { latest: '2026-12-01T00:00:00.000Z', earlier: 1_000 },
    ],
    [
      { repeats: 'once', moment: '2026-01-01T00:00:00.000Z', zone: 'UTC' },
      { from: '2026-01-01T00:00:00Z', to: '2026-12-01T00:00:00Z' },
      { latest: '2026-01-01T00:00:00.000Z', earlier: 0 },
    ],
  ])('%j %j', (schedule, { from, to }, { latest, earlier }) => {
    expect(passedOccurrences(schedule, new Date(from), new Date(to))).toEqual({ latest: new Date(latest), earlier })
  })
})
