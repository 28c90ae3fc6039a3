import type { RichTextBlock, TaskCardBlock } from '@slack/types'
import { LIMITS } from '../../block-kit/limits.ts'
import type { CallStage, CallState } from '../../run/state/state.ts'
import { truncate } from '../../text.ts'
import { joinWords, pluralize, withoutMentions } from '../blocks/text.ts'
import { taskCardBlock, taskLineOf } from './task-blocks.ts'

/** The line opens to so many steps, and to so much text. */
const LISTED = 20
const LIST_CHARS = 2_000
const STEP_CHARS = 300

/** The steps of a run that is over, as one line that opens: a single step by itself, several as what they used. */
export function finishedStepsBlock(calls: CallState[], maxChars: number): TaskCardBlock {
  const [first] = calls
  if (first !== undefined && calls.length === 1) return taskCardBlock(taskLineOf(first), maxChars)
  const room = Math.min(LIST_CHARS, maxChars - LIMITS.taskCard.title)
  return {
    type: 'task_card',
    task_id: truncate(`steps ${first?.id ?? ''}`, LIMITS.id),
    title: usedText(calls),
    status: calls.some(({ stage }) => stage === 'done') ? 'complete' : 'error',
    ...(room > STEP_CHARS && { details: stepList(calls, room) }),
  }
}

function stepList(calls: CallState[], room: number): RichTextBlock {
  const shown = calls.slice(0, LISTED)
  const each = Math.min(STEP_CHARS, Math.floor(room / (shown.length + 1)))
  const lines = shown.map((call) => {
    const { title, details } = taskLineOf(call, undefined, calls)
    return truncate(details === undefined ? title : `${title}: ${details}`, each)
  })
  const others = calls.length - shown.length
  const all = others > 0 ? [...lines, `and ${pluralize(others, 'more step')}`] : lines
  return {
    type: 'rich_text',
    elements: [
      {
        type: 'rich_text_list',
        style: 'bullet',
        elements: all.map((text) => ({ type: 'rich_text_section', elements: [{ type: 'text', text }] })),
      },
    ],
  }
}

/** More connections than this are counted, not named. */
const NAMED = 3

/** What did not go well stands on the line; what did is why the answer is there. */
const ENDS: [StepEnd, string][] = [
  ['failed', 'failed'],
  ['denied', 'not allowed'],
  ['refused', 'denied'],
  ['withdrawn', 'withdrawn'],
  ['cancelled', 'stopped'],
  ['unknown', 'may or may not have happened'],
]

/** A person may have said no, or taken it back. */
type StepEnd = CallStage | 'refused' | 'withdrawn'

function endOf({ stage, approval }: CallState): StepEnd {
  const decision = approval?.decided?.decision
  if (decision === 'denied') return 'refused'
  return decision === 'withdrawn' ? decision : stage
}

/** "Used demo-database · 2 steps", and how many did not go well. */
export function usedText(calls: CallState[]): string {
  const names = [...new Set(calls.map(({ connectionName }) => connectionName).filter((name) => name !== ''))]
  const more = names.length > NAMED ? [`${names.length - NAMED} more`] : []
  const used = names.length === 0 ? 'Worked' : `Used ${joinWords([...names.slice(0, NAMED), ...more])}`
  const ends = ENDS.flatMap(([end, word]) => {
    const count = calls.filter((call) => endOf(call) === end).length
    return count === 0 ? [] : [`${count} ${word}`]
  })
  const text = [`${used} · ${pluralize(calls.length, 'step')}`, ...ends].join(', ')
  return truncate(withoutMentions(text), LIMITS.taskCard.title)
}
