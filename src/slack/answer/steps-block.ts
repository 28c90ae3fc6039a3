import type { PlanBlock, TaskCardBlock } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import type { CallState } from '../../run/state/state.ts'
import { finishedStepsBlock, usedText } from './finished-steps.ts'
import { currentStepText, taskCardBlock, taskLineOf } from './task-blocks.ts'

const SHORTEST_STEP_CHARS = 40

/** The steps of one message as a block of at most `maxChars` of text. While the run works one is a line and several are a plan. */
export function stepsBlock(
  calls: CallState[],
  o: { maxChars: number; isOver: boolean; progress?: Map<string, string> | undefined },
): TaskCardBlock | PlanBlock {
  const { maxChars, isOver, progress } = o
  if (isOver) return finishedStepsBlock(calls, maxChars)
  const each = Math.max(SHORTEST_STEP_CHARS, Math.floor((maxChars - LIMITS.plan.title) / Math.max(1, calls.length)))
  const [first, ...others] = calls.map((call) => taskCardBlock(taskLineOf(call, progress?.get(call.id), calls), each))
  if (first !== undefined && others.length === 0) return first
  return { type: 'plan', title: stepsText(calls, progress), tasks: first === undefined ? [] : [first, ...others] }
}

/** Describes the step under way or waiting, or what was used at the end. `progress` is what servers say of calls, by call. */
export const stepsText = (calls: CallState[], progress?: Map<string, string>): string =>
  currentStepText(calls, progress) ?? usedText(calls)
