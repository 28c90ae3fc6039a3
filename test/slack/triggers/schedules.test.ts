import { expect, test } from 'vitest'
import { checkMessage } from '../../../src/block-kit/check-message.ts'
import { checkView } from '../../../src/block-kit/check-view.ts'
import { ChannelId, UserId, WorkspaceId } from '../../../src/ids.ts'
import {
  readScheduleForm,
  type ScheduleFields,
  scheduleFieldsOf,
} from '../../../src/slack/triggers/read-schedule-form.ts'
import { scheduleModal } from '../../../src/slack/triggers/schedule-form.ts'
import { offerMessageFor } from '../../../src/slack/triggers/schedule-offer.ts'
import { scheduleRunsModal, schedulesBlock, schedulesMessage } from '../../../src/slack/triggers/schedules-list.ts'
import { createTriggerId, type ListedTrigger } from '../../../src/triggers/trigger.ts'

const OWNER = UserId.parse('UMEMBER1')
const NOW = new Date('2026-11-30T21:00:00Z')
const ZONE = 'Europe/Berlin'
const HOSTILE = '<!here> *bold* <https://evil.example|click> & '

const triggerOf = (change: Partial<ListedTrigger> = {}): ListedTrigger => ({
  id: createTriggerId(),
  workspace: WorkspaceId.parse('TLOCAL01'),
  owner: OWNER,
  definition: {
    kind: 'schedule',
    title: HOSTILE.repeat(3).slice(0, 100),
    spec: { repeats: 'weekly', on: ['monday'], at: '09:00', zone: ZONE },
    starts: { kind: 'request', text: HOSTILE.repeat(80), agent: 'gone' },
    place: { kind: 'channel', channel: ChannelId.parse('COPS00001') },
  },
  version: 1,
  enabled: true,
  nextAt: new Date('2026-12-07T08:00:00Z'),
  failures: 0,
  runs: 3,
  costUsd: 0.12,
  last: { key: 'k', dueAt: NOW, state: 'ended', outcome: 'failed', missed: 2 },
  ...change,
})

test('the longest list, its last runs, the form and the card are what Slack takes, and nothing in them is a link or a mention', () => {
  const triggers = Array.from({ length: 60 }, (_, at) =>
    triggerOf(at % 2 === 0 ? {} : { enabled: false, pausedWhy: HOSTILE.repeat(30) }),
  )
  const list = schedulesMessage({ triggers, reader: OWNER, agentLabels: new Map(), note: 'Done.' })
  const runs = scheduleRunsModal(
    triggerOf(),
    Array.from({ length: 10 }, () => ({ occurrence: triggerOf().last ?? never(), link: undefined })),
  )
  const forms = (['daily', 'weekdays', 'weekly', 'monthly', 'once', 'custom'] as const).map((repeats) =>
    scheduleModal({
      metadata: { zone: ZONE, edits: { id: createTriggerId(), version: 3 }, card: { channel: 'C1', ts: '1.2' } },
      fields: {
        text: 'x'.repeat(3_000),
        repeats,
        time: '9:00',
        days: 'monday,sunday',
        day: 'last',
        cron: 'x'.repeat(100),
      },
      agents: [],
      preview: 'times',
    }),
  )
  const schedule = { repeats: 'daily', at: '09:00', zone: ZONE } as const
  const card = offerMessageFor(
    {
      offer: { user: OWNER, task: HOSTILE.repeat(30), schedule },
      request: { user: OWNER, text: HOSTILE.repeat(30), ts: '1.2' },
      place: { kind: 'dm' },
      timeAssumed: true,
    },
    NOW,
  )
  expect([list, card ?? never()].flatMap((one) => checkMessage(one))).toEqual([])
  expect([runs, ...forms].flatMap((one) => checkView(one))).toEqual([])
  expect(checkMessage({ text: 'x', blocks: [schedulesBlock(triggers), schedulesBlock([])] })).toEqual([])
  const shown = JSON.stringify([list, runs, card, schedulesBlock(triggers)])
  expect(shown).not.toMatch(/"mrkdwn","text":"[^"]*<(?:!here|https)/)
  expect(JSON.stringify(list)).toContain('and 46 more')
})

const never = (): never => {
  throw new Error('there is none')
}

test('words that a card cannot hold are no offer', () => {
  const schedule = { repeats: 'daily', at: '09:00', zone: ZONE } as const
  const text = 'x'.repeat(1_950)
  const offered = { offer: { user: OWNER, task: text, schedule }, request: { user: OWNER, text, ts: '1.2' } }
  expect(offerMessageFor({ ...offered, place: { kind: 'dm' }, timeAssumed: false }, NOW)).toBeUndefined()
})

test('others read a schedule, and may pause and delete it as owners of the workspace, nothing else', () => {
  const look = (reader: string) =>
    JSON.stringify(schedulesMessage({ triggers: [triggerOf()], reader, agentLabels: new Map() }))
  expect(look(OWNER)).toMatch(/schedule_run".*schedule_pause.*schedule_edit.*schedule_runs.*schedule_delete/)
  expect(look('UOTHER')).not.toMatch(/schedule_run"|schedule_edit|schedule_runs/)
  expect(look('UOTHER')).toMatch(/of <@UMEMBER1>.*schedule_pause.*schedule_delete/)
  expect(look(OWNER)).toContain('last: :x: failed')
  expect(look(OWNER)).toContain('$0.12')
  expect(look(OWNER)).toContain('every Monday at 9:00, Berlin time')
})

test('what is missing or wrong is told at its field', () => {
  const errorsOf = (fields: ScheduleFields) => {
    const read = readScheduleForm(fields, ZONE, NOW)
    return 'errors' in read ? Object.keys(read.errors) : []
  }
  expect(errorsOf({ repeats: 'daily', time: 'soon' })).toEqual(['text', 'time'])
  expect(errorsOf({ text: 'x', repeats: 'weekly', time: '9' })).toEqual(['days'])
  expect(errorsOf({ text: 'x', repeats: 'monthly', time: '9' })).toEqual(['day'])
  expect(errorsOf({ text: 'x', repeats: 'once' })).toEqual(['moment'])
  expect(errorsOf({ text: 'x', repeats: 'once', moment: '2026-11-30T20:00:00Z' })).toEqual(['moment'])
  expect(errorsOf({ text: 'x', repeats: 'custom', cron: '* * * * *' })).toEqual(['cron'])
  expect(errorsOf({ text: 'x', repeats: 'custom', cron: 'often' })).toEqual(['cron'])
  expect(errorsOf({ text: 'x', repeats: 'custom', cron: '0 9 31 2 *' })).toEqual(['cron'])
})

test('a schedule in the fields of the form is read as it was', () => {
  const fields: ScheduleFields[] = [
    { text: 'x', repeats: 'daily', time: '09:00' },
    { text: 'x', repeats: 'weekdays', time: '20:30', agent: 'a' },
    { text: 'x', repeats: 'weekly', time: '09:00', days: 'monday,sunday', channel: 'COPS00001' },
    { text: 'x', repeats: 'monthly', time: '09:00', day: 'last' },
    { text: 'x', repeats: 'monthly', time: '09:00', day: '28' },
    { text: 'x', repeats: 'custom', cron: '0 9 * * 1' },
    { text: 'x', repeats: 'once', moment: '2026-12-24T08:00:00Z' },
  ]
  for (const one of fields) {
    const read = readScheduleForm(one, ZONE, NOW)
    expect('definition' in read && scheduleFieldsOf(read.definition)).toEqual(one)
  }
})
