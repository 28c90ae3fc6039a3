import type { JsonValue } from '../../json.ts'
import { truncate } from '../../text.ts'
import type { WorkflowEnd, WorkflowState } from './workflow-state.ts'

/** More of a list is counted, not told. */
const MOST_LINES = 20
const LINE_CHARS = 300
/** Of lists in lists and the like, which nobody reads in a line. */
const MOST_DEPTH = 3

/** What came of a workflow, in words. Pure. */
export function endTextOf(
  { snapshot }: Pick<WorkflowState, 'snapshot'>,
  { outcome, output, problem }: WorkflowEnd,
): string {
  const title = titleOf(snapshot.body)
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

/** A question keeps its sign apart from ours. */
const titleOf = ({ title }: { title: string }): string => (/[.!?…]$/.test(title) ? `“${title}”` : title)

function wordsOf(value: JsonValue): string {
  const core = withoutWrapping(value)
  if (core === null || typeof core !== 'object') return core === null ? '' : String(core)
  if (Array.isArray(core)) return linesOf(core.map(shortOf))
  const { text, ...others } = core
  if (typeof text === 'string' && Object.keys(others).length === 0) return text
  return linesOf(Object.entries(core).flatMap(([name, one]) => linesFor(name, one)))
}

/** What is alone in a list or under a name is all there is to tell. */
function withoutWrapping(value: JsonValue): JsonValue {
  const [only, ...others] = value !== null && typeof value === 'object' ? Object.values(value) : []
  const isWrapped = others.length === 0 && only !== undefined && only !== null && typeof only === 'object'
  return isWrapped ? withoutWrapping(only) : value
}

/** A list that is too long for one line has a line for each entry. */
function linesFor(name: string, value: JsonValue): string[] {
  const short = shortOf(value)
  if (!Array.isArray(value) || short !== countOf(value)) return [`${name}: ${short}`]
  return [`${name}: ${short}`, ...value.map(shortOf)]
}

function linesOf(lines: string[]): string {
  const more = lines.length - MOST_LINES
  const shown = lines.slice(0, MOST_LINES).map((line) => `• ${line}`)
  return [...shown, ...(more > 0 ? [`and ${more} more`] : [])].join('\n')
}

/** Of what is too long for a line, only how much it holds. */
function shortOf(value: JsonValue): string {
  const words = inlineOf(value, MOST_DEPTH)
  if (words !== undefined && words.length <= LINE_CHARS) return words
  return value !== null && typeof value === 'object' ? countOf(value) : truncate(String(value), LINE_CHARS)
}

/** Undefined where it goes too deep. */
function inlineOf(value: JsonValue, depth: number): string | undefined {
  if (value === null) return 'nothing'
  if (typeof value !== 'object') return String(value)
  if (depth === 0) return undefined
  const parts = Object.entries(value).map(([name, one]) => {
    const words = inlineOf(one, depth - 1)
    return Array.isArray(value) || words === undefined ? words : `${name}: ${words}`
  })
  return parts.includes(undefined) ? undefined : parts.join(Array.isArray(value) ? '; ' : ', ') || 'nothing'
}

function countOf(value: object): string {
  const count = Object.keys(value).length
  const what = Array.isArray(value) ? ['entry', 'entries'] : ['value', 'values']
  return `${count} ${count === 1 ? what[0] : what[1]}`
}
