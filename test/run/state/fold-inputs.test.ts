import { expect, test } from 'vitest'
import { createInputId, createRunId } from '../../../src/ids.ts'
import type { ResumeMethod } from '../../../src/mcp/elicitation/input-request.ts'
import type { EventOf, RunEvent } from '../../../src/run/state/events.ts'
import { foldEvents } from '../../../src/run/state/fold.ts'
import { resumptionOf } from '../../../src/run/state/fold-call.ts'
import { nextStep } from '../../../src/run/state/next-step.ts'
import { ada, at, called as calledEvent, judged, replied, started } from '../states.ts'

const NOW = new Date('2026-11-21T12:00:00Z')

const [one, two] = [createInputId(), createInputId()]
const begun = (repeatable: boolean): RunEvent[] => [started, replied(['a']), judged('a', 'allow', { repeatable })]
const called = calledEvent('a')
const asked = (input: EventOf<'asked_input'>['input'], resume: ResumeMethod): RunEvent => ({
  type: 'asked_input',
  call: 'a',
  input,
  person: ada,
  request: { kind: 'url', message: 'Please look', url: 'https://example.com' },
  resume,
  expiresAt: '2026-11-26T10:00:00.000Z',
  at,
})
const given = (
  input: EventOf<'given_input'>['input'],
  action: EventOf<'given_input'>['action'],
  content?: Record<string, string>,
): RunEvent => ({ type: 'given_input', call: 'a', input, action, by: ada, at, ...(content && { content }) })
const returned: RunEvent = {
  type: 'returned',
  call: 'a',
  outcome: 'ok',
  text: 'r',
  images: [],
  files: [],
  summary: 's',
  ms: 1,
  at,
}
const stopped: RunEvent = { type: 'stopped', by: ada, at }
const byAnswer = (key: string, state = 'opaque'): ResumeMethod => ({ how: 'answer', key, state })
const again: ResumeMethod = { how: 'again' }
const live: ResumeMethod = { how: 'live' }

const stateOf = (events: RunEvent[], repeatable = false) =>
  foldEvents(createRunId(), [...begun(repeatable), called, ...events], false)
const callOf = (events: RunEvent[]) => {
  const [call] = stateOf(events).calls
  if (!call) throw new Error('no call')
  return call
}

test.each<[string, RunEvent[], string]>([
  ['a call that waits for an answer rests', [asked(one, byAnswer('k'))], 'rest'],
  ['an answer sends it out once more', [asked(one, byAnswer('k')), given(one, 'accept')], 'call'],
  ['a no is an answer, too', [asked(one, byAnswer('k')), given(one, 'decline')], 'call'],
  ['and so is none in time', [asked(one, byAnswer('k')), given(one, 'expired')], 'call'],
  [
    'two questions want two answers',
    [asked(one, byAnswer('k')), asked(two, byAnswer('l')), given(two, 'accept')],
    'rest',
  ],
  [
    'both given it goes on',
    [asked(one, byAnswer('k')), asked(two, byAnswer('l')), given(two, 'accept'), given(one, 'cancel')],
    'call',
  ],
  ['a sign-in that is done makes the call again', [asked(one, again), given(one, 'accept')], 'call'],
  ['one that is declined tells the model', [asked(one, again), given(one, 'decline')], 'ask'],
  ['one that nobody did in time, too', [asked(one, again), given(one, 'expired')], 'ask'],
  [
    'a round that nobody saw the end of is not repeated',
    [asked(one, byAnswer('k')), given(one, 'accept'), called],
    'give_up',
  ],
  ['a live question whose holder is gone is given up', [asked(one, live)], 'give_up'],
  ['a live question answered, and then the holder is gone', [asked(one, live), given(one, 'accept')], 'give_up'],
  ['stop settles what is asked', [asked(one, byAnswer('k')), stopped], 'close'],
  ['an answer after stop does nothing', [asked(one, byAnswer('k')), stopped, given(one, 'accept')], 'close'],
  ['what is asked after a stop is asked of nobody', [stopped, asked(one, byAnswer('k'))], 'close'],
  ['stop leaves a live one to be told', [asked(one, live), stopped], 'give_up'],
  ['a result leads on', [asked(one, byAnswer('k')), given(one, 'accept'), called, returned], 'ask'],
])('%s', (_name, events, step) => {
  expect(nextStep(stateOf(events), NOW).do).toBe(step)
})

test('a live question is asked again where a repeat does no harm', () => {
  expect(nextStep(stateOf([asked(one, live)], true), NOW).do).toBe('call')
})

test('what goes along: an answer for each key and the state as it came, also for a round that is repeated', () => {
  const twice = [
    asked(one, byAnswer('k')),
    asked(two, byAnswer('l')),
    given(one, 'accept', { name: 'Ada' }),
    given(two, 'expired'),
  ]
  const resumption = {
    state: 'opaque',
    responses: { k: { action: 'accept', content: { name: 'Ada' } }, l: { action: 'cancel' } },
  }
  expect(resumptionOf(callOf(twice))).toEqual(resumption)
  expect(resumptionOf(callOf([...twice, called]))).toEqual(resumption)
  expect(resumptionOf(callOf([...twice, called, asked(createInputId(), again)])), 'a sign-in between').toEqual(
    resumption,
  )
  expect(resumptionOf(callOf([]))).toBeUndefined()
})

test('the second round takes only its own answers', () => {
  const rounds = [
    asked(one, byAnswer('k', 's1')),
    given(one, 'accept'),
    called,
    asked(two, byAnswer('l', 's2')),
    given(two, 'decline'),
  ]
  expect(resumptionOf(callOf(rounds))).toEqual({ state: 's2', responses: { l: { action: 'decline' } } })
  expect(callOf(rounds).rounds).toBe(2)
})

test('the first answer counts, and a call that ends closes what is open', () => {
  const [first] = callOf([asked(one, byAnswer('k')), given(one, 'decline'), given(one, 'accept')]).inputs
  expect(first?.given).toMatchObject({ action: 'decline', by: ada })
  const [open] = callOf([asked(one, live), returned]).inputs
  expect(open?.given?.action).toBe('over')
})
