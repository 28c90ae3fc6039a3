import { parse } from 'sqlite3-parser'
import { type Condition, canHoldForAll } from './condition.ts'
import { deedOf, nameInText, readOf, type SqlFinding, type StatementFindings, unknownFor } from './sql-reading.ts'
import { readPragma, readPragmaTable, readSqliteFunction, readTableFunction } from './sqlite-builtins.ts'
import { arrayIn, hasNode, recordOf, stringIn, valueIn } from './syntax-tree.ts'

/** What each statement of the text does, by SQLite's own grammar. Throws where it does not parse. */
export function readSqlite(sql: string): StatementFindings[] {
  const parsed = parse(sql)
  if (parsed.status !== 'ok') throw new SyntaxError('not SQLite')
  return parsed.root.cmds.map((command) => readTree(command))
}

/** Everything found at and below a statement, in the order it is written. */
function readTree(tree: unknown): SqlFinding[] {
  const found: SqlFinding[] = []
  const stack: { node: unknown; runs: boolean }[] = [{ node: tree, runs: true }]
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    const { node, runs } = at
    const type = stringIn(valueIn(node, 'type'))
    const inner = Object.values(recordOf(node)).filter((value) => typeof value === 'object' && value !== null)
    if (type === '') stack.push(...inner.map((value) => ({ node: value, runs })).reverse())
    else {
      found.push(...(runs ? readNode(type, node) : explained(readNode(type, node))))
      const deeper = type !== 'CreateTriggerStmt'
      if (deeper) stack.push(...inner.map((value) => ({ node: value, runs: runs && type !== 'ExplainStmt' })).reverse())
    }
  }
  return found
}

/** EXPLAIN runs nothing in SQLite. */
const explained = (findings: SqlFinding[]): SqlFinding[] =>
  findings.flatMap((one) => (one.unknown === undefined ? one.effects.map(({ table }) => readOf(table)) : [one]))

/** `main.t` and T are the same to SQLite; it is told apart here as it is written, in small letters. */
const nameOf = (name: unknown): string =>
  [valueIn(name, 'dbName', 'text'), valueIn(name, 'objName', 'text')]
    .map(stringIn)
    .filter(Boolean)
    .join('.')
    .toLowerCase()

function readNode(type: string, node: unknown): SqlFinding[] {
  switch (type) {
    case 'TableSelectTable':
      return [
        readOf(nameOf(valueIn(node, 'tblName'))),
        ...readPragmaTable(stringIn(valueIn(node, 'tblName', 'objName', 'text'))),
      ]
    case 'TableCallSelectTable':
      return readTableFunction(stringIn(valueIn(node, 'tblName', 'objName', 'text')))
    case 'InTableExpr':
      return valueIn(node, 'args') === undefined
        ? [readOf(nameOf(valueIn(node, 'rhs')))]
        : readTableFunction(stringIn(valueIn(node, 'rhs', 'objName', 'text')))
    case 'FunctionCallExpr':
    case 'FunctionCallStarExpr':
      return readSqliteFunction(stringIn(valueIn(node, 'name', 'name')))
    default:
      return type.endsWith('Stmt') ? readStatement(type, node) : []
  }
}

function readStatement(type: string, node: unknown): SqlFinding[] {
  const table = nameOf(valueIn(node, 'tblName'))
  const name = nameInText(table)
  switch (type) {
    case 'SelectStmt':
    case 'ExplainStmt':
      return []
    case 'InsertStmt':
      return readInsert(node, table)
    case 'UpdateStmt': {
      const all = reachesAll(node)
      const replaces = valueIn(node, 'orConflict') === 'Replace'
      const does = `change ${all ? 'every row' : 'rows'} of ${name}${replaces ? ', overwriting others' : ''}`
      return [deedOf(all || replaces ? 'destructive' : 'write', 'update', does, [table])]
    }
    case 'DeleteStmt':
      return [deedOf('destructive', 'delete', `delete ${reachesAll(node) ? 'every row' : 'rows'} of ${name}`, [table])]
    case 'PragmaStmt':
      return [readPragma(stringIn(valueIn(node, 'name', 'objName', 'text')), valueIn(node, 'body') !== undefined)]
    default:
      return [readDefinition(type, node, table)]
  }
}

/** REPLACE deletes the row that is there. */
function readInsert(node: unknown, table: string): SqlFinding[] {
  const name = nameInText(table)
  if (valueIn(node, 'orConflict') === 'Replace')
    return [deedOf('destructive', 'replace', `insert rows into ${name}, overwriting those that are there`, [table])]
  const insert = deedOf('write', 'insert', `insert rows into ${name}`, [table])
  if (!hasNode(valueIn(node, 'body'), (at) => at.type === 'SetUpsertDo')) return [insert]
  return [insert, deedOf('write', 'update', `change rows of ${name} that are there already`, [table])]
}

function readDefinition(type: string, node: unknown, table: string): SqlFinding {
  const [, verb = '', what = ''] = /^(Create|Drop)(\w+)Stmt$/.exec(type) ?? []
  if (type === 'AlterTableStmt') return readAlter(node, table)
  if (type === 'VacuumStmt' && valueIn(node, 'into') !== undefined)
    return deedOf('destructive', 'vacuum into', 'write the database to a file')
  if (type === 'CreateVirtualTableStmt')
    return deedOf('destructive', 'create virtual table', `create the virtual table ${nameInText(table)}`, [table])
  if (type === 'CreateTriggerStmt')
    return deedOf('destructive', 'create trigger', `add a trigger to ${nameInText(table)}`, [table])
  if (verb === '') return OTHERS[type] ?? unknownFor('it has a statement that I do not know')
  const kind = what.toLowerCase()
  const name = table || ['viewName', 'idxName', 'triggerName'].map((key) => nameOf(valueIn(node, key))).join('')
  const risk = verb === 'Create' ? 'write' : 'destructive'
  return deedOf(risk, `${verb.toLowerCase()} ${kind}`, `${verb.toLowerCase()} the ${kind} ${nameInText(name)}`, [name])
}

const OTHERS: Record<string, SqlFinding> = {
  AnalyzeStmt: deedOf('write', 'analyze', 'collect statistics'),
  AttachStmt: deedOf('destructive', 'attach', 'attach another database file'),
  DetachStmt: deedOf('write', 'detach', 'detach a database file'),
  BeginStmt: deedOf('write', 'transaction', 'begin a transaction'),
  CommitStmt: deedOf('write', 'transaction', 'commit a transaction'),
  RollbackStmt: deedOf('write', 'transaction', 'roll back a transaction'),
  SavepointStmt: deedOf('write', 'transaction', 'mark a place in a transaction'),
  ReleaseStmt: deedOf('write', 'transaction', 'commit a part of a transaction'),
  ReindexStmt: deedOf('write', 'reindex', 'rebuild indexes'),
  VacuumStmt: deedOf('write', 'vacuum', 'rebuild the database file'),
}

function readAlter(node: unknown, table: string): SqlFinding {
  const body = stringIn(valueIn(node, 'body', 'type')).replace('AlterTableBody', '')
  if (body === 'AddColumn') return deedOf('write', 'add column', `add a column to ${nameInText(table)}`, [table])
  const does = { RenameTo: 'rename the table', DropColumn: 'drop a column of', RenameColumn: 'rename a column of' }
  const known = Object.entries(does).find(([key]) => key === body)?.[1] ?? 'change the table'
  return deedOf('destructive', 'alter table', `${known} ${nameInText(table)}`, [table])
}

/** A LIMIT leaves rows out as well. */
function reachesAll(node: unknown): boolean {
  if (valueIn(node, 'limit') !== undefined) return false
  const own =
    stringIn(valueIn(node, 'tblName', 'alias', 'text')) || stringIn(valueIn(node, 'tblName', 'objName', 'text'))
  return canHoldForAll(conditionOf(valueIn(node, 'whereClause'), own.toLowerCase()))
}

function conditionOf(expr: unknown, own: string): Condition | undefined {
  if (expr === undefined) return undefined
  if (!namesColumn(expr, own)) return { kind: 'constant' }
  const [first, ...others] = arrayIn(valueIn(expr, 'exprs'))
  switch (valueIn(expr, 'type')) {
    case 'ParenthesizedExpr':
      return others.length === 0 ? conditionOf(first, own) : { kind: 'narrows' }
    case 'BinaryExpr':
      return binaryCondition(expr, own)
    case 'LikeExpr':
      return /^[%*]+$/.test(stringIn(valueIn(expr, 'rhs', 'value'))) ? { kind: 'always' } : { kind: 'narrows' }
    case 'IsNullExpr':
    case 'NotNullExpr':
      return { kind: 'says', text: sameText(valueIn(expr, 'expr')), not: valueIn(expr, 'type') === 'NotNullExpr' }
    default:
      return { kind: 'narrows' }
  }
}

function binaryCondition(expr: unknown, own: string): Condition {
  const op = stringIn(valueIn(expr, 'op'))
  const sides = [valueIn(expr, 'left'), valueIn(expr, 'right')]
  if (op === 'Or' || op === 'And') {
    const arms = sides.map((side) => conditionOf(side, own) ?? { kind: 'constant' as const })
    return { kind: op === 'Or' ? 'or' : 'and', arms }
  }
  const [left = '', right = ''] = sides.map(sameText)
  if (left === right) return { kind: 'always' }
  const contrary = { NotEquals: 'Equals', GreaterEquals: 'Less', LessEquals: 'Greater' }
  const positive = Object.entries(contrary).find(([key]) => key === op)?.[1]
  return { kind: 'says', text: `${left} ${positive ?? op} ${right}`, not: positive !== undefined }
}

/** The tree without where it stood, and without case. */
const sameText = (node: unknown): string =>
  JSON.stringify(node, (key, value: unknown) => (key === 'span' ? undefined : value))?.toLowerCase() ?? ''

const isCall = (type: unknown): boolean => type === 'FunctionCallExpr' || type === 'FunctionCallStarExpr'

/** A function's name is no column. */
function namesColumn(expr: unknown, own: string): boolean {
  const calls = new Set<string>()
  hasNode(expr, ({ type, name }) => {
    if (isCall(type)) calls.add(JSON.stringify(name))
    return false
  })
  return hasNode(expr, (node) => {
    if (node.type === 'QualifiedExpr') return stringIn(valueIn(node.table, 'text')).toLowerCase() === own
    return node.type === 'Id' && !calls.has(JSON.stringify(node)) && !/^(?:true|false)$/i.test(stringIn(node.name))
  })
}
