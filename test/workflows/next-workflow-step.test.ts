import { describe, expect, it, test } from 'vitest'
import { undoableStepsOf } from '../../src/workflows/progress/next-workflow-step.ts'
import { ADA, callsOf, type Entry, playWorkflow, type Result, workflowOf } from './played-workflow.ts'

const ok = (structured: Result['structured']): Result => ({ structured: structured ?? null })

describe('steps', () => {
  it('go one after the other, and each sees what those before it left', () => {
    const body = workflowOf(
      `
  - id: list
    tool: github/list_issues
    with: { label: "{{ inputs.label }}", per_page: 50 }
  - id: each_one
    each: "\${{ steps.list.output.issues | where_exp: 'i', 'i.age > 30' }}"
    steps:
      - id: nudge
        tool: github/add_comment
        with: { number: "\${{ item.number }}", body: "Still open after {{ item.age }} days ({{ index }})" }
  - id: sure
    if: steps.each_one.output.size > 1
    ask: "Post {{ steps.list.output.issues | size }} bugs?"
  - id: post
    tool: slack/post
    with: { text: "{{ steps.sure.output.by }} says {{ steps.each_one.output | join }}" }`,
      'inputs: { label: { type: string } }',
    )
    const issues = [
      { number: 1, age: 40 },
      { number: 2, age: 3 },
      { number: 3, age: 99 },
    ]
    const played = playWorkflow(body, {
      given: { inputs: { label: 'bug {{ inputs.label }}' } },
      answer: (step) => {
        if (step.call === 'list#1') return ok({ issues })
        return step.kind === 'ask' ? ok({ by: 'ada' }) : ok('done')
      },
    })
    expect(played.begun).toEqual([
      expect.objectContaining({ call: 'list#1', arguments: { label: 'bug {{ inputs.label }}', per_page: 50 } }),
      expect.objectContaining({
        call: 'each_one/0/nudge#1',
        arguments: { number: 1, body: 'Still open after 40 days (0)' },
      }),
      expect.objectContaining({
        call: 'each_one/1/nudge#1',
        arguments: { number: 3, body: 'Still open after 99 days (1)' },
      }),
      expect.objectContaining({ call: 'sure#1', kind: 'ask', text: 'Post 3 bugs?' }),
      expect.objectContaining({ call: 'post#1', arguments: { text: 'ada says done done' } }),
    ])
    expect(played.last).toEqual({ do: 'finish', outcome: 'done', output: 'done' })
  })

  it('are skipped where their condition does not hold, and later templates find nothing there', () => {
    const body = workflowOf(`
  - { id: a, if: "1 > 2", tool: x/y }
  - { id: b, tool: x/y, with: { seen: "\${{ steps.a.output }}", skipped: "\${{ steps.a.skipped }}" } }`)
    const played = playWorkflow(body)
    expect(callsOf(played)).toEqual(['b#1'])
    expect(played.begun[0]).toMatchObject({ arguments: { seen: null, skipped: true } })
  })

  it('of the other branch are taken with else', () => {
    const steps = (holds: string) =>
      workflowOf(`
  - if: ${holds}
    steps: [{ id: yes_, tool: x/yes }]
    else: [{ id: no_, tool: x/no }]
  - { id: after, tool: x/y, with: { yes: "\${{ steps.yes_.output }}", no: "\${{ steps.no_.output }}" } }`)
    const answer = () => ok(7)
    const [taken, other] = [playWorkflow(steps('1 == 1'), { answer }), playWorkflow(steps('1 == 2'), { answer })]
    expect([callsOf(taken), callsOf(other)]).toEqual([
      ['yes_#1', 'after#1'],
      ['no_#1', 'after#1'],
    ])
    expect(taken.begun[1]).toMatchObject({ arguments: { yes: 7, no: null } })
    expect(other.begun[1]).toMatchObject({ arguments: { yes: null, no: 7 } })
  })

  it('at the same time begin together, do not wait for each other, and are both seen afterwards', () => {
    const body = workflowOf(`
  - parallel: [{ id: a, agent: reviewer, task: "look" }, { id: b, tool: x/y }]
  - { id: c, tool: x/z, with: { both: "{{ steps.a.output.text }}{{ steps.b.output.text }}" } }`)
    const open = playWorkflow(body, { answer: (step) => (step.kind === 'agent' ? undefined : { text: 'B' }) })
    expect(callsOf(open)).toEqual(['a#1', 'b#1'])
    expect(open.last).toEqual({ do: 'rest', until: undefined, calls: ['a#1'] })
    const whole = playWorkflow(body, { answer: (step) => ({ text: step.kind === 'agent' ? 'A' : 'B' }) })
    expect(whole.begun[2]).toMatchObject({ arguments: { both: 'AB' } })
  })

  it('wait for a time, and no clock moves it', () => {
    const body = workflowOf(`
  - wait: 2h
  - id: until_then
    wait: { until: "{{ now | add_days: 1 }}" }
  - { id: a, tool: x/y }`)
    const played = playWorkflow(body)
    expect(played.now).toBe('2026-12-01T11:00:00.000Z')
    expect(callsOf(played)).toEqual(['a#1'])
  })

  it('answer what the workflow says', () => {
    const body = workflowOf('  - { id: a, tool: x/y }', 'output: { sum: "${{ steps.a.output.n | plus: 1 }}" }')
    expect(playWorkflow(body, { answer: () => ok({ n: 4 }) }).last).toMatchObject({ output: { sum: 5 } })
    expect(playWorkflow(body).last).toMatchObject({
      do: 'finish',
      output: null,
      problem: expect.stringContaining('steps.a.output.n'),
    })
  })
})

describe('a no', () => {
  it('ends what follows it', () => {
    const body = workflowOf('  - { id: sure, ask: "Go on?" }\n  - { id: a, tool: x/y }')
    const played = playWorkflow(body, { answer: () => ({ outcome: 'denied', text: 'Ben said no.' }) })
    expect(callsOf(played)).toEqual(['sure#1'])
    expect(played.last).toEqual({ do: 'finish', outcome: 'denied', output: null })
    expect(played.progress.steps.a?.outcome).toBe('skipped')
  })

  it('to one item leaves the others alone', () => {
    const body = workflowOf(`
  - id: all
    each: [1, 2, 3]
    steps: [{ id: sure, ask: "Do {{ item }}?" }, { id: do_it, tool: x/y }]`)
    const played = playWorkflow(body, {
      answer: (step) => (step.call === 'all/1/sure#1' ? { outcome: 'denied' } : {}),
    })
    expect(callsOf(played).filter((call) => call.includes('do_it'))).toEqual(['all/0/do_it#1', 'all/2/do_it#1'])
    expect(played.last).toMatchObject({ do: 'finish', outcome: 'done' })
  })
})

describe('a call that fails', () => {
  const body = workflowOf(
    '  - { id: a, tool: x/y, with: { at: "{{ now }}" }, retry: { times: 2, wait: 10s } }\n  - { id: b, tool: x/y }',
  )

  it('is repeated where that does no harm, with the same arguments, after the wait', () => {
    const played = playWorkflow(body, {
      answer: (step) => (step.call === 'a#1' || step.call === 'a#2' ? { outcome: 'failed', repeatable: true } : {}),
    })
    expect(callsOf(played)).toEqual(['a#1', 'a#2', 'a#3', 'b#1'])
    expect(
      new Set(played.begun.slice(0, 3).map((step) => JSON.stringify(step.kind === 'tool' && step.arguments))).size,
    ).toBe(1)
    expect(played.now).toBe('2026-11-30T09:00:20.000Z')
  })

  it.each<[string, Result]>([
    ['has failed on the way', { outcome: 'failed' }],
    ['reports an error', { outcome: 'error', text: '403 Forbidden' }],
    ['ended in a crash', { outcome: 'unknown' }],
    ['nobody approved', { outcome: 'denied', repeatable: true }],
    ['nobody answered for', { outcome: 'expired', repeatable: true }],
    ['may not be done', { outcome: 'refused', repeatable: true }],
  ])('is parked and not repeated when it %s and may have happened', (_, result) => {
    const played = playWorkflow(body, { answer: () => result })
    expect(callsOf(played)).toEqual(['a#1'])
    expect(played.last).toEqual({ do: 'park', parked: [{ step: 'a', why: expect.stringMatching(/\S/) }] })
  })

  it('is repeated when nothing was sent, and parked when that is not enough', () => {
    const played = playWorkflow(body, { answer: () => ({ outcome: 'failed', sent: false, text: 'away' }) })
    expect(callsOf(played)).toEqual(['a#1', 'a#2', 'a#3'])
    expect(played.last).toEqual({ do: 'park', parked: [{ step: 'a', why: 'away' }] })
  })

  it('is left with its error where the workflow says to go on', () => {
    const going = workflowOf(`
  - { id: a, tool: x/y, on_error: continue }
  - { id: b, tool: x/y, with: { why: "{{ steps.a.error }}" } }`)
    const played = playWorkflow(going, {
      answer: ({ step }) => (step === 'a' ? { outcome: 'error', text: '403' } : {}),
    })
    expect(played.begun[1]).toMatchObject({ call: 'b#1', arguments: { why: '403' } })
  })

  it('has another tool tried instead only where the first did nothing or only read', () => {
    const other = workflowOf('  - { id: a, tool: x/y, on_error: { use: z/y, with: { same: "{{ now }}" } } }')
    const play = (result: Result, second: Result = {}) =>
      playWorkflow(other, { answer: ({ call }) => (call === 'a#1' ? result : second) })
    expect(callsOf(play({ outcome: 'failed', risk: 'write' }))).toEqual(['a#1'])
    for (const outcome of ['denied', 'refused', 'expired', 'cancelled'] as const)
      expect(callsOf(play({ outcome, risk: 'read', sent: false, repeatable: true })), outcome).toEqual(['a#1'])
    for (const harmless of [
      { outcome: 'failed', sent: false },
      { outcome: 'error', risk: 'read' },
    ] satisfies Result[]) {
      const played = play(harmless, { text: 'B' })
      expect(played.begun[1]).toMatchObject({ call: 'a/instead#1', tool: 'z/y', instead: true })
      expect(played.last).toMatchObject({ do: 'finish', output: { text: 'B' } })
      expect(play(harmless, { outcome: 'failed', text: 'too' }).last).toEqual({
        do: 'park',
        parked: [{ step: 'a', why: 'too' }],
      })
    }
  })

  it('leaves other branches and items alone', () => {
    const wide = workflowOf(`
  - parallel:
      - { id: a, tool: x/y }
      - id: all
        each: [1, 2, 3]
        steps: [{ id: one, tool: x/y }, { id: two, tool: x/y }]
  - { id: after, tool: x/y }`)
    const played = playWorkflow(wide, {
      answer: ({ call }) => (call === 'a#1' || call === 'all/1/one#1' ? { outcome: 'failed' } : {}),
    })
    expect(callsOf(played).toSorted()).toEqual([
      'a#1',
      'all/0/one#1',
      'all/0/two#1',
      'all/1/one#1',
      'all/2/one#1',
      'all/2/two#1',
    ])
    expect(played.last).toMatchObject({ do: 'park', parked: [{ step: 'a' }, { step: 'all/1/one' }] })
  })
})

test('items go one after the other, also where a part of one waits for a person', () => {
  const body = workflowOf(`
  - id: all
    each: [1, 2, 3]
    steps: [{ parallel: [{ id: a, tool: x/y }, { id: b, tool: x/y }] }]`)
  const open = playWorkflow(body, { answer: ({ call }) => (call.endsWith('a#1') ? { outcome: 'failed' } : undefined) })
  expect(callsOf(open)).toEqual(['all/0/a#1', 'all/0/b#1'])
  const retried = workflowOf(`
  - id: all
    each: [1, 2]
    steps: [{ parallel: [{ id: a, tool: x/y }, { id: b, tool: x/y, retry: { times: 1, wait: 1h } }] }]`)
  const waited = playWorkflow(retried, {
    answer: ({ call }) =>
      call.endsWith('a#1') ? { outcome: 'failed' } : { outcome: 'failed', repeatable: !call.endsWith('#2') },
  })
  expect(callsOf(waited)).toEqual(['all/0/a#1', 'all/0/b#1', 'all/0/b#2', 'all/1/a#1', 'all/1/b#1', 'all/1/b#2'])
  expect(waited.last.do).toBe('park')
})

describe('a parked step', () => {
  const body = workflowOf(
    '  - { id: a, tool: x/y, with: { n: 1 } }\n  - { id: b, tool: x/y, with: { got: "${{ steps.a.output }}" } }',
  )
  const failsOnce = ({ call }: { call: string }): Result =>
    call === 'a#1' ? { outcome: 'unknown' } : { structured: 5 }

  it('is done again when a person says so', () => {
    const played = playWorkflow(body, { answer: failsOnce, resume: () => ({ step: 'a', how: 'retry' }) })
    expect(played.begun).toMatchObject([
      { call: 'a#1' },
      { call: 'a#2', arguments: { n: 1 } },
      { arguments: { got: 5 } },
    ])
    expect(played.last.do).toBe('finish')
  })

  it('is done with other arguments', () => {
    const played = playWorkflow(body, {
      answer: failsOnce,
      resume: () => ({ step: 'a', how: 'with', arguments: { n: '{{ 2 }}' } }),
    })
    expect(played.begun[1]).toMatchObject({ call: 'a#2', arguments: { n: '{{ 2 }}' } })
  })

  it('is left out', () => {
    const played = playWorkflow(body, { answer: failsOnce, resume: () => ({ step: 'a', how: 'skip' }) })
    expect(played.begun).toMatchObject([{ call: 'a#1' }, { call: 'b#1', arguments: { got: null } }])
  })

  it('ends the workflow', () => {
    const played = playWorkflow(body, { answer: failsOnce, resume: () => ({ step: 'a', how: 'stop' }) })
    expect(played.last).toEqual({ do: 'finish', outcome: 'stopped', output: null })
  })

  it('is one whose templates fail, and tells what to write', () => {
    const wrong = workflowOf(
      '  - { id: a, tool: x/y }\n  - { id: b, tool: x/y, with: { n: "{{ steps.a.output.nope }}" } }',
    )
    const played = playWorkflow(wrong)
    expect(played.last).toEqual({
      do: 'park',
      parked: [{ step: 'b', why: expect.stringContaining('steps.a.output.nope | default:') }],
    })
    const again = playWorkflow(wrong, {
      log: played.log,
      resume: () => ({ step: 'b', how: 'with', arguments: { n: 'x' } }),
    })
    expect(again.begun).toMatchObject([{ call: 'b#1', arguments: { n: 'x' } }])
  })

  it('is an each that goes through no list, or through too long a one', () => {
    const long = workflowOf(
      '  - { id: a, tool: x/y }\n  - { id: all, each: "${{ steps.a.output }}", steps: [{ id: b, tool: x/y }] }',
    )
    const why = (structured: Result['structured']) => playWorkflow(long, { answer: () => ok(structured) }).last
    expect(why('text')).toMatchObject({ do: 'park', parked: [{ why: expect.stringContaining('this is none') }] })
    expect(why(Array.from({ length: 1_001 }, () => 0))).toMatchObject({
      do: 'park',
      parked: [{ why: expect.stringContaining('at most 1000') }],
    })
  })
})

test('what a step left is taken back newest first, one after the other, as it was when it was left', () => {
  const body = workflowOf(`
  - { id: a, tool: x/make, undo: { tool: x/drop, with: { id: "\${{ output.id }}", note: "{{ output.note }}" } } }
  - { id: b, tool: x/read }
  - { id: c, tool: x/make, undo: { tool: x/drop, with: { id: "\${{ output.id }}", of: "\${{ steps.a.output.id }}", note: "" } } }
  - { id: d, tool: x/fail }`)
  const answer = ({ call }: { call: string }): Result =>
    call.startsWith('d#') ? { outcome: 'failed' } : ok({ id: call, note: '{{ now }}' })
  const parked = playWorkflow(body, { answer })
  expect(undoableStepsOf(parked.progress)).toEqual([
    { step: 'c', tool: 'x/drop', arguments: { id: 'c#1', of: 'a#1', note: '' }, problem: undefined },
    { step: 'a', tool: 'x/drop', arguments: { id: 'a#1', note: '{{ now }}' }, problem: undefined },
  ])
  const undone = playWorkflow(body, { log: parked.log, answer, resume: () => ({ step: 'd', how: 'undo' }) })
  expect(undone.begun).toMatchObject([
    { call: 'undo/c#1', tool: 'x/drop', arguments: { id: 'c#1' } },
    { call: 'undo/a#1', tool: 'x/drop', arguments: { id: 'a#1' } },
  ])
  expect(undone.last).toEqual({ do: 'finish', outcome: 'undone', output: null })

  const half = playWorkflow(body, {
    log: parked.log,
    answer: ({ call }) => (call === 'undo/c#1' ? { outcome: 'failed', text: 'locked' } : {}),
    resume: ([first]) => (first?.step === 'd' ? { step: 'd', how: 'undo' } : undefined),
  })
  expect(half.last).toEqual({ do: 'park', parked: [{ step: 'undo/c', why: 'locked' }] })
  const rest = playWorkflow(body, { log: half.log, resume: ([first]) => ({ step: first?.step ?? '', how: 'skip' }) })
  expect(callsOf(rest)).toEqual(['undo/a#1'])
})

test('what was still under way is waited for before anything is taken back, and taken back, too', () => {
  const body = workflowOf(`
  - parallel:
      - { id: a, tool: x/make, undo: { tool: x/drop, with: { id: "\${{ output.id }}" } } }
      - { id: b, tool: x/make, undo: { tool: x/drop, with: { id: "\${{ output.id }}" } } }
      - { id: c, tool: x/fail }`)
  const begun = playWorkflow(body, {
    answer: ({ call }) => {
      if (call === 'b#1') return undefined
      return call === 'c#1' ? { outcome: 'failed' } : ok({ id: call })
    },
  })
  const pressed: Entry[] = [...begun.log, { event: { type: 'step_resumed', step: 'c', how: 'undo', by: ADA } }]
  const waiting = playWorkflow(body, { log: pressed })
  expect([waiting.last, waiting.begun]).toEqual([{ do: 'rest', until: undefined, calls: ['b#1'] }, []])
  const returned: Entry = {
    call: {
      call: 'b#1',
      arguments: {},
      state: 'returned',
      repeatable: false,
      outcome: 'ok',
      structured: { id: 'late' },
    },
  }
  const undone = playWorkflow(body, { log: [...pressed, returned] })
  expect(undone.begun).toMatchObject([
    { call: 'undo/b#1', arguments: { id: 'late' } },
    { call: 'undo/a#1', arguments: { id: 'a#1' } },
  ])
  expect(undone.last).toMatchObject({ outcome: 'undone' })
})

test('what comes out of a step is cut to what can be kept, and said to be', () => {
  const body = workflowOf('  - { id: a, tool: x/y }')
  const left = (result: Result) => {
    const entry = playWorkflow(body, { answer: () => result }).log.findLast(
      (one) => 'event' in one && one.event.type === 'left',
    )
    return entry !== undefined && 'event' in entry ? entry.event : undefined
  }
  expect(left({ text: '{"a": [1]}' })).toMatchObject({ output: { a: [1] } })
  expect(left({ text: 'plain' })).toMatchObject({ output: { text: 'plain' } })
  expect(left({ text: '{ no json' })).toMatchObject({ output: { text: '{ no json' } })
  expect(left({ structured: { list: 'x'.repeat(300_000).split('') } })).toMatchObject({
    cut: true,
    output: { text: expect.any(String) },
  })
  expect(JSON.stringify(left({ text: 'ä'.repeat(300_000) })).length).toBeLessThan(262_144)
  expect(left({ text: `${'['.repeat(20_000)}${']'.repeat(20_000)}` })).toMatchObject({ cut: true })
})

test('a run makes no more calls than are allowed', () => {
  const body = workflowOf('  - { id: a, tool: x/y }')
  const made = (count: number): Entry[] =>
    Array.from({ length: count }, (_, at) => ({
      call: { call: `b/${at}#1`, arguments: {}, state: 'returned', repeatable: false, outcome: 'ok' },
    }))
  expect(playWorkflow(body, { log: made(1_999) }).last.do).toBe('finish')
  expect(playWorkflow(body, { log: made(2_000) }).last).toEqual({
    do: 'park',
    parked: [{ step: 'a', why: expect.stringContaining('2000 calls') }],
  })
})
