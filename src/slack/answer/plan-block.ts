import type { PlanBlock, TaskCardBlock } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import type { CallStage, CallState } from '../../run/state/state.ts'
import { truncate } from '../../text.ts'
import { joinWords, pluralize, withoutMentions } from '../blocks/text.ts'
import { describeAction, describeCall, lowerFirst } from './describe-call.ts'
import { taskCardBlock, taskLineOf } from './task-card.ts'

/** A plan takes 50 cards, one of which may say that the model is waited for. */
export const MAX_PLAN_STEPS = LIMITS.plan.tasks - 1

/** More steps than this are counted, not named. */
const NAMED = 3
/** A title longer than this is cut on a phone before it says what matters. */
const TITLE_CHARS = 120

/** The steps of one message as a block: one is a line, several are a plan. */
export function stepsBlock(calls: CallState[]): TaskCardBlock | PlanBlock {
  const [first, ...others] = calls.map((call) => taskCardBlock(taskLineOf(call)))
  if (first !== undefined && others.length === 0) return first
  return { type: 'plan', title: stepsText(calls), tasks: first === undefined ? [] : [first, ...others] }
}

/** Describes the step under way or waiting, or what was done at the end. `progress` is what servers say of calls, by call. */
export function stepsText(calls: CallState[], progress?: Map<string, string>): string {
  const [first] = calls
  if (first !== undefined && calls.length === 1) return taskLineOf(first, progress?.get(first.id)).title
  return truncate(withoutMentions(underWay(calls) ?? past(calls)), LIMITS.plan.title)
}

function underWay(calls: CallState[]): string | undefined {
  const running = calls.filter(({ stage }) => stage === 'approved' || stage === 'calling')
  if (running[0]) return `${describeCall(running[0], 'doing')}${more(running)}…`
  const asking = calls.filter(({ stage }) => stage === 'requested' || stage === 'awaiting_approval')
  return asking[0] && `Waiting for approval: ${lowerFirst(describeCall(asking[0], 'wish'))}${more(asking)}`
}

const more = (calls: CallState[]): string => (calls.length > 1 ? `, and ${calls.length - 1} more` : '')

const ENDS: [CallStage, string][] = [
  ['done', 'done'],
  ['failed', 'failed'],
  ['denied', 'not allowed'],
  ['cancelled', 'stopped'],
  ['unknown', 'may or may not have happened'],
]

function past(calls: CallState[]): string {
  const where = `with ${joinWords([...new Set(calls.map((call) => call.connectionName || 'no connection'))])}`
  const steps = `${pluralize(calls.length, 'step')} ${where}`
  const ends = ENDS.map(([stage, word]) => ({
    stage,
    word,
    count: calls.filter((call) => call.stage === stage).length,
  }))
  const told = ends.filter(({ count }) => count > 0)
  if (told.some(({ stage }) => stage !== 'done'))
    return `${steps}: ${joinWords(told.map(({ count, word }) => `${count} ${word}`))}`
  const acts = [...new Set(calls.map((call) => describeAction(call, 'done')))]
  const [only, ...others] = acts
  if (only !== undefined && others.length === 0) return `${only} ${pluralize(calls.length, 'time')} ${where}`
  const named = `${joinWords(acts.map((act, at) => (at === 0 ? act : lowerFirst(act))))} ${where}`
  return acts.length <= NAMED && named.length <= TITLE_CHARS ? named : `Took ${steps}`
}
