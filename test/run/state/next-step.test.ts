import { expect, test } from 'vitest'
import type { EventOf, RunEvent } from '../../../src/run/state/events.ts'
import { applyEvent } from '../../../src/run/state/fold.ts'
import { MAX_TURNS, nextStep } from '../../../src/run/state/next-step.ts'
import { ada, approval, at, called, judged, replied, stateOf } from '../states.ts'

const NOW = new Date('2026-11-21T12:00:00Z')

const answered = (call: string, decision: 'approved' | 'denied' | 'expired'): RunEvent => ({
  type: 'answered',
  call,
  approval,
  decision,
  by: ada,
  at,
})
const returned = (call: string, outcome: EventOf<'returned'>['outcome'] = 'ok'): RunEvent => ({
  type: 'returned',
  call,
  outcome,
  text: 'r',
  images: [],
  files: [],
  summary: 's',
  ms: 1,
  at,
})
const stopped: RunEvent = { type: 'stopped', by: ada, at }

const stepOf = (...events: RunEvent[]) => {
  const step = nextStep(stateOf(...events), NOW)
  return 'calls' in step ? `${step.do} ${step.calls.map((call) => call.id)}` : step.do
}

test.each<[string, RunEvent[], string]>([
  ['a new run asks the model', [], 'ask'],
  ['words end it', [replied([])], 'finish'],
  ['all wishes of a turn are judged together', [replied(['a', 'b'])], 'judge a,b'],
  [
    'what is cleared is called, also while another waits',
    [replied(['a', 'b']), judged('a', 'allow'), judged('b', 'ask')],
    'call a',
  ],
  [
    'it rests when only a person can go on',
    [replied(['a', 'b']), judged('a', 'allow'), judged('b', 'ask'), called('a'), returned('a')],
    'rest',
  ],
  ['an approved call is called', [replied(['b']), judged('b', 'ask'), answered('b', 'approved')], 'call b'],
  ['a denied call is told to the model', [replied(['b']), judged('b', 'ask'), answered('b', 'denied')], 'ask'],
  ['an expired approval means no', [replied(['b']), judged('b', 'ask'), answered('b', 'expired')], 'ask'],
  [
    'a second answer changes nothing',
    [replied(['b']), judged('b', 'ask'), answered('b', 'denied'), answered('b', 'approved')],
    'ask',
  ],
  ['results go back to the model', [replied(['a']), judged('a', 'allow'), called('a'), returned('a')], 'ask'],
  [
    'a call begun by somebody who is gone is given up',
    [replied(['a']), judged('a', 'allow'), called('a')],
    'give_up a',
  ],
  ['unless a repeat does no harm', [replied(['a']), judged('a', 'allow', { repeatable: true }), called('a')], 'call a'],
  ['a given-up call leads on', [replied(['a']), judged('a', 'allow'), called('a'), returned('a', 'unknown')], 'ask'],
  ['stop closes', [replied(['b']), judged('b', 'ask'), stopped], 'close'],
  ['stop leaves what was begun to be told', [replied(['a']), judged('a', 'allow'), called('a'), stopped], 'give_up a'],
  [
    'an answer after stop does nothing',
    [replied(['b']), judged('b', 'ask'), stopped, answered('b', 'approved')],
    'close',
  ],
  ['a cut-off answer goes on', [replied([], 'half', { stop: 'length' })], 'ask'],
  ['a finished run is told', [replied([]), { type: 'finished', at }], 'close'],
  ['a failed run is told', [{ type: 'failed', code: 'model_failed', message: 'no', at }], 'close'],
])('%s', (_name, events, step) => {
  expect(stepOf(...events)).toBe(step)
})

test('the last turn is asked to answer, and there is no turn after it', () => {
  const turns = Array.from({ length: MAX_TURNS }, (_, at) => [
    replied([`c${at}`]),
    judged(`c${at}`, 'allow'),
    called(`c${at}`),
    returned(`c${at}`),
  ])
  expect(nextStep(stateOf(...turns.slice(0, MAX_TURNS - 2).flat()), NOW)).toEqual({ do: 'ask', last: false })
  expect(nextStep(stateOf(...turns.slice(0, MAX_TURNS - 1).flat()), NOW)).toEqual({ do: 'ask', last: true })
  expect(nextStep(stateOf(...turns.flat()), NOW)).toEqual({ do: 'finish', note: 'turn_limit' })
})

test('a run that has spent its budget ends and says so', () => {
  const costly = replied(['a'], 'x', { usage: { input: 700_000, output: 1, cacheRead: 0, cacheWrite: 0 } })
  expect(nextStep(stateOf(costly, judged('a', 'allow'), called('a'), returned('a')), NOW)).toEqual({
    do: 'finish',
    note: 'budget',
  })
})

test('edited arguments are what is called', () => {
  const edited: RunEvent = {
    type: 'answered',
    call: 'b',
    approval,
    decision: 'approved',
    by: ada,
    arguments: { path: 'other' },
    hash: 'h2',
    at,
  }
  const [call] = stateOf(replied(['b']), judged('b', 'ask'), edited).calls
  expect(call).toMatchObject({
    stage: 'approved',
    arguments: { path: 'other' },
    hash: 'h2',
    approval: { decided: { edited: true, by: ada } },
  })
})

test('folding is pure: an earlier state is left as it was', () => {
  const before = stateOf(replied(['a']))
  const copy = structuredClone(before)
  const after = [judged('a', 'ask'), answered('a', 'approved'), called('a'), returned('a')].reduce(applyEvent, before)
  expect(after.calls[0]?.stage).toBe('done')
  expect(before).toEqual(copy)
})
