import { isAppError } from '../src/errors.ts'
import type { JsonValue } from '../src/json.ts'
import { parseWorkflow } from '../src/workflows/definition/parse-workflow.ts'
import { nextWorkflowStep } from '../src/workflows/progress/next-workflow-step.ts'
import { createWorkflowProgress } from '../src/workflows/progress/workflow-progress.ts'
import { renderTemplates } from '../src/workflows/templates/render-template.ts'
import type { TemplateScope } from '../src/workflows/templates/template-engine.ts'
import { HOSTILE_TEMPLATES, hostileScope } from '../test/workflows/hostile-templates.ts'
import { median, ms, percentile } from './numbers.ts'

const ROUNDS = 5
const GOOD_ROUNDS = 500
const SCOPE: TemplateScope = {
  now: '2026-11-30T12:00:00.000Z',
  timezone: 'Europe/Berlin',
  inputs: { label: 'bug' },
  steps: {
    list: { output: { issues: Array.from({ length: 50 }, (_, at) => ({ number: at, age: at, title: `Bug ${at}` })) } },
  },
}
const GOOD: JsonValue = {
  label: '{{ inputs.label }}',
  old: "${{ steps.list.output.issues | where_exp: 'i', 'i.age > 30' }}",
  text: '{{ steps.list.output.issues | size }} bugs on {{ "now" | date }}',
}
const STEPS = 20

/** What templates cost: those of a usual call, and the worst that anybody thought of. */
export async function templates(): Promise<string[]> {
  const good = timesOf(GOOD_ROUNDS, () => renderTemplates(GOOD, SCOPE))
  const scope = hostileScope()
  const worst = HOSTILE_TEMPLATES.map(({ what, template }) => ({
    what,
    time: median(timesOf(ROUNDS, () => renderOrRefuse(template, scope))),
  })).toSorted((a, b) => b.time - a.time)
  const next = timesOf(GOOD_ROUNDS, () =>
    nextWorkflowStep(workflowOf(STEPS), { inputs: {} }, createWorkflowProgress(), SCOPE),
  )
  return [
    `${'arguments of a usual call'.padEnd(34)} median ${ms(median(good))}, p99 ${ms(percentile(good, 0.99))}`,
    `${`reading ${STEPS} steps, and what is next`.padEnd(34)} median ${ms(median(next))}`,
    ...worst.slice(0, 5).map(({ what, time }) => `${`hostile: ${what}`.padEnd(34)} ${ms(time)}`),
    `${`the slowest of ${worst.length} hostile ones`.padEnd(34)} ${ms(worst[0]?.time ?? 0)} (at most 50 ms)`,
  ]
}

function renderOrRefuse(template: string, scope: TemplateScope): void {
  try {
    renderTemplates(template, scope)
  } catch (error) {
    if (!isAppError(error, 'input_invalid')) throw error
  }
}

function workflowOf(steps: number) {
  const lines = Array.from(
    { length: steps },
    (_, at) => `  - { id: s${at}, tool: x/y, with: { label: "{{ inputs.label }}" } }`,
  )
  const parsed = parseWorkflow(`name: bench\ntitle: Bench\ninputs: { label: {} }\nsteps:\n${lines.join('\n')}`)
  if ('definition' in parsed) return parsed.definition
  throw new Error(JSON.stringify(parsed.problems))
}

/** The first tenth warms up. */
function timesOf(rounds: number, work: () => void): number[] {
  const times = Array.from({ length: rounds }, () => {
    const began = performance.now()
    work()
    return performance.now() - began
  })
  return times.slice(Math.floor(rounds / 10))
}
