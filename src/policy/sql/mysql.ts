import { parse } from '@guanmingchiu/sqlparser-ts'
import { kindOfFunction, MYSQL_SECRETS } from './mysql-builtins.ts'
import { reachesAllIn } from './mysql-conditions.ts'
import { mysqlNameOf } from './mysql-names.ts'
import { readMysqlStatement } from './mysql-statements.ts'
import { doubtIn, stripQuoted } from './mysql-text.ts'
import { deedOf, nameInText, readOf, type SqlFinding, type StatementFindings, unknownFor } from './sql-reading.ts'
import { arrayIn, recordOf, stringIn, valueIn } from './syntax-tree.ts'

/** What each statement of the text does, by the grammar of MySQL and MariaDB. Throws where it does not parse. */
export function readMysql(sql: string): StatementFindings[] {
  const doubt = doubtIn(sql)
  if (doubt !== undefined) return [[unknownFor(doubt)]]
  const bare = stripQuoted(sql)
  if (/\binto\s+(?:outfile|dumpfile)\b/i.test(bare))
    return [[deedOf('destructive', 'select into', 'write a file on the database server')]]
  if (/^\s*load\s+(?:data|xml)\b/i.test(bare)) return [[deedOf('destructive', 'load data', 'read a file into a table')]]
  const parsed: unknown = parse(sql, 'mysql')
  return arrayIn(parsed).map(readStatement)
}

function readStatement(statement: unknown): SqlFinding[] {
  const [kind = '', value] = Object.entries(recordOf(statement))[0] ?? [stringIn(statement)]
  if (kind === 'Explain') return readExplain(value)
  const own = readMysqlStatement(kind, value, reachesAllIn(value))
  return [...own, ...readTree(value)]
}

/** EXPLAIN ANALYZE runs what it explains. */
function readExplain(value: unknown): SqlFinding[] {
  const inner = readStatement(valueIn(value, 'statement'))
  if (valueIn(value, 'analyze') === true || inner.some(({ unknown }) => unknown !== undefined)) return inner
  return inner.flatMap(({ effects }) => effects.map(({ table }) => readOf(table)))
}

function readTree(tree: unknown): SqlFinding[] {
  const found: SqlFinding[] = []
  const stack: [string, unknown][] = [['', tree]]
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    const [key, value] = at
    found.push(...readNode(key, value))
    stack.push(...Object.entries(recordOf(value)).reverse())
  }
  return found
}

/** Of the rows a query gives. A variant that is not named here is taken for an expression. */
function readNode(key: string, value: unknown): SqlFinding[] {
  switch (key) {
    case 'Table':
      return valueIn(value, 'name') === undefined ? [] : readTable(value)
    case 'Function':
      return readFunction(mysqlNameOf(valueIn(value, 'name')))
    case 'TableFunction':
      return [unknownFor('it calls a function that I do not know')]
    case 'into':
      return typeof value === 'object' && value !== null
        ? [deedOf('write', 'select into', 'keep the result in a variable')]
        : []
    case 'locks':
      return arrayIn(value).length === 0 ? [] : [deedOf('write', 'lock', 'lock rows')]
    case 'op':
      return readOperator(value)
    case 'Insert':
    case 'Update':
    case 'Delete':
    case 'Merge':
      return typeof value === 'object' ? [unknownFor('it has a statement inside a statement')] : []
    default:
      return []
  }
}

function readOperator(op: unknown): SqlFinding[] {
  if (op === 'Assignment') return [deedOf('write', 'set', 'set a variable')]
  return typeof op === 'string' ? [] : [unknownFor('it uses an operator that I do not know')]
}

function readTable(table: unknown): SqlFinding[] {
  const name = mysqlNameOf(valueIn(table, 'name'))
  if (arrayIn(valueIn(table, 'args', 'args')).length > 0)
    return [unknownFor(`it calls ${nameInText(name)}, which I do not know`)]
  if (MYSQL_SECRETS.has(name.toLowerCase()))
    return [deedOf('write', 'select', `read passwords or secrets from ${nameInText(name)}`, [name])]
  return [readOf(name)]
}

function readFunction(name: string): SqlFinding[] {
  switch (kindOfFunction(name)) {
    case 'pure':
      return []
    case 'mild':
      return [deedOf('write', 'call', `call ${name}`, [name])]
    default:
      return [unknownFor(`it calls ${nameInText(name)}, which may change anything`)]
  }
}
