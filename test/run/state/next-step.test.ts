import { expect, test } from 'vitest'
import { createApprovalId, createConnectionId, createRunId, UserId } from '../../../src/ids.ts'
import { type EventOf, Origin, type RunEvent } from '../../../src/run/state/events.ts'
import { foldEvents } from '../../../src/run/state/fold.ts'
import { MAX_TURNS, nextStep } from '../../../src/run/state/next-step.ts'

const at = '2026-11-21T10:00:00.000Z'
const ada = UserId.parse('UADA')
const approval = createApprovalId()
const origin = Origin.parse({
  door: 'slack',
  workspace: 'T111',
  user: 'UADA',
  userName: 'Ada',
  channel: 'C111',
  threadTs: '1',
  messageTs: '1',
  place: 'channel',
  teamId: 'T111',
})
const started: RunEvent = { type: 'started', origin, text: 'do it', context: [], at }
const usage = { input: 10, output: 1, cacheRead: 0, cacheWrite: 0 }
const replied = (calls: string[], text = 'ok', change: Partial<EventOf<'replied'>> = {}): RunEvent => ({
  type: 'replied',
  content: [
    { type: 'text', text },
    ...calls.map((id) => ({ type: 'tool_use' as const, id, name: `files__${id}`, input: { path: 'a' } })),
  ],
  stop: calls.length > 0 ? 'tools' : 'end',
  usage,
  model: 'm',
  costUsd: 0.01,
  at,
  ...change,
})
const judged = (call: string, verdict: 'allow' | 'ask' | 'deny', repeatable = false): RunEvent => ({
  type: 'judged',
  call,
  target: {
    connection: createConnectionId(),
    connectionName: 'files',
    card: 'filesystem',
    cardTitle: 'Files',
    tool: call,
    title: call,
    schema: {},
  },
  verdict,
  why: ['because'],
  risk: 'write',
  hash: 'h',
  definition: 'd',
  repeatable,
  at,
  ...(verdict === 'ask' && {
    approval: { id: approval, approvers: [ada], fourEyes: false, mayAlways: true, expiresAt: at },
  }),
})
const answered = (call: string, decision: 'approved' | 'denied' | 'expired'): RunEvent => ({
  type: 'answered',
  call,
  approval,
  decision,
  by: ada,
  at,
})
const called = (call: string): RunEvent => ({ type: 'called', call, at })
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

const stateOf = (...events: RunEvent[]) => foldEvents(createRunId(), [started, ...events], false)
const stepOf = (...events: RunEvent[]) => {
  const step = nextStep(stateOf(...events))
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
  ['unless a repeat does no harm', [replied(['a']), judged('a', 'allow', true), called('a')], 'call a'],
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
  expect(nextStep(stateOf(...turns.slice(0, MAX_TURNS - 2).flat()))).toEqual({ do: 'ask', last: false })
  expect(nextStep(stateOf(...turns.slice(0, MAX_TURNS - 1).flat()))).toEqual({ do: 'ask', last: true })
  expect(nextStep(stateOf(...turns.flat()))).toEqual({ do: 'finish', note: 'turn_limit' })
})

test('a run that has spent its budget ends and says so', () => {
  const costly = replied(['a'], 'x', { usage: { ...usage, input: 700_000 } })
  expect(nextStep(stateOf(costly, judged('a', 'allow'), called('a'), returned('a')))).toEqual({
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
  foldEvents(before.id, [started, replied(['a']), judged('a', 'allow')], false)
  expect(before).toEqual(copy)
})
