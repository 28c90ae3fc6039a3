import { describe, expect, it, test } from 'vitest'
import type { JsonObject, JsonValue } from '../../src/json.ts'
import { checkDefinition } from '../../src/workflows/definition/check-definition.ts'
import { inputValuesOf } from '../../src/workflows/definition/input-values.ts'
import { parseWorkflow } from '../../src/workflows/definition/parse-workflow.ts'
import { writeWorkflow } from '../../src/workflows/definition/write-workflow.ts'
import {
  draftWorkflow,
  type RecordedCall,
  type RecordedRun,
  type WorkflowDraft,
} from '../../src/workflows/draft/draft-workflow.ts'
import { withChosenInputs } from '../../src/workflows/draft/input-candidates.ts'
import type { WorkflowDefinition } from '../../src/workflows/workflow.ts'
import { createRandom, type Random } from '../support/seeded-random.ts'
import { argumentsOf, playWorkflow } from './played-workflow.ts'

const run = (calls: RecordedCall[], request = 'tidy up the bugs of acme/api'): RecordedRun => ({
  name: 'saved',
  title: 'Saved',
  request,
  calls,
})

function draftOf(recorded: RecordedRun): WorkflowDraft {
  const draft = draftWorkflow(recorded)
  if (draft === undefined) throw new Error('Nothing was kept.')
  return draft
}

/** What its steps are called with, where each call gives what it gave when it was recorded. */
function replay(definition: WorkflowDefinition, calls: RecordedCall[], given: JsonObject = {}): JsonObject[] {
  const { values } = inputValuesOf(definition, given, '2026-12-24')
  const results = [...calls]
  return playWorkflow(definition, {
    given: { inputs: values },
    answer: () => {
      const { structured, text } = results.shift() ?? {}
      return { ...(structured === undefined ? {} : { structured }), ...(text === undefined ? {} : { text }) }
    },
  }).begun.map(argumentsOf)
}

const CALLS: RecordedCall[] = [
  {
    tool: 'github/list_issues',
    arguments: { repo: 'acme/api', label: 'bug', per_page: 50 },
    structured: {
      issues: [
        { number: 4711, title: 'Login fails', user: { login: 'grace' } },
        { number: 7, title: 'x', label: 'bug', repo: 'acme/api' },
      ],
    },
  },
  {
    tool: 'github/get_issue',
    arguments: { repo: 'acme/api', number: 4711 },
    text: '{"html_url":"https://github.com/acme/api/issues/4711","odd key":"sesame","body":"{{ not a template }}"}',
  },
  {
    tool: 'slack/post',
    arguments: {
      channel: 'ops',
      text: 'Look at Login fails: https://github.com/acme/api/issues/4711 {{ really }} {% if %}',
      extra: { door: 'sesame', who: ['grace', 'bug'], seven: 7, none: null },
    },
    text: 'ok',
  },
]

describe('a draft', () => {
  const draft = draftOf(run(CALLS))

  it('refers to what came out of earlier steps, and to nothing that was said or is equal by chance', () => {
    expect(draft.definition.steps).toEqual([
      { id: 'list_issues', tool: 'github/list_issues', with: { repo: 'acme/api', label: 'bug', per_page: 50 } },
      {
        id: 'get_issue',
        tool: 'github/get_issue',
        with: { repo: 'acme/api', number: '${{ steps.list_issues.output.issues[0].number }}' },
      },
      {
        id: 'post',
        tool: 'slack/post',
        with: {
          channel: 'ops',
          text: 'Look at {{ steps.list_issues.output.issues[0].title }}: {{ steps.get_issue.output.html_url }}{% raw %} {{ really }} {% if %}{% endraw %}',
          extra: {
            door: '${{ steps.get_issue.output["odd key"] }}',
            who: ['${{ steps.list_issues.output.issues[0].user.login }}', 'bug'],
            seven: 7,
            none: null,
          },
        },
      },
    ])
  })

  it('does exactly what was recorded, and something else where the servers answer something else', () => {
    expect(replay(draft.definition, CALLS)).toEqual(CALLS.map((call) => call.arguments))
    const other = structuredClone(CALLS)
    other[0] = {
      ...CALLS[0],
      structured: { issues: [{ number: 99, title: 'Slow', user: { login: 'mary' } }] },
    } as RecordedCall
    expect(replay(draft.definition, other)[1]).toEqual({ repo: 'acme/api', number: 99 })
  })

  it('is a workflow that can be written down and read', () => {
    expect(checkDefinition(draft.definition)).toEqual({ definition: draft.definition })
    expect(parseWorkflow(writeWorkflow(draft.definition))).toEqual({ definition: draft.definition })
  })

  it('offers literals as inputs, first what the person said', () => {
    expect(draft.candidates.slice(0, 2)).toEqual([
      {
        value: 'acme/api',
        name: 'repo',
        likely: true,
        places: [
          { step: 'list_issues', path: ['repo'] },
          { step: 'get_issue', path: ['repo'] },
        ],
      },
      expect.objectContaining({ value: 'bug', likely: false }),
    ])
    expect(new Set(draft.candidates.map(({ name }) => name)).size).toBe(draft.candidates.length)
  })

  it('with inputs does the same by default, and something else with other values', () => {
    const definition = withChosenInputs(draft.definition, draft.candidates)
    expect(checkDefinition(definition)).toHaveProperty('definition')
    expect(replay(definition, CALLS)).toEqual(CALLS.map((call) => call.arguments))
    expect(replay(definition, CALLS, { repo: 'acme/web' })[0]).toMatchObject({ repo: 'acme/web' })
    expect(replay(definition, CALLS, { label: 'slow' })[2]).toMatchObject({ extra: { who: ['grace', 'slow'] } })
  })

  it('of the same tool twice has a name for each', () => {
    const [call] = CALLS
    const twice = draftOf(run([call, call, { tool: 'x/1', arguments: {} }].flatMap((one) => one ?? [])))
    expect(twice.definition.steps.map(({ id }) => id)).toEqual(['list_issues', 'list_issues_2', 'step'])
  })

  it('leaves out what no template gives again, and says so', () => {
    const odd = { tool: 'x/odd', arguments: { text: `{{ {% endraw %} ${'x'.repeat(10)}` } }
    const silent = { tool: 'x/odd', arguments: { text: 'a {{ {% endraw %} b {% raw %} c' } }
    expect(draftWorkflow(run([silent]))).toBeUndefined()
    expect(draftWorkflow(run([odd]))).toBeUndefined()
    const { definition, dropped } = draftOf(run([odd, ...CALLS]))
    expect(definition.steps).toHaveLength(3)
    expect(dropped).toEqual([{ tool: 'x/odd', why: expect.stringContaining('No template') }])
  })
})

const WORDS = [
  'alpha',
  'beta-42',
  '{{ now }}',
  '{% raw %}',
  '${{ x }}',
  'a "quote"',
  '1234567',
  'ü🦔',
  '',
  ' spaced ',
  'endraw',
  "it's",
  'line\nbreak',
  '\\n',
  'true',
] as const

function randomValue(random: Random, pool: JsonValue[], depth = 0): JsonValue {
  const word = () =>
    Array.from({ length: 1 + random.below(4) }, () => random.pick(WORDS)).join(random.pick(['', ' ', '/']))
  const kind = random.below(depth > 2 ? 5 : 7)
  if (kind === 0 && pool.length > 0) return pool[random.below(pool.length)] ?? null
  if (kind === 1 && pool.length > 0)
    return `${word()} ${JSON.stringify(pool[random.below(pool.length)])} ${String(pool[random.below(pool.length)])}`
  if (kind === 2) return random.pick([null, true, false, random.below(5_000), -3.25])
  if (kind <= 4) return word()
  const inner = Array.from({ length: random.below(4) }, () => randomValue(random, pool, depth + 1))
  return kind === 5
    ? inner
    : Object.fromEntries(
        inner.map((value) => [random.pick(['id', 'odd key', '"', 'size', 'first', '7', 'a.b', 'number']), value]),
      )
}

const leavesIn = (value: JsonValue): JsonValue[] =>
  typeof value === 'object' && value !== null ? [value, ...Object.values(value).flatMap(leavesIn)] : [value]

test.each(Array.from({ length: 200 }, (_, seed) => seed))(
  'any recorded run gives the same calls again (%i)',
  (seed) => {
    const random = createRandom(seed)
    const pool: JsonValue[] = []
    const calls = Array.from({ length: 1 + random.below(6) }, (_, at): RecordedCall => {
      const fields = Array.from({ length: random.below(4) }, (_none, number) => [
        `f${number}`,
        randomValue(random, pool),
      ])
      const structured = randomValue(random, [])
      pool.push(...leavesIn(structured))
      return { tool: `x/tool_${at}`, arguments: Object.fromEntries(fields), structured }
    })
    const request = `please do ${random.pick(WORDS)} and ${String(pool[0])}`
    const draft = draftWorkflow(run(calls, request))
    const dropped = new Set(draft?.dropped.map(({ tool }) => tool) ?? calls.map(({ tool }) => tool))
    const kept = calls.filter(({ tool }) => !dropped.has(tool))
    expect(kept.length + dropped.size).toBe(calls.length)
    if (draft === undefined) return
    expect(checkDefinition(draft.definition)).toEqual({ definition: draft.definition })
    expect(parseWorkflow(writeWorkflow(draft.definition))).toEqual({ definition: draft.definition })
    expect(replay(draft.definition, kept)).toEqual(kept.map((call) => call.arguments))
    expect(replay(withChosenInputs(draft.definition, draft.candidates), kept)).toEqual(
      kept.map((call) => call.arguments),
    )
  },
)
