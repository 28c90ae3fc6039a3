import { expect, test } from 'vitest'
import { readScheduleWords } from '../../../src/triggers/schedule/read-schedule.ts'

/** A Thursday, 21:00 in Berlin. */
const NOW = new Date('2026-12-03T20:00:00Z')
const zone = 'Europe/Berlin'
const read = (words: string) => readScheduleWords(words, { now: NOW, zone })

const at = (time: string) => ({ at: time, zone })
const once = (moment: string) => ({ repeats: 'once', moment, zone })
const weekly = (on: string[], time = '09:00') => ({ repeats: 'weekly', on, ...at(time) })

test.each<[words: string, schedule: object, task: string]>([
  ['every Monday at 9, send me the open bugs', weekly(['monday']), 'send me the open bugs'],
  ['every weekday at 8:30 send the numbers', { repeats: 'weekdays', ...at('08:30') }, 'send the numbers'],
  ['Every working day at 5 pm: close what is done', { repeats: 'weekdays', ...at('17:00') }, 'close what is done'],
  ['every day at noon – check the queue', { repeats: 'daily', ...at('12:00') }, 'check the queue'],
  ['daily at 7am please post the weather', { repeats: 'daily', ...at('07:00') }, 'post the weather'],
  ['each Tue and Thu at 14.15, post it', weekly(['tuesday', 'thursday'], '14:15'), 'post it'],
  ['every mon, wed & fri at 9 o’clock post it', weekly(['monday', 'wednesday', 'friday']), 'post it'],
  ['every weekend at 10 water the plants', weekly(['saturday', 'sunday'], '10:00'), 'water the plants'],
  ['every week on Friday at 16:00, write the report', weekly(['friday'], '16:00'), 'write the report'],
  ['weekly on fridays at 16:00 write the report', weekly(['friday'], '16:00'), 'write the report'],
  [
    'on the 1st of every month at 6:00 make the invoice list',
    { repeats: 'monthly', on: 1, ...at('06:00') },
    'make the invoice list',
  ],
  [
    'every month on the last day at 18:00, close the books',
    { repeats: 'monthly', on: 'last', ...at('18:00') },
    'close the books',
  ],
  ['the 31st of each month at 9, count', { repeats: 'monthly', on: 'last', ...at('09:00') }, 'count'],
  ['every 15 minutes check the deploy', { repeats: 'custom', cron: '*/15 * * * *', zone }, 'check the deploy'],
  ['every 2 hours, look for new tickets', { repeats: 'custom', cron: '0 */2 * * *', zone }, 'look for new tickets'],
  ['every hour look for new tickets', { repeats: 'custom', cron: '0 * * * *', zone }, 'look for new tickets'],
  ['tomorrow at 10 send the reminder', once('2026-12-04T09:00:00.000Z'), 'send the reminder'],
  ['Tomorrow at 12:30 am, send it', once('2026-12-03T23:30:00.000Z'), 'send it'],
  ['today at 23:15 send it', once('2026-12-03T22:15:00.000Z'), 'send it'],
  ['in 2 hours check again', once('2026-12-03T22:00:00.000Z'), 'check again'],
  ['in an hour: check again', once('2026-12-03T21:00:00.000Z'), 'check again'],
  ['in 3 days ask the team', once('2026-12-06T20:00:00.000Z'), 'ask the team'],
  ['every day at 9 UTC, post it', { repeats: 'daily', at: '09:00', zone: 'UTC' }, 'post it'],
  ['remind me every Monday at 9 to pay rent', weekly(['monday']), 'Remind me to pay rent'],
  ['Remind me to pay rent every Monday at 9.', weekly(['monday']), 'Remind me to pay rent'],
  ['please remind me to look in on Ann tomorrow at 8', once('2026-12-04T07:00:00.000Z'), 'Remind me to look in on Ann'],
  ['remind me in 20 minutes to call back', once('2026-12-03T20:20:00.000Z'), 'Remind me to call back'],
])('%s', (words, schedule, task) => {
  expect(read(words)).toEqual({ schedule, task, timeAssumed: false })
})

test.each<[words: string, schedule: object, task: string]>([
  ['every Monday, send the numbers', weekly(['monday']), 'send the numbers'],
  ['every day: post the weather', { repeats: 'daily', ...at('09:00') }, 'post the weather'],
  ['on the 1st of every month send the report', { repeats: 'monthly', on: 1, ...at('09:00') }, 'send the report'],
])('%s: the time is one to ask about', (words, schedule, task) => {
  expect(read(words)).toEqual({ schedule, task, timeAssumed: true })
})

test.each([
  'what happens every Monday at 9?',
  'every day I get the same mail',
  'every Monday we meet at 9, who is there?',
  'every Monday is a holiday, why?',
  'every day at 9 we have a meeting, sum it up',
  'every Monday at 9',
  'every Monday at 9 and Thursday at 10, post it',
  'every Monday at 9 until Christmas, post it',
  'every Monday at 9-10 post it',
  'every Monday at 9 CET, post it',
  'every Monday at 9 Tokyo time, post it',
  'every Monday at 25 post it',
  'every Monday at 9:75 post it',
  'every Monday at 13 pm post it',
  'every Monday post it',
  'every 7 minutes check',
  'every 2 minutes check',
  'every 5 hours check',
  'every 40 days check',
  'everyday life, explain it',
  'on the 30th of every month pay',
  'on the 45th of every month pay',
  'on Friday at 9 send it',
  'in 2 hours',
  'in 0 minutes check',
  'in 400 days check',
  'in 2019 who won?',
  'tomorrow send it',
  'today at 9 send it',
  'tomorrow at 9',
  'send it',
  'remind me what we said',
  'remind me to pay rent',
  '',
])('is not sure of: %s', (words) => {
  expect(read(words)).toBeUndefined()
})

test('a zone that nobody knows is no zone to read times in, and long words end', () => {
  expect(readScheduleWords('every day at 9, post it', { now: NOW, zone: 'Mars/Base' })).toBeUndefined()
  expect(read(`every ${'mon, '.repeat(700)}x`)).toMatchObject({ schedule: { on: ['monday'] } })
  for (const words of [`remind me to ${'in on every '.repeat(300)}`, 'every day at 9, x'.repeat(400)])
    expect(read(words)).toBeUndefined()
})

test('tomorrow is the day after, also where clocks change in the night', () => {
  const asked = { now: new Date('2026-03-28T20:00:00Z'), zone }
  expect(readScheduleWords('tomorrow at 10 send it', asked)?.schedule).toMatchObject({
    moment: '2026-03-29T08:00:00.000Z',
  })
  expect(readScheduleWords('tomorrow at 2:30 send it', asked)?.schedule).toMatchObject({
    moment: '2026-03-29T01:00:00.000Z',
  })
})
