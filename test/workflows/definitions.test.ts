import { readFileSync } from 'node:fs'
import { describe, expect, it, test } from 'vitest'
import {
  agentsUsedIn,
  describeSteps,
  positionOf,
  runsWithoutAI,
  toolsUsedIn,
} from '../../src/workflows/definition/describe-step.ts'
import { inputValuesOf } from '../../src/workflows/definition/input-values.ts'
import { parseWorkflow } from '../../src/workflows/definition/parse-workflow.ts'
import { stepsIn } from '../../src/workflows/definition/step-actions.ts'
import { triggerSpecsOf } from '../../src/workflows/definition/trigger-specs.ts'
import { readWorkflow, readWorkflows } from '../../src/workflows/definition/workflow-files.ts'
import { workflowHashOf } from '../../src/workflows/definition/workflow-hash.ts'
import { writeWorkflow } from '../../src/workflows/definition/write-workflow.ts'
import { stepIdOf } from '../../src/workflows/progress/workflow-progress.ts'
import { FILTERS } from '../../src/workflows/templates/template-engine.ts'
import { WorkflowSnapshot } from '../../src/workflows/workflow-snapshot.ts'
import { argumentsOf, playWorkflow, workflowOf } from './played-workflow.ts'

const HEAD = 'name: tried\ntitle: Tried\n'
const STEP = 'steps: [{ id: a, tool: x/y }]\n'

const FULL = `name: weekly-bugs
title: Nudge old bugs
on:
  - schedule: { cron: "0 9 * * 1", timezone: Europe/Berlin }
  - reaction: { emoji: bug, channels: [ops] }
  - message: { words: [bugs please], channels: [ops], who: [U0123ABCD] }
  - shortcut: true
  - webhook: true
  - resource: { connection: github, uri: "github://issues" }
  - builder: true
inputs:
  label: { type: string, default: bug, description: Which bugs }
  since: { type: date, default: today }
  size: { type: choice, choices: [small, large], required: true }
agent: reviewer
steps:
  - id: list
    tool: github/list_issues
    with: { label: "{{ inputs.label }}", per_page: 50 }
    retry: { times: 3 }
  - id: each_one
    each: "\${{ steps.list.output.issues | where_exp: 'i', 'i.age > 30' }}"
    steps:
      - id: nudge
        tool: github/add_comment
        with: { number: "\${{ item.number }}", body: "Still open after {{ item.age }} days" }
        undo: { tool: github/delete_comment, with: { id: "\${{ output.id }}" } }
  - parallel:
      - { id: a, agent: reviewer, task: Look }
      - { id: b, panel: [one, two], task: "Judge {{ steps.list.output.issues | size }}" }
  - if: steps.list.output.issues.size > 2
    steps:
      - id: sure
        ask: "Post {{ steps.list.output.issues | size }} bugs to #ops?"
        approvers: [U0123ABCD]
        form: { words: { type: string } }
    else:
      - wait: 10m
  - id: until_then
    wait: { until: "2026-12-24T09:00:00Z" }
  - id: post
    tool: slack/post
    with: { text: "{{ steps.a.output.text }} {{ steps.sure.output.words }}" }
    on_error: { use: mail/send, with: { text: x } }
output: "\${{ steps.post.output }}"
`

const parsed = (text: string) => {
  const result = parseWorkflow(text)
  if ('definition' in result) return result.definition
  throw new Error(JSON.stringify(result.problems))
}
const problemsOf = (text: string): string[] => {
  const result = parseWorkflow(text)
  return 'problems' in result ? result.problems.map(({ line, column, reason }) => `${line}:${column} ${reason}`) : []
}

test('a workflow with everything in it is read, and written down again the same', () => {
  const definition = parsed(FULL)
  expect(stepsIn(definition).map(({ step }) => step.id)).toEqual(
    'list each_one nudge parallel_1 a b choice_1 sure wait_1 until_then post'.split(' '),
  )
  expect(definition.steps[0]?.retry).toEqual({ times: 3, wait: '10s' })
  const written = writeWorkflow(definition)
  expect(parsed(written)).toEqual(definition)
  expect(written).not.toContain('parallel_1')
})

test('ids that a person chose as we would are kept', () => {
  const definition = parsed(`${HEAD}steps:\n  - { id: wait_2, wait: 5s }\n  - wait: 5s\n  - { id: wait_1, wait: 5s }\n`)
  expect(definition.steps.map(({ id }) => id)).toEqual(['wait_2', 'wait_3', 'wait_1'])
  expect(parsed(writeWorkflow(definition))).toEqual(definition)
})

describe('a file that is wrong says where, why and what to write', () => {
  it.each<[string, string]>([
    ['', '1:1 is no workflow: begin with name: and title:, then steps:'],
    ['- a', '1:1 is no workflow'],
    ['words', '1:1 is no workflow'],
    [HEAD, '1:1 steps: is missing'],
    [`title: T\n${STEP}`, '1:1 name: is missing: give the workflow a name'],
    [`name: Weekly Bugs\ntitle: T\n${STEP}`, '1:7 name: must be small letters, digits and dashes'],
    [`name: a\ntitle: " "\n${STEP}`, '2:8 title: must not be empty'],
    [`${HEAD}stepz: []`, '3:1 "stepz" is not known here. Did you mean "steps"?'],
    [`${HEAD}xyzzy: 1\n${STEP}`, '3:1 "xyzzy" is not known here. Here stand name, title'],
    [`${HEAD}steps: []`, '3:8 steps: holds no step'],
    [`${HEAD}steps: a`, '3:8 steps: is missing: list what is done'],
    [`${HEAD}steps:\n  - tool: a/b`, '4:5 id: is missing: give the step a short name'],
    [`${HEAD}steps:\n  - id: A b\n    tool: a/b`, '4:9 id: must be small letters'],
    [`${HEAD}steps:\n  - id: a\n    toll: a/b`, '5:5 "toll" is not known here. Did you mean "tool"?'],
    [`${HEAD}steps:\n  - id: a\n    tool: ab`, '5:11 tool: names no connection: write connection/tool'],
    [`${HEAD}steps:\n  - id: a\n    tool: a/`, '5:11 tool: names no tool'],
    [`${HEAD}steps:\n  - id: a\n    tool: 5`, '5:11 tool: must be a connection and its tool'],
    [`${HEAD}steps:\n  - id: a`, '4:5 this step says nothing to do'],
    [`${HEAD}steps:\n  - { id: a, tool: a/b, ask: x }`, '4:5 this step does two things, tool and ask'],
    [`${HEAD}steps:\n  - { id: a, agent: x }`, 'gives no task'],
    [`${HEAD}steps:\n  - { id: a, panel: [x], task: y }`, 'panel: needs two or three agents'],
    [`${HEAD}steps:\n  - { id: a, each: [1] }`, 'says nothing to do with each'],
    [`${HEAD}steps:\n  - { id: a, steps: [{ id: b, tool: x/y }] }`, 'has steps and no condition'],
    [`${HEAD}steps:\n  - { id: a, wait: 5s, with: {} }`, '4:24 "with" has no meaning beside "wait"'],
    [`${HEAD}steps:\n  - { id: a, wait: 10 }`, 'must be a duration such as 10m'],
    [`${HEAD}steps:\n  - { id: a, wait: 31d }`, 'must be at most 30d: use a schedule'],
    [`${HEAD}steps:\n  - { id: a, tool: x/y, retry: { times: 11 } }`, 'times: must be at most 10'],
    [`${HEAD}steps:\n  - { id: a, tool: x/y, retry: { time: 1 } }`, '"time" is not known here. Did you mean "times"?'],
    [`${HEAD}steps:\n  - { id: a, tool: x/y, on_error: stop }`, 'on_error: must be park, continue or { use:'],
    [`${HEAD}steps:\n  - { id: a, tool: x/y, on_error: { uses: x/y } }`, 'Did you mean "use"?'],
    [`${HEAD}steps:\n  - { id: a, tool: x/y }\n  - { id: a, tool: x/y }`, '5:11 "a" is the id of a step before'],
    [`${HEAD}steps:\n  - { id: a, parallel: [{ id: b, tool: x/y }] }`, 'needs at least two steps'],
    [`${HEAD}steps:\n  - { id: a, parallel: [${'{ id: b, tool: x/y }, '.repeat(11)}] }`, 'at most 10 steps at once'],
    [`${HEAD}inputs: { a: { type: choice } }\n${STEP}`, 'is a choice without choices'],
    [`${HEAD}inputs: { a: { choices: [x, z] } }\n${STEP}`, 'write type: choice'],
    [`${HEAD}inputs: { a: { type: number, default: "5" } }\n${STEP}`, 'default: must be a number, such as 5'],
    [`${HEAD}inputs: { a: { type: date, default: "24.12." } }\n${STEP}`, 'must be a date such as "2026-12-24"'],
    [`${HEAD}inputs: { B-c: {} }\n${STEP}`, 'B-c: must be small letters'],
    [`${HEAD}inputs: { a: { type: text } }\n${STEP}`, 'must be string, number, boolean, date or choice'],
    [`${HEAD}on: [{ schedul: {} }]\n${STEP}`, '"schedul" is not known here. Did you mean "schedule"?'],
    [`${HEAD}on: [{ schedule: { cron: "* * *", timezone: UTC } }]\n${STEP}`, 'must have five fields'],
    [`${HEAD}on: [{ schedule: { cron: "* * * * *", timezone: Mars } }]\n${STEP}`, 'is no time zone'],
    [`${HEAD}on: [{ reaction: { emoji: bug } }]\n${STEP}`, 'must be a list of channels'],
    [`${HEAD}on: [{ shortcut: true, webhook: true }]\n${STEP}`, 'this trigger must be one of schedule'],
    [
      `${HEAD}steps:\n  - { id: a, tool: x/y, with: { n: "{{ steps.b.output }}" } }\n  - { id: b, tool: x/y }`,
      '4:36 n: the step "b" is not done before this one',
    ],
    [
      `${HEAD}steps:\n  - { id: list, tool: x/y }\n  - { id: b, tool: x/y, with: { n: "{{ steps.lst.output }}" } }`,
      'there is no step "lst": did you mean "list"?',
    ],
    [
      `${HEAD}inputs: { label: {} }\nsteps: [{ id: a, tool: x/y, with: { n: "{{ inputs.lable }}" } }]`,
      'there is no input "lable": did you mean "label"?',
    ],
    [
      `${HEAD}steps: [{ id: a, tool: x/y, with: { n: "{{ inputs.q }}" } }]`,
      'add it to inputs: { q: { type: string } }',
    ],
    [
      `${HEAD}steps: [{ id: a, tool: x/y, with: { n: "{{ item.q }}" } }]`,
      '"item" is only known in the steps of an each',
    ],
    [
      `${HEAD}steps:\n  - { id: a, tool: x/y }\n  - { id: b, tool: x/y, with: { n: "{{ a.n }}" } }`,
      'write steps.a.output instead of a',
    ],
    [`${HEAD}steps: [{ id: a, tool: x/y, with: { n: "{{ output.q }}" } }]`, 'output alone is only known in undo'],
    [
      `${HEAD}steps: [{ id: a, tool: x/y, if: "inputs.x ==" , with: { n: "{{ 1 | nope }}" } }]`,
      'there is no filter "nope"',
    ],
    [`${HEAD}steps: [{ id: a, tool: x/y, with: { n: "{{ now" } }]`, 'it is not closed'],
    [
      `${HEAD}steps: [{ id: a, tool: x/y, with: { n: "{{ now timezone }}" } }]`,
      'an operator such as == or and is missing',
    ],
    [`${HEAD}steps: [{ id: a, tool: x/y, if: "now ==" }]`, 'an operator such as == or and is missing'],
    [`${HEAD}steps: [{ id: a, tool: x/y, with: { n: "\${{ now }} x" } }]`, 'write {{ }} inside a text'],
    [
      `${HEAD}steps:\n  - id: all\n    each: [1]\n    steps: [{ id: in, tool: x/y }]\n  - { id: b, tool: x/y, with: { n: "{{ steps.in.output }}" } }`,
      'is inside an each',
    ],
    [
      `${HEAD}steps:\n  - parallel: [{ id: a, tool: x/y }, { id: b, tool: x/y, with: { n: "{{ steps.a.output }}" } }]`,
      'or another branch',
    ],
    [`${HEAD}output: "{{ steps.z.output }}"\n${STEP}`, 'there is no step "z"'],
    [`${HEAD}title: Again\n${STEP}`, '3:1 stands twice'],
    [`${HEAD}steps:\n\t- id: a`, '4:1 is indented with a tab: use spaces'],
    [`${HEAD}steps:\n  - id: a\n   tool: a/b`, 'same number of spaces'],
    [`${HEAD}steps:\n  - id: a\n    tool: "a/b`, 'add the missing quote'],
    [`${HEAD}steps:\n  - id: a\n    ask: Sure: really?`, 'put words that hold a colon in quotes'],
    [`${HEAD}steps:\n  - &x { id: a, tool: a/b }\n  - *x`, '4:8 is marked with &'],
    [`${HEAD}steps: *gone`, '3:8 refers to another place with *'],
    ['a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]', 'is marked with &'],
    [`${HEAD}steps: [{ id: a, tool: !!binary aGk= }]`, 'tool: must be a connection and its tool'],
    ['['.repeat(60_000), 'too deep'],
    ['- '.repeat(30_000), 'too deep'],
    [`a: ${'x'.repeat(70_000)}`, 'is longer than 64 KB'],
    [
      `${HEAD}steps:\n${Array.from({ length: 101 }, (_, at) => `  - { id: s${at}, tool: x/y }`).join('\n')}`,
      '104:5 this step is one step too many',
    ],
    [
      `${HEAD}steps: ${'[{ id: a, if: "true", steps: '.repeat(6)}[{ id: z, tool: x/y }]${'}]'.repeat(6)}`,
      'levels deep',
    ],
  ])('%#', (text, told) => {
    expect(problemsOf(text).join('\n')).toContain(told)
  })

  it('in few words, whatever was written', () => {
    expect(problemsOf(`${HEAD}${'x'.repeat(9_000)}: 1\n${STEP}`).join('').length).toBeLessThan(500)
  })

  it('all at once, and not without end', () => {
    expect(problemsOf(`${HEAD}steps:\n  - { id: a, tool: ab }\n  - { id: b, tool: a/ }`)).toHaveLength(2)
    const steps = Array.from({ length: 60 }, (_, at) => `  - { id: s${at}, tool: x }`).join('\n')
    expect(problemsOf(`${HEAD}steps:\n${steps}`)).toHaveLength(20)
  })
})

describe('the workflows we ship', () => {
  const shipped = readWorkflows('workflows')
  const named = (name: string) => shipped.find((one) => one.name === name) ?? workflowOf('')

  it('are read, cost nothing and have a name for people', () => {
    expect(shipped.map(({ title }) => title)).toEqual(['Index of notes', 'Report on departments'])
    for (const one of shipped) expect(runsWithoutAI(one), one.name).toBe(true)
  })

  it('do what they say with what the servers really answer', () => {
    const rows = [
      { dept_name: 'Sales', people: 37 },
      { dept_name: 'Finance', people: 12 },
    ]
    const report = playWorkflow(named('department-report'), {
      given: { inputs: { file: 'd.md' } },
      answer: ({ step }) => ({
        text: step === 'count' ? JSON.stringify({ statements: [{ sql: '', rows, count: 2 }] }) : '',
      }),
    })
    expect(report.begun[1]).toMatchObject({
      tool: 'filesystem/write_file',
      arguments: { path: 'd.md', content: '# Departments on 2026-11-30\n\n- Sales: 37\n- Finance: 12\n\n' },
    })
    const index = playWorkflow(named('index-of-notes'), {
      given: { inputs: { folder: '.' } },
      answer: ({ call, step }) => {
        if (step === 'list') return { structured: { content: '[FILE] one.md\n[DIR] a\n[FILE] two.md\n[FILE] x.zip' } }
        return call === 'notes/1/first_line#1'
          ? { outcome: 'error', text: 'gone' }
          : { structured: { content: '# One' } }
      },
    })
    expect(index.begun.map((step) => (step.kind === 'ask' ? step.text : argumentsOf(step)))).toEqual([
      { path: '.' },
      { path: './one.md', head: 1 },
      { path: './two.md', head: 1 },
      'Write the first lines of 2 notes to index.txt?',
      { path: './index.txt', content: '# One\n\n' },
    ])
    expect(index.last).toEqual({ do: 'finish', outcome: 'done', output: { notes: 2 } })
  })

  it('must have the name of their file', () => {
    expect(() => readWorkflow('workflows/other.yaml', HEAD + STEP)).toThrow('call the file tried.yaml')
    expect(() => readWorkflow('workflows/tried.yaml', HEAD)).toThrow(
      'workflows/tried.yaml cannot be read:\nline 1, column 1: steps: is missing',
    )
    expect(readWorkflow('workflows/tried.yaml', HEAD + STEP).title).toBe('Tried')
  })
})

describe('in words', () => {
  it('each step is a sentence', () => {
    expect(describeSteps(parsed(FULL)).map(({ depth, text }) => '  '.repeat(depth) + text)).toMatchInlineSnapshot(`
      [
        "Use list issues of github with label ‹label›, per page 50. Tries 3 more times where that does no harm",
        "For each of ‹issues of list where age > 30›, one after the other",
        "  Use add comment of github with number ‹number of it›, body Still open after ‹age of it› days. Can be undone with delete comment of github",
        "Do this at the same time",
        "  Ask the agent reviewer: “Look”",
        "  Ask one and two independently: “Judge ‹issues of list (how many)›”",
        "If issues size of list > 2: do this, or else the other",
        "  Ask U0123ABCD: “Post ‹issues of list (how many)› bugs to #ops?”, and for words",
        "  Otherwise: Wait 10m",
        "Wait until 2026-12-24T09:00:00Z",
        "Use post of slack with text ‹text of a› ‹words of sure›. Uses send of mail when it fails",
      ]
    `)
  })

  it('it says what it uses and whether a model is asked', () => {
    const definition = parsed(FULL)
    expect(runsWithoutAI(definition)).toBe(false)
    expect(runsWithoutAI(workflowOf('  - { id: a, tool: x/y }'))).toBe(true)
    expect(toolsUsedIn(definition)).toEqual([
      'github/list_issues',
      'github/add_comment',
      'github/delete_comment',
      'slack/post',
      'mail/send',
    ])
    expect(agentsUsedIn(definition)).toEqual(['reviewer', 'one', 'two'])
  })
})

test('what makes it start is told apart', () => {
  expect(triggerSpecsOf(parsed(FULL))).toEqual([
    { kind: 'schedule', cron: '0 9 * * 1', timezone: 'Europe/Berlin' },
    { kind: 'reaction', emoji: 'bug', channels: ['ops'] },
    { kind: 'message', words: ['bugs please'], channels: ['ops'], who: ['U0123ABCD'] },
    { kind: 'shortcut' },
    { kind: 'webhook' },
    { kind: 'resource', connection: 'github', uri: 'github://issues' },
    { kind: 'builder' },
  ])
  expect(
    triggerSpecsOf(parsed(`${HEAD}on: [{ reaction: { emoji: ":bug:", channels: [ops] } }]\n${STEP}`)),
  ).toMatchObject([{ emoji: 'bug' }])
})

test('a step is found by its path', () => {
  const definition = parsed(FULL)
  expect(positionOf(definition, 'list')).toEqual({ number: 1, of: 6, item: undefined })
  expect(positionOf(definition, 'each_one/4/nudge')).toEqual({ number: 2, of: 6, item: 5 })
  expect(positionOf(definition, 'undo/each_one/4/nudge')).toEqual({ number: 2, of: 6, item: 5 })
  expect(positionOf(definition, 'sure')).toMatchObject({ number: 4 })
  expect(positionOf(definition, 'nowhere')).toBeUndefined()
  expect(stepIdOf('each_one/4/nudge')).toBe('nudge')
})

test('the hash is of what a workflow does, not of how it is written', () => {
  const one = workflowOf('  - { id: a, tool: x/y, with: { b: 1, c: [{ d: 2, e: 3 }] } }')
  const same = workflowOf('  - { with: { c: [{ e: 3, d: 2 }], b: 1 }, tool: x/y, id: a }')
  const other = workflowOf('  - { id: a, tool: x/y, with: { b: 1, c: [{ d: 2, e: 4 }] } }')
  const pairs = workflowOf('  - { id: a, tool: x/y, with: { b: 1, c: [[[d, 2], [e, 3]]] } }')
  expect(workflowHashOf(one)).toBe(workflowHashOf(same))
  expect(new Set([one, other, pairs].map(workflowHashOf)).size).toBe(3)
})

test('a run begins with what was given and defaults for the rest', () => {
  const { inputs } = parsed(FULL)
  expect(inputValuesOf({ inputs }, { size: 'small', label: 'x' }, '2026-12-24')).toEqual({
    values: { label: 'x', since: '2026-12-24', size: 'small' },
    problems: [],
  })
  expect(inputValuesOf({ inputs }, { label: 5, q: 1 }, '2026-12-24').problems).toEqual([
    { name: 'q', reason: 'is no input of this workflow: leave it out' },
    { name: 'label', reason: 'must be a text: put it in quotes' },
    { name: 'size', reason: 'is missing: fill it in' },
  ])
  expect(inputValuesOf({}, { constructor: 1 }, '2026-12-24').problems).toHaveLength(1)
})

test('a run keeps the workflow as it was', () => {
  const body = parsed(FULL)
  const snapshot = {
    id: 'file:weekly-bugs',
    version: 1,
    hash: workflowHashOf(body),
    body,
    inputs: { label: 'x' },
    trigger: { emoji: 'bug' },
  }
  expect(WorkflowSnapshot.parse(JSON.parse(JSON.stringify(snapshot)))).toEqual(snapshot)
})

test('the guide is true: its example is read, and it names every filter and no other', () => {
  const guide = readFileSync('docs/workflows.md', 'utf8')
  expect(problemsOf(/```yaml\n([\s\S]*?)```/.exec(guide)?.[1] ?? '')).toEqual([])
  const [, listed = ''] = /Filters: ([\s\S]*?)\n\n/.exec(guide) ?? []
  expect([...listed.matchAll(/`(\w+)`/g)].map(([, name]) => name).toSorted()).toEqual(Object.keys(FILTERS).toSorted())
})
