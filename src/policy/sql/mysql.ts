import { parse } from '@guanmingchiu/sqlparser-ts'
import { MYSQL_SECRETS, mysqlFunctionKind } from './mysql-builtins.ts'
import { mysqlReachesAll } from './mysql-conditions.ts'
import { mysqlName } from './mysql-names.ts'
import { readMysqlStatement } from './mysql-statements.ts'
import { bareText, doubtIn } from './mysql-text.ts'
import { deedOf, nameText, readOf, type SqlFinding, type StatementFindings, unknownBecause } from './sql-reading.ts'
import { asRecord, field, listOf, textOf } from './syntax-tree.ts'

/** What each statement of the text does, by the grammar of MySQL and MariaDB. Throws where it does not parse. */
export function readMysql(sql: string): StatementFindings[] {
  const doubt = doubtIn(sql)
  if (doubt !== undefined) return [[unknownBecause(doubt)]]
  const bare = bareText(sql)
  if (/\binto\s+(?:outfile|dumpfile)\b/i.test(bare))
    return [[deedOf('destructive', 'select into', 'write a file on the database server')]]
  if (/^\s*load\s+(?:data|xml)\b/i.test(bare)) return [[deedOf('destructive', 'load data', 'read a file into a table')]]
  const parsed: unknown = parse(sql, 'mysql')
  return listOf(parsed).map(readStatement)
}

function readStatement(statement: unknown): SqlFinding[] {
  const [kind = '', value] = Object.entries(asRecord(statement))[0] ?? [textOf(statement)]
  if (kind === 'Explain') return readExplain(value)
  const own = readMysqlStatement(kind, value, mysqlReachesAll(value))
  return [...own, ...readTree(value)]
}

/** EXPLAIN ANALYZE runs what it explains. */
function readExplain(value: unknown): SqlFinding[] {
  const inner = readStatement(field(value, 'statement'))
  if (field(value, 'analyze') === true || inner.some(({ unknown }) => unknown !== undefined)) return inner
  return inner.flatMap(({ effects }) => effects.map(({ table }) => readOf(table)))
}

function readTree(tree: unknown): SqlFinding[] {
  const found: SqlFinding[] = []
  const stack: [string, unknown][] = [['', tree]]
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    const [key, value] = at
    found.push(...readNode(key, value))
    stack.push(...Object.entries(asRecord(value)).reverse())
  }
  return found
}

/** Of the rows a query gives. A variant that is not named here is taken for an expression. */
function readNode(key: string, value: unknown): SqlFinding[] {
  switch (key) {
    case 'Table':
      return field(value, 'name') === undefined ? [] : readTable(value)
    case 'Function':
      return readFunction(mysqlName(field(value, 'name')))
    case 'TableFunction':
      return [unknownBecause('it calls a function that I do not know')]
    case 'into':
      return typeof value === 'object' && value !== null
        ? [deedOf('write', 'select into', 'keep the result in a variable')]
        : []
    case 'locks':
      return listOf(value).length === 0 ? [] : [deedOf('write', 'lock', 'lock rows')]
    case 'op':
      return readOperator(value)
    case 'Insert':
    case 'Update':
    case 'Delete':
    case 'Merge':
      return typeof value === 'object' ? [unknownBecause('it has a statement inside a statement')] : []
    default:
      return []
  }
}

function readOperator(op: unknown): SqlFinding[] {
  if (op === 'Assignment') return [deedOf('write', 'set', 'set a variable')]
  return typeof op === 'string' ? [] : [unknownBecause('it uses an operator that I do not know')]
}

function readTable(table: unknown): SqlFinding[] {
  const name = mysqlName(field(table, 'name'))
  if (listOf(field(table, 'args', 'args')).length > 0)
    return [unknownBecause(`it calls ${nameText(name)}, which I do not know`)]
  if (MYSQL_SECRETS.has(name.toLowerCase()))
    return [deedOf('write', 'select', `read passwords or secrets from ${nameText(name)}`, [name])]
  return [readOf(name)]
}

function readFunction(name: string): SqlFinding[] {
  switch (mysqlFunctionKind(name)) {
    case 'pure':
      return []
    case 'mild':
      return [deedOf('write', 'call', `call ${name}`, [name])]
    default:
      return [unknownBecause(`it calls ${nameText(name)}, which may change anything`)]
  }
}
