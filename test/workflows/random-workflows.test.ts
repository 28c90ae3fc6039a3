import { expect, test } from 'vitest'
import type { JsonValue } from '../../src/json.ts'
import { checkDefinition } from '../../src/workflows/definition/check-definition.ts'
import type { BegunStep } from '../../src/workflows/progress/begun-steps.ts'
import { nextWorkflowStep } from '../../src/workflows/progress/next-workflow-step.ts'
import type { WorkflowDefinition, WorkflowStep } from '../../src/workflows/workflow.ts'
import { createRandom, type Random } from '../support/seeded-random.ts'
import { type Entry, foldEntries, playWorkflow, type Result, type Resume } from './played-workflow.ts'

const SEEDS = 300
const OUTCOMES = ['ok', 'ok', 'ok', 'error', 'failed', 'unknown', 'denied', 'expired', 'refused', 'cancelled'] as const

/** A workflow of any shape whose templates name steps before them. */
function randomWorkflow(random: Random): WorkflowDefinition {
  let count = 0
  const stepsOf = (depth: number, before: string[]): WorkflowStep[] => {
    const seen = [...before]
    return Array.from({ length: 1 + random.below(3) }, () => {
      const step = stepOf(depth, seen)
      seen.push(step.id)
      return step
    })
  }
  const stepOf = (depth: number, seen: string[]): WorkflowStep => {
    count += 1
    const id = `s${count}`
    const [some] = seen.length > 0 ? [random.pick([seen[0] ?? '', ...seen.slice(1)])] : []
    const text = some === undefined ? 'plain' : `{{ steps.${some}.output }}`
    const condition = random.chance(0.2) ? { if: random.chance(0.5) ? '1 == 1' : '1 == 2' } : {}
    const kind =
      depth > 2 ? 'tool' : random.pick(['tool', 'tool', 'tool', 'ask', 'agent', 'each', 'choice', 'parallel', 'wait'])
    switch (kind) {
      case 'ask':
        return { id, ...condition, ask: `Sure? ${text}` }
      case 'agent':
        return { id, ...condition, agent: 'reviewer', task: text }
      case 'each':
        return { id, ...condition, each: [1, 2, 3].slice(random.below(4)), steps: stepsOf(depth + 1, seen) }
      case 'choice':
        return {
          id,
          if: random.chance(0.5) ? '1 == 1' : '1 == 2',
          steps: stepsOf(depth + 1, seen),
          else: stepsOf(depth + 1, seen),
        }
      case 'parallel':
        return { id, ...condition, parallel: [stepOf(depth + 1, seen), stepOf(depth + 1, seen)] }
      case 'wait':
        return { id, ...condition, wait: '1h' }
      default:
        return { id, ...condition, tool: 'x/y', with: { text }, ...treatmentOf(random) }
    }
  }
  return { name: 'any', title: 'Any', steps: stepsOf(0, []) }
}

const treatmentOf = (random: Random): Partial<WorkflowStep> => ({
  ...(random.chance(0.4) ? { retry: { times: 1 + random.below(3), wait: '10s' } } : {}),
  ...(random.chance(0.2) ? { on_error: 'continue' as const } : {}),
  ...(random.chance(0.2) ? { on_error: { use: 'z/y', with: { text: 'instead' } } } : {}),
  ...(random.chance(0.4) ? { undo: { tool: 'x/drop', with: { of: '{{ output }}' } } } : {}),
})

/** What each call gave, as its server knows it. */
type Ledger = { step: BegunStep; result: Result }[]

function answerFrom(random: Random, ledger: Ledger) {
  return (step: BegunStep): Result => {
    const outcome = random.pick([...OUTCOMES])
    const result: Result = {
      outcome,
      repeatable: random.chance(0.3),
      risk: random.pick(['read', 'write']),
      sent: outcome !== 'failed' || random.chance(0.5),
      structured: random.pick<JsonValue>([{ n: ledger.length }, 'words {{ now }}', [1, 2]]),
    }
    ledger.push({ step, result })
    return result
  }
}

const resumeFrom =
  (random: Random, resumed: Set<string>) =>
  (parked: { step: string }[]): Resume | undefined => {
    const step = parked[random.below(parked.length)]?.step ?? ''
    if (random.chance(0.1)) return undefined
    const how = random.pick(['retry', 'retry', 'with', 'skip', 'skip', 'skip', 'undo', 'stop'] as const)
    resumed.add(step)
    return { step, how, ...(how === 'with' ? { arguments: { text: 'by hand' } } : {}) }
  }

const mayHaveHappened = ({ outcome, sent }: Result): boolean =>
  outcome === 'ok' || outcome === 'unknown' || outcome === 'error' || (outcome === 'failed' && sent !== false)

test.each(Array.from({ length: SEEDS }, (_, seed) => seed))(
  'a workflow of any shape with any failures ends or is parked (%i)',
  (seed) => {
    const random = createRandom(seed)
    const body = randomWorkflow(random)
    expect(checkDefinition(body)).toHaveProperty('definition')
    const ledger: Ledger = []
    const resumed = new Set<string>()
    const played = playWorkflow(body, { answer: answerFrom(random, ledger), resume: resumeFrom(random, resumed) })

    expect(['finish', 'park']).toContain(played.last.do)
    const calls = played.begun.map(({ call }) => call)
    expect(new Set(calls).size, 'no call is begun twice').toBe(calls.length)
    for (const [at, { step, result }] of ledger.entries()) {
      const later = ledger
        .slice(at + 1)
        .filter((one) => one.step.step === step.step && !('instead' in one.step && one.step.instead))
      if (
        !resumed.has(step.step) &&
        !(step.kind === 'tool' && step.instead) &&
        mayHaveHappened(result) &&
        result.repeatable !== true
      )
        expect(later, `${step.call} may have happened`).toEqual([])
    }
    // What a crash at any moment leaves is worked on as if nothing had been.
    for (let cut = 0; cut <= played.log.length; cut += 1 + random.below(4))
      expectSameNext(body, played.log.slice(0, cut))
    expect(foldEntries(played.log)).toEqual(played.progress)
  },
)

function expectSameNext(body: WorkflowDefinition, log: Entry[]): void {
  const clock = { now: '2026-11-30T09:00:00.000Z', timezone: 'UTC' }
  const next = () => nextWorkflowStep(body, { inputs: {} }, foldEntries(structuredClone(log)), clock)
  expect(next()).toEqual(next())
}

test('a workflow that was cut anywhere goes on to the same end', () => {
  for (let seed = 0; seed < 60; seed += 1) {
    const body = randomWorkflow(createRandom(seed))
    const answer = ({ call }: BegunStep): Result => ({
      structured: call,
      outcome: call.length % 5 === 0 ? 'error' : 'ok',
    })
    const whole = playWorkflow(body, { answer })
    for (let cut = 0; cut < whole.log.length; cut += 3) {
      const log = whole.log
        .slice(0, cut)
        .flatMap((entry): Entry[] => (isUnderWay(entry, whole.log.slice(0, cut)) ? [] : [entry]))
      expect(playWorkflow(body, { answer, log }).last, `seed ${seed}, cut ${cut}`).toEqual(whole.last)
    }
  }
})

/** A call that did not return before the cut: begun anew here, as these answers come from nowhere but its id. */
const isUnderWay = (entry: Entry, log: Entry[]): boolean =>
  'call' in entry &&
  !log.some((one) => 'call' in one && one.call.call === entry.call.call && one.call.state === 'returned')
