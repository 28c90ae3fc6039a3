import type { Condition } from './condition.ts'
import { arrayIn, hasNode, recordOf, stringIn, valueIn } from './syntax-tree.ts'

/** Whose rows are meant: columns of other tables do not tell its rows apart. */
type Target = { names: string[] }

/** The tables' own names for their columns: `t.a` is one of `t` or of its alias. */
export const targetOf = (relation: unknown): Target => ({
  names: [stringIn(valueIn(relation, 'alias', 'aliasname')) || stringIn(valueIn(relation, 'relname'))],
})

export function conditionOf(node: unknown, target: Target): Condition | undefined {
  if (node === undefined) return undefined
  const [kind = '', value] = Object.entries(recordOf(node))[0] ?? []
  if (kind === 'CurrentOfExpr') return { kind: 'narrows' }
  if (!namesColumn(node, target)) return { kind: 'constant' }
  switch (kind) {
    case 'BoolExpr':
      return boolCondition(value, target)
    case 'A_Expr':
      return comparison(value)
    case 'NullTest':
      return {
        kind: 'says',
        text: sameText(valueIn(value, 'arg')),
        not: valueIn(value, 'nulltesttype') === 'IS_NOT_NULL',
      }
    case 'SubLink':
      return picksAll(value) ? { kind: 'always' } : { kind: 'narrows' }
    default:
      return { kind: 'narrows' }
  }
}

function boolCondition(value: unknown, target: Target): Condition {
  const arms = arrayIn(valueIn(value, 'args')).map((arm) => conditionOf(arm, target) ?? { kind: 'constant' as const })
  const [first] = arms
  switch (valueIn(value, 'boolop')) {
    case 'OR_EXPR':
      return { kind: 'or', arms }
    case 'AND_EXPR':
      return { kind: 'and', arms }
    default:
      return first === undefined ? { kind: 'narrows' } : negated(first)
  }
}

function negated(condition: Condition): Condition {
  if (condition.kind === 'says') return { ...condition, not: !condition.not }
  return condition.kind === 'constant' || condition.kind === 'always' ? { kind: 'constant' } : { kind: 'narrows' }
}

const CONTRARY: Record<string, string> = { '<>': '=', '>=': '<', '<=': '>' }

function comparison(value: unknown): Condition {
  const left = sameText(valueIn(value, 'lexpr'))
  const right = sameText(valueIn(value, 'rexpr'))
  if (left === right) return { kind: 'always' }
  const name = stringIn(valueIn(arrayIn(valueIn(value, 'name'))[0], 'String', 'sval'))
  if (/^~~\*?$/.test(name) && /^%+$/.test(stringIn(valueIn(value, 'rexpr', 'A_Const', 'sval', 'sval'))))
    return { kind: 'always' }
  return { kind: 'says', text: `${left} ${CONTRARY[name] ?? name} ${right}`, not: name in CONTRARY }
}

/** The tree without where it stood. */
const sameText = (node: unknown): string =>
  JSON.stringify(node, (key, value: unknown) => (/location$/.test(key) ? undefined : value)) ?? ''

/** `EXISTS (SELECT … FROM x)` or `id IN (SELECT id FROM x)`, with nothing that leaves rows out. */
function picksAll(link: unknown): boolean {
  const select = valueIn(link, 'subselect', 'SelectStmt')
  const leavesOut = ['whereClause', 'havingClause', 'limitCount', 'limitOffset', 'valuesLists', 'larg', 'groupClause']
  const [only, ...others] = arrayIn(valueIn(select, 'fromClause'))
  return (
    others.length === 0 &&
    valueIn(only, 'RangeVar') !== undefined &&
    leavesOut.every((part) => valueIn(select, part) === undefined)
  )
}

function namesColumn(node: unknown, { names }: Target): boolean {
  return hasNode(node, (at) => {
    if (at.ColumnRef === undefined) return false
    const parts = arrayIn(valueIn(at.ColumnRef, 'fields')).map((part) => stringIn(valueIn(part, 'String', 'sval')))
    return parts.length < 2 || names.includes(parts.at(-2) ?? '')
  })
}
