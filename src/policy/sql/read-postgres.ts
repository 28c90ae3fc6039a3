import { parseSync } from 'libpg-query'
import { readFunction, readOperator, readSamplingMethod, readTable, readType } from './postgres-builtins.ts'
import { namesIn, rangeNameOf } from './postgres-names.ts'
import { readStatement, runsFor } from './postgres-statements.ts'
import { type SqlFinding, type StatementFindings, unknownFor } from './sql-reading.ts'
import { arrayIn, recordOf, stringIn, valueIn } from './syntax-tree.ts'

/** `runs`: not only explained. `converts`: a conversion is the only way in which it could run code. */
type Context = { runs: boolean; converts: boolean }
type Place = { key: string; value: unknown; in: Context }

/** Of an expression or clause. A node that is not named here, or below, is not understood. */
const PLAIN_NODES = new Set(
  `A_ArrayExpr A_Const A_Indices A_Indirection A_Star Alias BitString BoolExpr Boolean BooleanTest CTECycleClause CTESearchClause CaseExpr CaseWhen
  CoalesceExpr CollateClause ColumnRef CommonTableExpr Constraint CurrentOfExpr DefElem Float GroupingFunc GroupingSet IndexElem
  InferClause Integer JoinExpr JsonAggConstructor JsonArgument JsonArrayAgg JsonArrayConstructor JsonArrayQueryConstructor JsonFuncExpr
  JsonIsPredicate JsonKeyValue JsonObjectAgg JsonObjectConstructor JsonOutput JsonParseExpr JsonScalarExpr JsonSerializeExpr JsonTable
  JsonTablePathSpec JsonTableColumn JsonValueExpr List MergeWhenClause MinMaxExpr MultiAssignRef NamedArgExpr NullTest OnConflictClause
  ParamRef PartitionElem PartitionSpec RangeFunction RangeSubselect RangeTableFunc RangeTableFuncCol RawStmt ResTarget ReturningClause
  ReturningOption RowExpr SQLValueFunction SetToDefault SortBy String SubLink TableLikeClause WindowDef WithClause XmlExpr XmlSerialize`.split(
    /\s+/,
  ),
)

/** What each statement of the text does, by Postgres' own grammar. Throws where it does not parse. */
export function readPostgres(sql: string): StatementFindings[] {
  const prepared = new Map<string, SqlFinding[]>()
  return arrayIn(valueIn(parseSync(sql), 'stmts')).map((statement) => {
    const tree = valueIn(statement, 'stmt')
    const execute = valueIn(tree, 'ExecuteStmt')
    if (execute !== undefined) return executed(execute, prepared)
    const findings = readTree(tree)
    const name = valueIn(tree, 'PrepareStmt', 'name')
    if (name !== undefined) prepared.set(stringIn(name), findings)
    return findings
  })
}

/** Of what was prepared in the same text it is known what runs. */
function executed(execute: unknown, prepared: Map<string, SqlFinding[]>): SqlFinding[] {
  const name = stringIn(valueIn(execute, 'name'))
  const known = prepared.get(name)
  const args = readTree({ List: { items: valueIn(execute, 'params') } })
  return known ? [...known, ...args] : [unknownFor('it runs a statement that was prepared before')]
}

function readTree(tree: unknown): SqlFinding[] {
  const found: SqlFinding[] = []
  const stack: Place[] = placesIn(tree, { runs: true, converts: true })
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    const { findings, inner } = readPlace(at)
    found.push(...findings)
    stack.push(...inner)
  }
  return found
}

/** What is below, the first on top of the stack. */
const placesIn = (value: unknown, context: Context): Place[] =>
  Object.entries(recordOf(value))
    .filter(([, below]) => typeof below === 'object' && below !== null)
    .map(([key, below]) => ({ key, value: below, in: context }))
    .reverse()

type Look = { findings: SqlFinding[]; inner: Place[] }

function readPlace({ key, value, in: context }: Place): Look {
  if (/^[A-Z]\w*Stmt$/.test(key)) return readStatementPlace(key, value, context)
  return { findings: readNode(key, value, context), inner: placesIn(value, context) }
}

function readStatementPlace(kind: string, value: unknown, context: Context): Look {
  if (kind === 'RawStmt') return { findings: [], inner: placesIn(value, context) }
  if (kind === 'ExplainStmt')
    return {
      findings: [],
      inner: placesIn(valueIn(value, 'query'), { ...context, runs: runsFor(value) && context.runs }),
    }
  const { findings, inner, converts } = readStatement(kind, value, context.runs)
  return { findings, inner: placesIn(inner, { ...context, converts: context.converts && converts }) }
}

function readNode(key: string, value: unknown, context: Context): SqlFinding[] {
  switch (key) {
    case 'RangeVar':
      return [readTable(rangeNameOf(value))]
    case 'LockingClause':
      return context.runs ? [{ risk: 'write', does: 'lock rows', effects: [{ kind: 'lock', table: '' }] }] : []
    case 'FuncCall':
      return readFunction(namesIn(valueIn(value, 'funcname')))
    case 'A_Expr':
      return stringIn(valueIn(value, 'kind')).includes('BETWEEN') ? [] : readOperator(namesIn(valueIn(value, 'name')))
    case 'operName':
    case 'useOp':
      return arrayIn(value).length === 0 ? [] : readOperator(namesIn(value))
    case 'typeName':
    case 'TypeName':
      return context.converts ? readType(namesIn(valueIn(value, 'names'))) : []
    case 'RangeTableSample':
      return readSamplingMethod(namesIn(valueIn(value, 'method')))
    default:
      return readOtherNode(key)
  }
}

/** Nodes begin with a capital, fields do not. */
function readOtherNode(key: string): SqlFinding[] {
  const isKnown =
    !/^[A-Z]/.test(key) || PLAIN_NODES.has(key) || ['TypeCast', 'ColumnDef', 'FunctionParameter'].includes(key)
  return isKnown ? [] : [unknownFor(`it has a part that I do not know (${key})`)]
}
