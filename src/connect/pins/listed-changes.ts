import { isDeepStrictEqual } from 'node:util'
import type { Connection, StoredTool } from '../../registry/connection.ts'
import { marksOf, type TextMark, toolMarksOf } from './tool-marks.ts'

/** One thing that a server lists otherwise than its connection's owner accepted it. Without `before` it is new. */
export type ListedChange = { marks: TextMark[] } & (
  | { kind: 'tool'; name: string; before?: StoredTool | undefined; now: StoredTool }
  | { kind: 'instructions'; name: ''; before?: string | undefined; now: string }
)

/** What waits for a look, the marked first, then what changed, then what is new. `others`: names of the person's other connections. */
export function changesOf({ changes, tools, instructions }: ListedConnection, others: string[] = []): ListedChange[] {
  if (changes === undefined) return []
  const known = new Map(tools.map((tool) => [tool.name, tool]))
  const listed: ListedChange[] = changes.tools.map((now) => {
    const { name } = now
    return { kind: 'tool', name, before: known.get(name), now, marks: toolMarksOf(now, others) }
  })
  if (changes.instructions !== undefined) {
    const now = changes.instructions
    listed.unshift({ kind: 'instructions', name: '', before: instructions, now, marks: marksOf(now, others) })
  }
  return listed.toSorted((a, b) => weightOf(b) - weightOf(a))
}

type ListedConnection = Pick<Connection, 'changes' | 'tools' | 'instructions'>

const weightOf = ({ marks, before }: ListedChange): number =>
  (marks.length > 0 ? 2 : 0) + (before === undefined ? 0 : 1)

/**
 * What a card that vouches for its server accepts by itself: new tools, which nobody has classed and so ask, and other words, where nothing
 * in them is marked. Arguments and the server's claims wait, as what the card says of the tool was said of these.
 */
export const isQuietChange = (change: ListedChange): boolean => {
  if (change.marks.length > 0) return false
  if (change.kind === 'instructions' || change.before === undefined) return true
  return isDeepStrictEqual(dutiesOf(change.before), dutiesOf(change.now))
}

const dutiesOf = ({ inputSchema, annotations }: StoredTool) => ({ inputSchema, annotations })
