import { type Condition, canHoldForAll } from './condition.ts'
import { arrayIn, hasNode, recordOf, stringIn, valueIn } from './syntax-tree.ts'

/** Whether an UPDATE or DELETE may reach every row. A LIMIT leaves rows out, and so does a join. */
export function reachesAllIn(statement: unknown): boolean {
  const limit = valueIn(statement, 'limit')
  if (limit !== undefined && limit !== null) return false
  const condition = conditionOf(valueIn(statement, 'selection'))
  return canHoldForAll(condition)
}

function conditionOf(expr: unknown): Condition | undefined {
  if (expr === undefined || expr === null) return undefined
  if (!namesColumn(expr)) return { kind: 'constant' }
  const [kind = '', value] = Object.entries(recordOf(expr))[0] ?? []
  switch (kind) {
    case 'Nested':
      return conditionOf(value)
    case 'BinaryOp':
      return binaryCondition(value)
    case 'Like':
      return /"SingleQuotedString":"%+"/.test(JSON.stringify(valueIn(value, 'pattern')))
        ? { kind: 'always' }
        : { kind: 'narrows' }
    case 'IsNull':
    case 'IsNotNull':
      return { kind: 'says', text: sameText(value), not: kind === 'IsNotNull' }
    default:
      return { kind: 'narrows' }
  }
}

const CONTRARY: Record<string, string> = { NotEq: 'Eq', GtEq: 'Lt', LtEq: 'Gt' }

function binaryCondition(value: unknown): Condition {
  const op = stringIn(valueIn(value, 'op'))
  const sides = [valueIn(value, 'left'), valueIn(value, 'right')]
  if (op === 'Or' || op === 'And')
    return {
      kind: op === 'Or' ? 'or' : 'and',
      arms: sides.map((side) => conditionOf(side) ?? { kind: 'constant' as const }),
    }
  const [left = '', right = ''] = sides.map(sameText)
  if (left === right) return { kind: 'always' }
  return { kind: 'says', text: `${left} ${CONTRARY[op] ?? op} ${right}`, not: op in CONTRARY }
}

const sameText = (node: unknown): string =>
  JSON.stringify(node, (key, value: unknown) => (key === 'span' ? undefined : value))?.toLowerCase() ?? ''

/** A function's name is no column, and a variable is none of the table's. */
function namesColumn(expr: unknown): boolean {
  const calls = new Set<string>()
  hasNode(expr, (node) => {
    for (const part of arrayIn(valueIn(node.Function, 'name'))) calls.add(JSON.stringify(part))
    return false
  })
  return hasNode(expr, (node) => {
    if (node.CompoundIdentifier !== undefined) return true
    if (node.Identifier === undefined || calls.has(JSON.stringify(node))) return false
    return !stringIn(valueIn(node.Identifier, 'value')).startsWith('@')
  })
}
