import type { JsonValue } from '../../json.ts'
import type { WorkflowEnd, WorkflowState } from './workflow-state.ts'

/** More of a list is counted, not told. */
const MOST_LINES = 20

/** What came of a workflow, in words. Pure. */
export function endTextOf(
  { snapshot }: Pick<WorkflowState, 'snapshot'>,
  { outcome, output, problem }: WorkflowEnd,
): string {
  const { title } = snapshot.body
  switch (outcome) {
    case 'done':
      return [`${title}: done.`, wordsOf(output), problem === undefined ? '' : `Its output is missing: ${problem}`]
        .filter(Boolean)
        .join('\n')
    case 'denied':
      return `${title}: ended, as somebody said no.`
    case 'undone':
      return `${title}: ended, and what it had done is undone as far as it can be.`
    case 'stopped':
      return `${title}: stopped.`
    default:
      return outcome satisfies never
  }
}

function wordsOf(value: JsonValue): string {
  if (value === null || typeof value !== 'object') return value === null ? '' : String(value)
  if (Array.isArray(value)) return linesOf(value.map((one) => shortOf(one)))
  const { text, ...others } = value
  if (typeof text === 'string' && Object.keys(others).length === 0) return text
  return linesOf(Object.entries(value).map(([name, one]) => `${name}: ${shortOf(one)}`))
}

function linesOf(lines: string[]): string {
  const more = lines.length - MOST_LINES
  const shown = lines.slice(0, MOST_LINES).map((line) => `• ${line}`)
  return [...shown, ...(more > 0 ? [`and ${more} more`] : [])].join('\n')
}

/** Of what holds other things, only how many. */
function shortOf(value: JsonValue): string {
  if (value === null) return 'nothing'
  if (typeof value !== 'object') return String(value)
  const count = Object.keys(value).length
  const what = Array.isArray(value) ? ['entry', 'entries'] : ['value', 'values']
  return `${count} ${count === 1 ? what[0] : what[1]}`
}
