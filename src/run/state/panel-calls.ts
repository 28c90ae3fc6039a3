import type { BegunStep } from '../../workflows/progress/begun-steps.ts'
import type { WorkflowCall } from '../../workflows/progress/workflow-progress.ts'
import { quoteMessages } from '../frames.ts'
import type { CallState, RunState } from './state.ts'

/** A panel is one call for its workflow, and as many calls of the run as it asks agents: `ask#1/1`, `ask#1/2`, `ask#1/judge`. */
export const panelIdOf = (call: string): string | undefined => /^(.*#\d+)\/(?:\d+|judge)$/.exec(call)?.[1]

const JUDGE = 'judge'
const isJudge = (call: string): boolean => call.endsWith(`/${JUDGE}`)

/** What each agent of a panel is asked. */
export const memberStepsOf = (panel: Extract<BegunStep, { kind: 'panel' }>): Extract<BegunStep, { kind: 'agent' }>[] =>
  panel.agents.map((agent, at) => ({
    kind: 'agent',
    step: panel.step,
    call: `${panel.call}/${at + 1}`,
    agent,
    task: panel.task,
  }))

/** The panel's one call, from the calls it is made of. Pure. */
export function panelCallOf(panel: string, parts: WorkflowCall[], judge: string | undefined): WorkflowCall {
  const members = parts.filter(({ call }) => !isJudge(call))
  const [first] = members
  const common = { call: panel, arguments: { task: first?.arguments.task ?? '' }, repeatable: false }
  const answers = members.filter(({ outcome }) => outcome === 'ok')
  if (members.some(({ state }) => state !== 'returned')) return { ...common, state: 'called' }
  if (answers.length === 0)
    return { ...common, state: 'returned', outcome: first?.outcome ?? 'failed', text: first?.text ?? '' }
  const judging = parts.find(({ call }) => isJudge(call))
  if (judging !== undefined) return { ...judging, ...common }
  if (judge !== undefined) return { ...common, state: 'called' }
  const said = answers.map((one) => ({ agent: one.arguments.agent ?? '', text: one.text ?? '' }))
  return { ...common, state: 'returned', outcome: 'ok', structured: { answers: said } }
}

/** Longer answers are cut, so that the judge's task stays within what an agent is given. */
const ANSWER_CHARS = 5_000

/** Panels whose agents have answered, and whose judge was not asked. */
export function findJudgesToAsk({ calls, workflow }: RunState): Extract<BegunStep, { kind: 'agent' }>[] {
  const agent = workflow?.snapshot.body.agent
  if (agent === undefined) return []
  const panels = Map.groupBy(calls, ({ id }) => panelIdOf(id) ?? '')
  return [...panels].flatMap(([panel, parts]) => {
    const answers = parts.filter(({ stage }) => stage === 'done')
    const isReady = panel !== '' && answers.length > 0 && parts.every(({ stage }) => ENDED.has(stage))
    if (!isReady || parts.some(({ id }) => isJudge(id))) return []
    return [{ kind: 'agent', step: panel, call: `${panel}/${JUDGE}`, agent, task: judgeTaskOf(answers) }]
  })
}

const ENDED = new Set<CallState['stage']>(['done', 'failed', 'unknown', 'denied', 'cancelled'])

function judgeTaskOf(answers: CallState[]): string {
  const said = answers.map(({ child, result }) => ({
    author: child?.agent ?? 'An agent',
    text: (result?.text ?? '').slice(0, ANSWER_CHARS),
  }))
  const task = answers[0]?.child?.task ?? ''
  const frame = quoteMessages('notes', said)
  return `Several agents were each asked this on their own. Judge their answers, and give the one that you conclude on.\n\n${task.slice(0, ANSWER_CHARS)}\n\n${frame}`
}
