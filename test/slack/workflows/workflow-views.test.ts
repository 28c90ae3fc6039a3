import { expect, test } from 'vitest'
import { checkMessage } from '../../../src/block-kit/check-message.ts'
import { checkView } from '../../../src/block-kit/check-view.ts'
import { UserId } from '../../../src/ids.ts'
import type { FieldState } from '../../../src/slack/blocks/modal-fields.ts'
import { runModal } from '../../../src/slack/workflows/run-workflow.ts'
import { saveModal, workflowNameOf } from '../../../src/slack/workflows/save-form.ts'
import { readInputs } from '../../../src/slack/workflows/workflow-inputs.ts'
import { workflowStepsText } from '../../../src/slack/workflows/workflow-texts.ts'
import { workflowModal, workflowsMessage } from '../../../src/slack/workflows/workflows-list.ts'
import { savedModal } from '../../../src/slack/workflows/yaml-actions.ts'
import { yamlModal, yamlProblemsText } from '../../../src/slack/workflows/yaml-form.ts'
import { findWorkflows, type UsableWorkflow } from '../../../src/workflows/create-workflows.ts'
import { parseWorkflow } from '../../../src/workflows/definition/parse-workflow.ts'
import { draftWorkflow } from '../../../src/workflows/draft/draft-workflow.ts'
import type { WorkflowDefinition } from '../../../src/workflows/workflow.ts'
import { stateOf } from '../states.ts'

const OWNER = UserId.parse('UMEMBER1')
const HOSTILE = '<!here> *bold* <https://evil.example|click> & '

const LONG: WorkflowDefinition = {
  name: 'n'.repeat(40),
  title: HOSTILE.repeat(5).slice(0, 75),
  description: HOSTILE.repeat(20).slice(0, 300),
  inputs: Object.fromEntries(
    Array.from({ length: 60 }, (_, at) => [
      `input_${at}`,
      { type: 'string', description: HOSTILE.repeat(4).slice(0, 150) },
    ]),
  ),
  steps: Array.from({ length: 100 }, (_, at) => ({
    id: `step_${at}`,
    tool: `${'c'.repeat(99)}/${'t'.repeat(99)}`,
    with: { [HOSTILE]: HOSTILE.repeat(100) },
  })),
}

const workflowOf = (change: Partial<UsableWorkflow> = {}): UsableWorkflow => ({
  id: '0b5c2f2e-3c34-4e0e-8f6c-5a8f1f1c9a77',
  owner: OWNER,
  body: LONG,
  hash: 'h',
  version: 7,
  shared: true,
  source: 'slack',
  ...change,
})

const SMALL = parsed(`
name: report
title: Weekly report
inputs:
  label: { type: string, default: bug, description: Which bugs }
  many: { type: number, default: 5, required: true }
  since: { type: date, default: today }
  loud: { type: boolean }
  tone: { type: choice, choices: [kind, strict] }
steps:
  - id: list
    tool: github/list_issues
    with: { label: "{{ inputs.label }}" }
  - id: each_one
    each: "\${{ steps.list.output.issues }}"
    steps:
      - id: nudge
        tool: github/add_comment
        with: { number: "\${{ item.number }}" }
`)

function parsed(yaml: string): WorkflowDefinition {
  const read = parseWorkflow(yaml)
  if ('problems' in read) throw new Error(yamlProblemsText(read))
  return read.definition
}

/** All that Slack would read as mrkdwn. */
const mrkdwnIn = (view: unknown): string =>
  [...JSON.stringify(view).matchAll(/"type":"mrkdwn","text":("(?:[^"\\\\]|\\\\.)*")/g)].map(([, text]) => text).join()

const METADATA = { id: 'x', base: 7 }

test('the longest list, forms and steps are what Slack takes, and nothing in them is a link or a mention', () => {
  const many = Array.from({ length: 120 }, (_, at) => workflowOf({ id: `workflow-${at}` }))
  const list = workflowsMessage({
    workflows: many,
    reader: OWNER,
    lastRuns: new Map([['workflow-1', new Date(0)]]),
    stopped: 3,
  })
  const versions = Array.from({ length: 20 }, (_, at) => ({ version: at + 1, body: LONG, hash: 'h', at: new Date(0) }))
  const show = workflowModal({
    workflow: workflowOf(),
    versions,
    reader: OWNER,
    isOwner: false,
    missing: [HOSTILE, 'github'],
  })
  const run = runModal(workflowOf(), { today: '2026-11-30', missing: ['github'], metadata: { id: 'x' } })
  const edit = yamlModal({ metadata: METADATA, workflow: workflowOf(), alert: HOSTILE.repeat(40) })
  const saved = savedModal(workflowOf())
  expect(checkMessage(list)).toEqual([])
  for (const view of [show, run, edit, saved]) expect(checkView(view)).toEqual([])
  for (const view of [list, show, run, edit, saved]) expect(mrkdwnIn(view)).not.toMatch(/<!here|<https/)
  expect(JSON.stringify(list)).toContain('and 106 more')
  expect(JSON.stringify(show)).toMatch(/and \d+ more/)
})

test('others may run and read a workflow, and not change it; owners of the workspace may archive what is shared', () => {
  const looks = (reader: string, isOwner: boolean, change: Partial<UsableWorkflow> = {}) => {
    const workflow = workflowOf({ body: SMALL, ...change })
    const views = [
      workflowsMessage({ workflows: [workflow], reader, lastRuns: new Map(), stopped: 0 }),
      workflowModal({ workflow, versions: [], reader, isOwner, missing: [] }),
    ]
    return ['run', 'show', 'download', 'edit', 'share', 'archive'].filter((one) =>
      JSON.stringify(views).includes(`"workflow_${one}"`),
    )
  }
  expect(looks(OWNER, false)).toEqual(['run', 'show', 'download', 'edit', 'share', 'archive'])
  expect(looks('UOTHER', false)).toEqual(['run', 'show', 'download'])
  expect(looks('UOTHER', true)).toEqual(['run', 'show', 'download', 'archive'])
  expect(looks('UOTHER', true, { owner: undefined }), 'only files change a file').toEqual(['run', 'show', 'download'])
})

test('steps are numbered sentences, those in others below them, and it is said what costs nothing', () => {
  expect(workflowStepsText(SMALL).split('\n')).toEqual([
    '1. Use list issues of github with label ‹label›',
    '2. For each of ‹issues of list›, one after the other',
    '\u20032.1. Use add comment of github with number ‹number of it›',
  ])
  const list = workflowsMessage({
    workflows: [workflowOf({ body: SMALL })],
    reader: OWNER,
    lastRuns: new Map(),
    stopped: 0,
  })
  expect(JSON.stringify(list)).toContain('runs without AI, so it costs nothing')
})

const typed = (fields: Record<string, FieldState>) =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [`input.${name}`, { value }]))

test('inputs are read by their types, defaults stand for what is empty, and problems stand at their fields', () => {
  expect(
    readInputs(
      SMALL,
      typed({
        many: { value: '7' },
        since: { selected_date: '2026-01-02' },
        loud: { selected_option: { value: 'true' } },
        tone: { selected_option: { value: 'kind' } },
      }),
      '2026-11-30',
    ),
  ).toEqual({ values: { label: 'bug', many: 7, since: '2026-01-02', loud: true, tone: 'kind' } })
  expect(readInputs(SMALL, typed({ many: { value: 'some' } }), '2026-11-30')).toEqual({
    errors: { 'input.many': expect.stringMatching(/number/i) },
  })
  const form = JSON.stringify(runModal({ body: SMALL }, { today: '2026-11-30', missing: [], metadata: { id: 'x' } }))
  expect(form, 'today is a day').toContain('"initial_date":"2026-11-30"')
  expect(form).toContain('"initial_value":"bug"')
})

test('a file that is wrong is told with its line and what to write', () => {
  const read = parseWorkflow('name: report\ntitle: Report\nsteps:\n  - id: list\n    tol: github/list_issues\n')
  expect('problems' in read && yamlProblemsText(read)).toMatch(/line 5.*"tol" is not known here. Did you mean "tool"\?/)
})

test('a run is saved with what the person said as inputs; the longest form is what Slack takes', () => {
  const calls = Array.from({ length: 110 }, (_, at) => ({
    tool: `files/write_${'x'.repeat(200)}`,
    arguments: { path: `${HOSTILE}${at}.txt`, content: HOSTILE.repeat(300) },
    text: 'done',
  }))
  const draft = draftWorkflow({ name: 'x', title: 't'.repeat(75), request: `write ${HOSTILE}1.txt`, calls })
  if (draft === undefined) throw new Error('no draft')
  const form = saveModal(draft, { run: stateOf([]).id, id: 'x' })
  expect(checkView(form)).toEqual([])
  expect(JSON.stringify(form)).toContain('Left out')
  expect(JSON.stringify(form), 'what was said is ticked').toMatch(/initial_options/)
})

test('names are made of titles, and words find them', () => {
  expect(['Wöchentlicher Bericht!', '???', 'A'.repeat(80)].map(workflowNameOf)).toEqual([
    'wochentlicher-bericht',
    'workflow',
    'a'.repeat(40),
  ])
  const all = [workflowOf({ body: SMALL }), workflowOf({ body: { ...SMALL, title: 'Other', name: 'other' } })]
  expect(findWorkflows('the weekly', all).map(({ body }) => body.title)).toEqual(['Weekly report'])
})
