import { describe, expect, test } from 'vitest'
import { checkView } from '../../../src/block-kit/check-view.ts'
import { UserId } from '../../../src/ids.ts'
import type { CallState, RunState } from '../../../src/run/state/state.ts'
import { runDetailsModal, runLogModal } from '../../../src/slack/run-details/run-details-modal.ts'
import { renderAll } from '../../support/render-blocks.ts'
import { approvalOf, callOf } from '../samples.ts'
import { inputOf, stateOf } from '../states.ts'

const LONG = 'Long words <!channel> & <@U123> *bold* `code` \u202e 👩‍👩‍👧\n'.repeat(200)
const at = new Date('2026-11-21T09:59:00Z')
const approver = UserId.parse('UAPPROVE1')
const decided = { decision: 'approved' as const, by: approver, reason: undefined, at, edited: true }
const result = { summary: '2 rows', text: '', images: [], isError: false, files: [], ms: 340 }
const log = [
  { level: 'warning', logger: 'disk', text: 'nearly full' },
  { level: 'info', text: 'one\ntwo' },
]

const columns = ['emp_no', 'name', 'a long text that is cut', 'born', 'hired', 'note']
const row = ['10001', 'Georgi', 'one <!channel> \u202e and more of it', '1953-09-02', 'NULL', 'x']
const table = { columns, rows: Array.from({ length: 100 }, () => row), of: { rows: 1_000, columns: 6 } }

const usual: Partial<CallState>[] = [
  { title: 'execute_sql', tool: 'execute_sql', result: { ...result, shown: { table } } },
  { approval: approvalOf({ decided }), why: ['It changes something.'], result: { ...result, log, ms: 61_500 } },
  {
    stage: 'denied',
    approval: approvalOf({ decided: { ...decided, decision: 'denied', reason: 'No.' } }),
    cause: 'Denied: No.',
  },
  { stage: 'failed', cause: 'It could not be reached.', result: { ...result, isError: true, ms: 30_000 } },
  { stage: 'awaiting_approval', approval: approvalOf() },
  { stage: 'waiting_input', inputs: [inputOf('form').input] },
  { stage: 'denied', cause: 'A workspace rule forbids it.', why: ['A workspace rule forbids it.'] },
]
const usage = { input: 900, output: 1_234, cacheRead: 56_000, cacheWrite: 0, costUsd: 0.042 }
const run = stateOf([{ text: '', calls: usual }], { status: 'working', usage })
const largest = (count: number): RunState =>
  stateOf(
    [
      {
        text: '',
        calls: Array.from({ length: count }, () => ({
          title: LONG,
          tool: LONG,
          connectionName: LONG,
          arguments: {},
          why: [LONG],
          approval: approvalOf({ decided: { ...decided, decision: 'denied' as const, reason: LONG } }),
          inputs: Array.from({ length: 9 }, () => ({
            ...inputOf('form').input,
            request: { kind: 'form' as const, message: LONG, fields: [] },
          })),
          result: {
            ...result,
            summary: LONG,
            log: Array.from({ length: 50 }, () => ({ level: LONG, logger: LONG, text: LONG })),
          },
        })),
      },
    ],
    { text: LONG, model: LONG, failure: { code: LONG, message: LONG }, status: 'failed' },
  )
const reader = UserId.parse('UMEMBER1')
const whole = (state: RunState) => ({ whole: true, calls: state.calls })

const VIEWS = {
  'to who asked': runDetailsModal({ state: run, visibility: whole(run), page: 0, reader }),
  'to an approver': runDetailsModal({
    state: run,
    visibility: { whole: false, calls: run.calls.slice(1, 2) },
    page: 0,
    reader: UserId.parse('UAPPROVE1'),
  }),
  'before the first step': runDetailsModal({
    state: stateOf([], { text: ' ', model: undefined }),
    visibility: { whole: true, calls: [] },
    page: 0,
    reader,
  }),
  'a log': runLogModal({ run: run.id, call: callOf({ result: { ...result, log } }), page: 0 }),
  'an empty log': runLogModal({ run: run.id, call: callOf(), page: 0 }),
}

describe('the details of a run', () => {
  test.each(Object.entries(VIEWS))('%s', (_name, view) => {
    expect(checkView(view)).toEqual([])
  })

  test('read like this', async () => {
    await expect(renderAll(VIEWS)).toMatchFileSnapshot('renderings/run-details-modal.txt')
  })

  test('an approver reads no request, result, question or log', () => {
    const failure = { code: 'internal', message: 'The tokens are used up.' }
    const failed: RunState = { ...run, status: 'failed', failure }
    expect(JSON.stringify(runDetailsModal({ state: failed, visibility: whole(failed), page: 0, reader }))).toContain(
      'The tokens are used up',
    )
    const said = JSON.stringify(
      runDetailsModal({ state: failed, visibility: { whole: false, calls: run.calls }, page: 0, reader }),
    )
    expect(said).not.toMatch(/Write hello\.txt"|2 rows|Whose account|Server log|could not be reached|tokens/)
    expect(said).toContain('Approved with changes by <@UAPPROVE1>')
  })

  test('the largest fits on its pages, and nothing in it is read as a mention', () => {
    const state = largest(25)
    const pages = [0, 1, 2, 99].map((page) => runDetailsModal({ state, visibility: whole(state), page, reader }))
    for (const view of pages) expect(checkView(view)).toEqual([])
    expect(pages.map(({ blocks }) => JSON.stringify(blocks).match(/\*\d+\. /g)?.length)).toEqual([10, 10, 5, 5])
    const [call] = state.calls
    const logs = [0, 4].map((page) => runLogModal({ run: state.id, call: call ?? callOf(), page }))
    for (const view of logs) expect(checkView(view)).toEqual([])
    expect(JSON.stringify(pages)).not.toMatch(/<!channel>|<@U123>/)
    expect(JSON.stringify(logs)).not.toMatch(/\u202e/)
    expect(JSON.stringify(logs[1])).toMatch(/Page 5 of 5/)
    expect(JSON.stringify(logs[1])).not.toMatch(/Next/)
  })
})
