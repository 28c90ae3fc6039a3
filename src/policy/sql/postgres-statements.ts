import { canHoldForAll } from './condition.ts'
import { conditionOf, targetOf } from './postgres-conditions.ts'
import { objectKindOf, rangeNameOf } from './postgres-names.ts'
import { readOther } from './postgres-other-statements.ts'
import { deedOf, nameInText, readOf, type SqlFinding, unknownFor } from './sql-reading.ts'
import { arrayIn, recordOf, stringIn, valueIn } from './syntax-tree.ts'

/** `inner` is what else has to be looked at. `converts`: conversions in it matter, as it does nothing else that runs code. */
export type StatementReading = { findings: SqlFinding[]; inner: unknown; converts: boolean }

const rest = (value: unknown, ...without: string[]): unknown =>
  Object.fromEntries(Object.entries(recordOf(value)).filter(([key]) => !without.includes(key)))

/** EXPLAIN ANALYZE runs what it explains, unless it is switched off. */
export const runsFor = (explain: unknown): boolean =>
  arrayIn(valueIn(explain, 'options')).some((option) => {
    const name = stringIn(valueIn(option, 'DefElem', 'defname')).toLowerCase()
    const value = valueIn(option, 'DefElem', 'arg')
    const off = /^(?:false|off)$/i.test(stringIn(valueIn(value, 'String', 'sval'))) || isZero(value)
    return /^analy[sz]e$/.test(name) && !off
  })

const isZero = (value: unknown): boolean => {
  const number = valueIn(value, 'Integer')
  return number !== undefined && (valueIn(number, 'ival') ?? 0) === 0
}

/** What a statement does, and what in it has to be looked at. Only explained, it changes nothing. */
export function readStatement(kind: string, value: unknown, runs: boolean): StatementReading {
  const look = lookAt(kind, value)
  if (runs || look.findings.some(({ unknown }) => unknown !== undefined)) return look
  const tables = look.findings.flatMap(({ effects }) => effects.map(({ table }) => readOf(table)))
  return { ...look, findings: tables, converts: true }
}

function lookAt(kind: string, value: unknown): StatementReading {
  const table = rangeNameOf(valueIn(value, 'relation'))
  const ofRows = (findings: SqlFinding[]) => ({ findings, inner: rest(value, 'relation'), converts: false })
  switch (kind) {
    case 'SelectStmt':
      return readSelect(value)
    case 'VariableShowStmt':
      return { findings: [], inner: undefined, converts: true }
    case 'InsertStmt':
      return ofRows(readInsert(value, table))
    case 'UpdateStmt':
      return ofRows([readUpdate(value, table)])
    case 'DeleteStmt':
      return ofRows([deedOf('destructive', 'delete', `delete ${rowsText(value)}`, [table])])
    case 'MergeStmt':
      return ofRows(readMerge(value, table))
    case 'PrepareStmt':
      return {
        findings: [deedOf('write', 'prepare', 'prepare a statement')],
        inner: valueIn(value, 'query'),
        converts: true,
      }
    case 'DeclareCursorStmt':
      return { findings: [deedOf('write', 'declare', 'open a cursor')], inner: valueIn(value, 'query'), converts: true }
    case 'CopyStmt':
      return readCopy(value)
    default:
      return readDefinition(kind, value)
  }
}

/** "rows of t", or every row where no condition leaves one out. */
function rowsText(statement: unknown): string {
  const relation = valueIn(statement, 'relation')
  const some = !canHoldForAll(conditionOf(valueIn(statement, 'whereClause'), targetOf(relation)))
  return `${some ? 'rows' : 'every row'} of ${nameInText(rangeNameOf(relation))}`
}

function readSelect(value: unknown): StatementReading {
  const into = valueIn(value, 'intoClause', 'rel')
  const made = rangeNameOf(into)
  const findings =
    into === undefined ? [] : [deedOf('write', 'create table', `create the table ${nameInText(made)}`, [made])]
  return { findings, inner: rest(value, 'intoClause'), converts: true }
}

function readInsert(value: unknown, table: string): SqlFinding[] {
  const insert = deedOf('write', 'insert', `insert rows into ${nameInText(table)}`, [table])
  if (valueIn(value, 'onConflictClause', 'action') !== 'ONCONFLICT_UPDATE') return [insert]
  return [insert, deedOf('write', 'update', `change rows of ${nameInText(table)} that are there already`, [table])]
}

function readUpdate(value: unknown, table: string): SqlFinding {
  const rows = rowsText(value)
  return deedOf(rows.startsWith('every') ? 'destructive' : 'write', 'update', `change ${rows}`, [table])
}

function readMerge(merge: unknown, table: string): SqlFinding[] {
  const name = nameInText(table)
  const clauses = arrayIn(valueIn(merge, 'mergeWhenClauses')).map((one) => valueIn(one, 'MergeWhenClause'))
  const does = (command: string) => clauses.filter((clause) => valueIn(clause, 'commandType') === command)
  const found: SqlFinding[] = []
  if (does('CMD_DELETE').length > 0) found.push(deedOf('destructive', 'delete', `delete rows of ${name}`, [table]))
  const updates = does('CMD_UPDATE')
  const all = canHoldForAll(conditionOf(valueIn(merge, 'joinCondition'), targetOf(valueIn(merge, 'relation'))))
  const reachesAll =
    all || updates.some((clause) => valueIn(clause, 'matchKind') === 'MERGE_WHEN_NOT_MATCHED_BY_SOURCE')
  if (updates.length > 0)
    found.push(
      deedOf(reachesAll ? 'destructive' : 'write', 'update', `change ${reachesAll ? 'every row' : 'rows'} of ${name}`, [
        table,
      ]),
    )
  if (does('CMD_INSERT').length > 0) found.push(deedOf('write', 'insert', `insert rows into ${name}`, [table]))
  return found
}

/** To and from the client it reads or inserts; files and programs are the server's own. */
function readCopy(value: unknown): StatementReading {
  const table = rangeNameOf(valueIn(value, 'relation'))
  const isFrom = valueIn(value, 'is_from') === true
  const look = { inner: rest(value, 'relation', 'options', 'attlist'), converts: true }
  if (valueIn(value, 'is_program') === true)
    return { ...look, findings: [deedOf('destructive', 'copy', 'run a program on the database server', [table])] }
  if (valueIn(value, 'filename') !== undefined)
    return {
      ...look,
      findings: [deedOf('destructive', 'copy', `${isFrom ? 'read' : 'write'} a file on the database server`, [table])],
    }
  if (isFrom)
    return { ...look, findings: [deedOf('write', 'insert', `insert rows into ${nameInText(table)}`, [table])] }
  return { ...look, findings: table === '' ? [] : [readOf(table)] }
}

/** What makes something new: functions in it run later, so they are looked at. */
function readDefinition(kind: string, value: unknown): StatementReading {
  const made = (what: string, name: string, inner: unknown): StatementReading => ({
    findings: [deedOf('write', `create ${what}`, `create the ${what} ${nameInText(name)}`, [name])],
    inner,
    converts: false,
  })
  const name = rangeNameOf(valueIn(value, 'relation'))
  switch (kind) {
    case 'CreateStmt':
      return made('table', name, rest(value, 'relation', 'inhRelations', 'options', 'tablespacename', 'accessMethod'))
    case 'CreateTableAsStmt':
      return {
        ...made(
          objectKindOf(valueIn(value, 'objtype')),
          rangeNameOf(valueIn(value, 'into', 'rel')),
          valueIn(value, 'query'),
        ),
        findings: readCreateTableAs(value),
      }
    case 'ViewStmt':
      return readView(value)
    case 'IndexStmt':
      return {
        findings: [deedOf('write', 'create index', `add an index to ${nameInText(name)}`, [name])],
        inner: rest(value, 'relation', 'options'),
        converts: false,
      }
    case 'CreateSchemaStmt':
      return made('schema', stringIn(valueIn(value, 'schemaname')), valueIn(value, 'schemaElts'))
    case 'CreateDomainStmt':
      return made('type', '', valueIn(value, 'constraints'))
    default:
      return { findings: [readOther(kind, value)], inner: undefined, converts: false }
  }
}

function readCreateTableAs(value: unknown): SqlFinding[] {
  const name = rangeNameOf(valueIn(value, 'into', 'rel'))
  const what = objectKindOf(valueIn(value, 'objtype'))
  const made = deedOf('write', `create ${what}`, `create the ${what} ${nameInText(name)}`, [name])
  return valueIn(value, 'query', 'ExecuteStmt') === undefined
    ? [made]
    : [made, unknownFor('it runs a statement that was prepared before')]
}

function readView(value: unknown): StatementReading {
  const name = rangeNameOf(valueIn(value, 'view'))
  const replaces = valueIn(value, 'replace') === true
  const does = `${replaces ? 'replace' : 'create'} the view ${nameInText(name)}`
  return {
    findings: [deedOf(replaces ? 'destructive' : 'write', 'create view', does, [name])],
    inner: valueIn(value, 'query'),
    converts: false,
  }
}
