import { mysqlNameOf } from './mysql-names.ts'
import { deedOf, listOfNames, nameInText, type SqlFinding, unknownFor } from './sql-reading.ts'
import { arrayIn, recordOf, stringIn, valueIn } from './syntax-tree.ts'

const READS = new Set([
  ...[
    'Query',
    'ExplainTable',
    'ShowColumns',
    'ShowCreate',
    'ShowDatabases',
    'ShowFunctions',
    'ShowCollation',
    'ShowCharset',
  ],
  ...['ShowStatus', 'ShowTables', 'ShowVariable', 'ShowVariables', 'ShowViews', 'ShowSchemas', 'ShowProcessList'],
])

const tableIn = (relation: unknown): string => mysqlNameOf(valueIn(relation, 'Table', 'name'))

/** What one statement does beside what stands in it. `all`: no condition leaves a row out. */
export function readMysqlStatement(kind: string, value: unknown, all: boolean): SqlFinding[] {
  if (READS.has(kind)) return []
  switch (kind) {
    case 'Insert':
      return readInsert(value)
    case 'Update':
      return [readUpdate(value, all)]
    case 'Delete':
      return [readDelete(value, all)]
    case 'Truncate': {
      const tables = arrayIn(valueIn(value, 'table_names')).map((one) => mysqlNameOf(valueIn(one, 'name')))
      return [deedOf('destructive', 'truncate', `delete every row of ${listOfNames(tables)}`, tables)]
    }
    case 'Drop': {
      const what = stringIn(valueIn(value, 'object_type')).toLowerCase() || 'object'
      const names = arrayIn(valueIn(value, 'names')).map(mysqlNameOf)
      return [deedOf('destructive', `drop ${what}`, `drop the ${what} ${listOfNames(names)}`, names)]
    }
    case 'AlterTable':
      return [readAlter(value)]
    case 'RenameTable': {
      const names = arrayIn(value).map((one) => mysqlNameOf(valueIn(one, 'old_name')))
      return [deedOf('destructive', 'rename table', `rename ${listOfNames(names)}`, names)]
    }
    default:
      return [readCreation(kind, value) ?? OTHERS[kind] ?? unknownFor('it has a statement that I do not know')]
  }
}

function readInsert(value: unknown): SqlFinding[] {
  const table = mysqlNameOf(valueIn(value, 'table', 'TableName'))
  const name = nameInText(table)
  if (valueIn(value, 'replace_into') === true || valueIn(value, 'overwrite') === true)
    return [deedOf('destructive', 'replace', `insert rows into ${name}, overwriting those that are there`, [table])]
  const insert = deedOf('write', 'insert', `insert rows into ${name}`, [table])
  if (valueIn(value, 'on') === undefined || valueIn(value, 'on') === null) return [insert]
  return [insert, deedOf('write', 'update', `change rows of ${name} that are there already`, [table])]
}

/** A join with a condition picks rows as a WHERE does. */
function readUpdate(value: unknown, all: boolean): SqlFinding {
  const joins = arrayIn(valueIn(value, 'table', 'joins'))
  const tables = [valueIn(value, 'table'), ...joins].map((one) => tableIn(valueIn(one, 'relation')))
  const picks = joins.some((join) => /"(?:On|Using)"/.test(JSON.stringify(valueIn(join, 'join_operator'))))
  const some = !all || picks
  const does = `change ${some ? 'rows' : 'every row'} of ${listOfNames(tables)}`
  return deedOf(some ? 'write' : 'destructive', 'update', does, tables)
}

function readDelete(value: unknown, all: boolean): SqlFinding {
  const from = arrayIn(Object.values(recordOf(valueIn(value, 'from')))[0])
  const named = arrayIn(valueIn(value, 'tables')).map(mysqlNameOf)
  const tables = named.length > 0 ? named : from.map((one) => tableIn(valueIn(one, 'relation')))
  const isJoined = from.length > 1 || from.some((one) => arrayIn(valueIn(one, 'joins')).length > 0)
  return deedOf(
    'destructive',
    'delete',
    `delete ${all && !isJoined ? 'every row' : 'rows'} of ${listOfNames(tables)}`,
    tables,
  )
}

function readAlter(value: unknown): SqlFinding {
  const table = mysqlNameOf(valueIn(value, 'name'))
  const operations = arrayIn(valueIn(value, 'operations')).map((one) => Object.keys(recordOf(one))[0])
  if (operations.length > 0 && operations.every((one) => one === 'AddColumn'))
    return deedOf('write', 'add column', `add a column to ${nameInText(table)}`, [table])
  return deedOf('destructive', 'alter table', `change the table ${nameInText(table)}`, [table])
}

function readCreation(kind: string, value: unknown): SqlFinding | undefined {
  const what = { CreateTable: 'table', CreateView: 'view', CreateDatabase: 'database', CreateSchema: 'database' }
  const known = Object.entries(what).find(([key]) => key === kind)?.[1]
  if (kind === 'CreateIndex') {
    const table = mysqlNameOf(valueIn(value, 'table_name'))
    return deedOf('write', 'create index', `add an index to ${nameInText(table)}`, [table])
  }
  if (known === undefined) return undefined
  const name = mysqlNameOf(valueIn(value, 'name')) || mysqlNameOf(valueIn(value, 'db_name'))
  const replaces = valueIn(value, 'or_replace') === true || valueIn(value, 'or_alter') === true
  const does = `${replaces ? 'replace' : 'create'} the ${known} ${nameInText(name)}`
  return deedOf(replaces ? 'destructive' : 'write', `create ${known}`, does, [name])
}

const OTHERS: Record<string, SqlFinding> = {
  Analyze: deedOf('write', 'analyze', 'collect statistics'),
  LockTables: deedOf('write', 'lock', 'lock tables'),
  UnlockTables: deedOf('write', 'unlock', 'unlock tables'),
  StartTransaction: deedOf('write', 'transaction', 'begin a transaction'),
  Commit: deedOf('write', 'transaction', 'commit a transaction'),
  Rollback: deedOf('write', 'transaction', 'roll back a transaction'),
  Savepoint: deedOf('write', 'transaction', 'mark a place in a transaction'),
  Use: deedOf('write', 'use', 'choose another database for what follows'),
  Flush: deedOf('destructive', 'flush', 'flush what the database server keeps in memory'),
  Kill: deedOf('destructive', 'kill', "end somebody's session"),
  Grant: deedOf('destructive', 'grant', 'give rights'),
  Revoke: deedOf('destructive', 'revoke', 'take away rights'),
  CreateUser: deedOf('destructive', 'create user', 'create a user'),
  CreateFunction: deedOf('destructive', 'create function', 'define a function'),
  CreateProcedure: deedOf('destructive', 'create procedure', 'define a procedure'),
  CreateTrigger: deedOf('destructive', 'create trigger', 'add a trigger'),
  CreateServer: deedOf('destructive', 'create server', 'connect another server'),
  // A setting can change how the texts after it are read.
  Set: deedOf('destructive', 'set', 'change a setting or variable'),
  Call: unknownFor('it calls a procedure'),
  Execute: unknownFor('it runs a statement that was prepared before'),
}
