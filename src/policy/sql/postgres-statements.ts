import { mayHoldForAll } from './condition.ts'
import { conditionOf, targetOf } from './postgres-conditions.ts'
import { objectKind, rangeName } from './postgres-names.ts'
import { readOther } from './postgres-other-statements.ts'
import { deedOf, nameText, readOf, type SqlFinding, unknownBecause } from './sql-reading.ts'
import { asRecord, field, listOf, textOf } from './syntax-tree.ts'

/** `inner` is what else has to be looked at. `converts`: conversions in it matter, as it does nothing else that runs code. */
export type StatementLook = { findings: SqlFinding[]; inner: unknown; converts: boolean }

const rest = (value: unknown, ...without: string[]): unknown =>
  Object.fromEntries(Object.entries(asRecord(value)).filter(([key]) => !without.includes(key)))

/** EXPLAIN ANALYZE runs what it explains, unless it is switched off. */
export const explainRuns = (explain: unknown): boolean =>
  listOf(field(explain, 'options')).some((option) => {
    const name = textOf(field(option, 'DefElem', 'defname')).toLowerCase()
    const value = field(option, 'DefElem', 'arg')
    const off = /^(?:false|off)$/i.test(textOf(field(value, 'String', 'sval'))) || isZero(value)
    return /^analy[sz]e$/.test(name) && !off
  })

const isZero = (value: unknown): boolean => {
  const number = field(value, 'Integer')
  return number !== undefined && (field(number, 'ival') ?? 0) === 0
}

/** What a statement does, and what in it has to be looked at. Only explained, it changes nothing. */
export function readStatement(kind: string, value: unknown, runs: boolean): StatementLook {
  const look = lookAt(kind, value)
  if (runs || look.findings.some(({ unknown }) => unknown !== undefined)) return look
  const tables = look.findings.flatMap(({ effects }) => effects.map(({ table }) => readOf(table)))
  return { ...look, findings: tables, converts: true }
}

function lookAt(kind: string, value: unknown): StatementLook {
  const table = rangeName(field(value, 'relation'))
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
        inner: field(value, 'query'),
        converts: true,
      }
    case 'DeclareCursorStmt':
      return { findings: [deedOf('write', 'declare', 'open a cursor')], inner: field(value, 'query'), converts: true }
    case 'CopyStmt':
      return readCopy(value)
    default:
      return readDefinition(kind, value)
  }
}

/** "rows of t", or every row where no condition leaves one out. */
function rowsText(statement: unknown): string {
  const relation = field(statement, 'relation')
  const some = !mayHoldForAll(conditionOf(field(statement, 'whereClause'), targetOf(relation)))
  return `${some ? 'rows' : 'every row'} of ${nameText(rangeName(relation))}`
}

function readSelect(value: unknown): StatementLook {
  const into = field(value, 'intoClause', 'rel')
  const made = rangeName(into)
  const findings =
    into === undefined ? [] : [deedOf('write', 'create table', `create the table ${nameText(made)}`, [made])]
  return { findings, inner: rest(value, 'intoClause'), converts: true }
}

function readInsert(value: unknown, table: string): SqlFinding[] {
  const insert = deedOf('write', 'insert', `insert rows into ${nameText(table)}`, [table])
  if (field(value, 'onConflictClause', 'action') !== 'ONCONFLICT_UPDATE') return [insert]
  return [insert, deedOf('write', 'update', `change rows of ${nameText(table)} that are there already`, [table])]
}

function readUpdate(value: unknown, table: string): SqlFinding {
  const rows = rowsText(value)
  return deedOf(rows.startsWith('every') ? 'destructive' : 'write', 'update', `change ${rows}`, [table])
}

function readMerge(merge: unknown, table: string): SqlFinding[] {
  const name = nameText(table)
  const clauses = listOf(field(merge, 'mergeWhenClauses')).map((one) => field(one, 'MergeWhenClause'))
  const does = (command: string) => clauses.filter((clause) => field(clause, 'commandType') === command)
  const found: SqlFinding[] = []
  if (does('CMD_DELETE').length > 0) found.push(deedOf('destructive', 'delete', `delete rows of ${name}`, [table]))
  const updates = does('CMD_UPDATE')
  const all = mayHoldForAll(conditionOf(field(merge, 'joinCondition'), targetOf(field(merge, 'relation'))))
  const reachesAll = all || updates.some((clause) => field(clause, 'matchKind') === 'MERGE_WHEN_NOT_MATCHED_BY_SOURCE')
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
function readCopy(value: unknown): StatementLook {
  const table = rangeName(field(value, 'relation'))
  const isFrom = field(value, 'is_from') === true
  const look = { inner: rest(value, 'relation', 'options', 'attlist'), converts: true }
  if (field(value, 'is_program') === true)
    return { ...look, findings: [deedOf('destructive', 'copy', 'run a program on the database server', [table])] }
  if (field(value, 'filename') !== undefined)
    return {
      ...look,
      findings: [deedOf('destructive', 'copy', `${isFrom ? 'read' : 'write'} a file on the database server`, [table])],
    }
  if (isFrom) return { ...look, findings: [deedOf('write', 'insert', `insert rows into ${nameText(table)}`, [table])] }
  return { ...look, findings: table === '' ? [] : [readOf(table)] }
}

/** What makes something new: functions in it run later, so they are looked at. */
function readDefinition(kind: string, value: unknown): StatementLook {
  const made = (what: string, name: string, inner: unknown): StatementLook => ({
    findings: [deedOf('write', `create ${what}`, `create the ${what} ${nameText(name)}`, [name])],
    inner,
    converts: false,
  })
  const name = rangeName(field(value, 'relation'))
  switch (kind) {
    case 'CreateStmt':
      return made('table', name, rest(value, 'relation', 'inhRelations', 'options', 'tablespacename', 'accessMethod'))
    case 'CreateTableAsStmt':
      return {
        ...made(objectKind(field(value, 'objtype')), rangeName(field(value, 'into', 'rel')), field(value, 'query')),
        findings: readCreateTableAs(value),
      }
    case 'ViewStmt':
      return readView(value)
    case 'IndexStmt':
      return {
        findings: [deedOf('write', 'create index', `add an index to ${nameText(name)}`, [name])],
        inner: rest(value, 'relation', 'options'),
        converts: false,
      }
    case 'CreateSchemaStmt':
      return made('schema', textOf(field(value, 'schemaname')), field(value, 'schemaElts'))
    case 'CreateDomainStmt':
      return made('type', '', field(value, 'constraints'))
    default:
      return { findings: [readOther(kind, value)], inner: undefined, converts: false }
  }
}

function readCreateTableAs(value: unknown): SqlFinding[] {
  const name = rangeName(field(value, 'into', 'rel'))
  const what = objectKind(field(value, 'objtype'))
  const made = deedOf('write', `create ${what}`, `create the ${what} ${nameText(name)}`, [name])
  return field(value, 'query', 'ExecuteStmt') === undefined
    ? [made]
    : [made, unknownBecause('it runs a statement that was prepared before')]
}

function readView(value: unknown): StatementLook {
  const name = rangeName(field(value, 'view'))
  const replaces = field(value, 'replace') === true
  const does = `${replaces ? 'replace' : 'create'} the view ${nameText(name)}`
  return {
    findings: [deedOf(replaces ? 'destructive' : 'write', 'create view', does, [name])],
    inner: field(value, 'query'),
    converts: false,
  }
}
