import { isAlias, isMap, isNode, isPair, LineCounter, type Node, type ParsedNode, parseDocument, visit } from 'yaml'
import { truncate } from '../../text.ts'
import type { WorkflowDefinition } from '../workflow.ts'
import { MOST_FILE_BYTES, MOST_YAML_DEPTH } from '../workflow-limits.ts'
import { checkDefinition } from './check-definition.ts'
import type { DefinitionProblem } from './definition-problems.ts'
import { withStepIds } from './step-ids.ts'

/** What is wrong at a place of a YAML text; lines and columns count from 1. */
export type WorkflowProblem = { line: number; column: number; reason: string }
export type ParsedWorkflow = { definition: WorkflowDefinition } | { problems: WorkflowProblem[] }

type Document = ReturnType<typeof parseDocument>
type Place = Omit<WorkflowProblem, 'reason'>

/** A definition from YAML, or all that is wrong with the text. */
export function parseWorkflow(text: string): ParsedWorkflow {
  const start = { line: 1, column: 1 }
  if (Buffer.byteLength(text) > MOST_FILE_BYTES)
    return { problems: [{ ...start, reason: `is longer than ${MOST_FILE_BYTES / 1024} KB: make two workflows of it` }] }
  const lines = new LineCounter()
  const document = isTooDeep(text) ? undefined : parseSafely(text, lines)
  if (document === undefined) return { problems: [{ ...start, reason: TOO_DEEP }] }
  const placeOf = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }
  const broken = document.errors.map(({ pos, message }) => ({ ...placeOf(pos[0]), reason: syntaxReason(message) }))
  const refused = broken.length > 0 ? broken : refusedNodes(document, placeOf)
  if (refused.length > 0) return { problems: refused.slice(0, MOST_PROBLEMS) }
  if (!isMap(document.contents))
    return { problems: [{ ...start, reason: 'is no workflow: begin with name: and title:, then steps:' }] }
  const checked = checkDefinition(withStepIds(document.toJS({ maxAliasCount: 0 })))
  if ('definition' in checked) return checked
  const problems = checked.problems.slice(0, MOST_PROBLEMS)
  return { problems: problems.map((problem) => placedProblem(document, problem, placeOf)) }
}

/** More are not read at once. */
const MOST_PROBLEMS = 20
/** It may hold what was written. */
const MOST_REASON_CHARS = 400
const TOO_DEEP = 'holds lists in lists that are too deep: make it flatter'

/** The parser goes into each list, and takes a second to find out that it cannot. */
function isTooDeep(text: string): boolean {
  if (text.includes('- '.repeat(MOST_YAML_DEPTH)) || text.includes('? '.repeat(MOST_YAML_DEPTH))) return true
  let [depth, deepest] = [0, 0]
  for (const sign of text) {
    depth = Math.max(0, depth + (BRACKETS[sign] ?? 0))
    deepest = Math.max(deepest, depth)
  }
  return deepest > MOST_YAML_DEPTH * 2
}

const BRACKETS: Record<string, number> = { '[': 1, '{': 1, ']': -1, '}': -1 }

/** Undefined where the text nests deeper than the stack carries. */
function parseSafely(text: string, lineCounter: LineCounter): Document | undefined {
  try {
    // Its warnings would go to the process's output, with words of the text.
    return parseDocument(text, { lineCounter, logLevel: 'error', prettyErrors: false, schema: 'core' })
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** Aliases can make gigabytes of a few lines, and nobody needs them here. */
function refusedNodes(document: Document, placeOf: (offset: number) => Place): WorkflowProblem[] {
  const problems: WorkflowProblem[] = []
  const refuse = (node: Node, reason: string) => {
    problems.push({ ...placeOf(node.range?.[0] ?? 0), reason })
    return visit.BREAK
  }
  visit(document, {
    Node(_, node, path) {
      if (isAlias(node)) return refuse(node, 'refers to another place with *: write the words out again')
      if ('anchor' in node && node.anchor !== undefined) return refuse(node, 'is marked with &: leave the mark out')
      if (path.length > MOST_YAML_DEPTH * 2) return refuse(node, TOO_DEEP)
      return undefined
    },
  })
  return problems
}

function placedProblem(
  document: Document,
  problem: DefinitionProblem,
  placeOf: (offset: number) => Place,
): WorkflowProblem {
  const { node, rest } = nodeAt(document.contents, problem.path)
  const offset = (problem.key === undefined ? undefined : keyOffset(node, problem.key)) ?? node?.range?.[0] ?? 0
  const subject = rest[0] === undefined ? lastName(problem) : String(rest[0])
  const isTold = problem.key !== undefined || subject === undefined || problem.reason.startsWith('"')
  const space = subject?.startsWith('this ') ? ' ' : ': '
  const reason = isTold ? problem.reason : `${subject}${space}${problem.reason}`
  return { ...placeOf(offset), reason: truncate(reason, MOST_REASON_CHARS) }
}

function lastName({ path }: DefinitionProblem): string | undefined {
  const name = path.findLast((part): part is string => typeof part === 'string')
  if (typeof path.at(-1) !== 'number') return name
  if (name === 'on') return 'this trigger'
  return name === 'steps' || name === 'else' || name === 'parallel' ? 'this step' : name
}

/** The node that a path leads to, or the last one on the way that is there, with what is missing. */
function nodeAt(
  from: ParsedNode | Document['contents'],
  path: DefinitionProblem['path'],
): { node: Node | undefined; rest: DefinitionProblem['path'] } {
  let node: Node | undefined = from ?? undefined
  for (const [at, part] of path.entries()) {
    const inner: unknown =
      node !== undefined && 'get' in node && typeof node.get === 'function' ? node.get(part, true) : undefined
    if (!isNode(inner)) return { node, rest: path.slice(at) }
    node = inner
  }
  return { node, rest: [] }
}

function keyOffset(node: Node | undefined, key: string): number | undefined {
  if (!isMap(node)) return undefined
  const pair = node.items.find((one) => isPair(one) && isNode(one.key) && String(one.key) === key)
  return isNode(pair?.key) ? pair.key.range?.[0] : undefined
}

const ADVICE: [RegExp, string][] = [
  [/unique/, 'stands twice: keep one of the two'],
  [/Tabs are not allowed/, 'is indented with a tab: use spaces'],
  [
    /implicit key|Implicit key|Nested mappings/,
    'is no key with a value: write key: value, and put words that hold a colon in quotes',
  ],
  [/Missing closing/, 'is not closed: add the missing quote'],
  [
    /must be indented|same indent|indentation|without - indicator|Flow (?:map|sequence)/,
    'is indented otherwise than what stands beside it: use the same number of spaces',
  ],
]

function syntaxReason(message: string): string {
  const advice = ADVICE.find(([pattern]) => pattern.test(message))?.[1]
  return advice ?? `is no YAML: ${message.split('\n', 1)[0]?.slice(0, 150)}`
}
