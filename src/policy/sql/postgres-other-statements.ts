import { objectKindOf, objectNameOf, rangeNameOf } from './postgres-names.ts'
import { deedOf, listOfNames, nameInText, type SqlFinding, unknownFor } from './sql-reading.ts'
import { arrayIn, stringIn, valueIn } from './syntax-tree.ts'

type Read = (value: unknown) => SqlFinding

/** Settings that matter to the session's own statements alone. Others change whose rights hold, or what a text or a name means. */
const MILD_SETTINGS = new Set(
  `application_name bytea_output client_min_messages datestyle default_transaction_deferrable default_transaction_isolation effective_cache_size
  extra_float_digits idle_in_transaction_session_timeout intervalstyle jit lock_timeout maintenance_work_mem max_parallel_workers_per_gather
  random_page_cost statement_timeout temp_buffers timezone transaction_timeout work_mem transaction session characteristics`.split(
    /\s+/,
  ),
)

const mild =
  (kind: string, does: string): Read =>
  () =>
    deedOf('write', kind, does)

const grave =
  (kind: string, does: string): Read =>
  () =>
    deedOf('destructive', kind, does)

/** Does something to what `path` names. */
const graveOn =
  (kind: string, does: string, ...path: string[]): Read =>
  (value) => {
    const at = valueIn(value, ...path)
    const name = stringIn(at) || rangeNameOf(at) || arrayIn(at).map(objectNameOf).filter(Boolean).join('.')
    return deedOf('destructive', kind, `${does} ${nameInText(name)}`, [name])
  }

const STATEMENTS: Record<string, Read> = {
  TruncateStmt: (value) => {
    const tables = arrayIn(valueIn(value, 'relations')).map(objectNameOf)
    return deedOf('destructive', 'truncate', `delete every row of ${listOfNames(tables)}`, tables)
  },
  DropStmt: (value) => {
    const what = objectKindOf(valueIn(value, 'removeType'))
    const names = arrayIn(valueIn(value, 'objects')).map(objectNameOf)
    const plural = names.length > 1 ? `drop ${listOfNames(names)}` : `drop the ${what} ${listOfNames(names)}`
    const more = valueIn(value, 'behavior') === 'DROP_CASCADE' ? ' and all that depends on it' : ''
    return deedOf('destructive', `drop ${what}`, `${plural}${more}`, names)
  },
  DropdbStmt: graveOn('drop database', 'drop the database', 'dbname'),
  DropRoleStmt: graveOn('drop role', 'drop the role', 'roles'),
  DropTableSpaceStmt: graveOn('drop tablespace', 'drop the tablespace', 'tablespacename'),
  DropSubscriptionStmt: graveOn('drop subscription', 'drop the subscription', 'subname'),
  DropUserMappingStmt: graveOn('drop user mapping', 'drop the sign-in for the server', 'servername'),
  DropOwnedStmt: graveOn('drop owned', 'drop everything that belongs to', 'roles'),
  ReassignOwnedStmt: graveOn('reassign owned', 'give to somebody else everything that belongs to', 'roles'),
  AlterOwnerStmt: grave('alter owner', 'change an owner'),
  AlterTableStmt: (value) => readAlterTable(value),
  RenameStmt: (value) => {
    const what = objectKindOf(valueIn(value, 'renameType'))
    const name =
      rangeNameOf(valueIn(value, 'relation')) ||
      objectNameOf(valueIn(value, 'object')) ||
      stringIn(valueIn(value, 'subname'))
    const part = what === 'column' ? 'a column of ' : `the ${what} `
    return deedOf('destructive', `rename ${what}`, `rename ${part}${nameInText(name)}`, [name])
  },
  AlterObjectSchemaStmt: (value) => {
    const name = rangeNameOf(valueIn(value, 'relation')) || objectNameOf(valueIn(value, 'object'))
    const does = `move the ${objectKindOf(valueIn(value, 'objectType'))} ${nameInText(name)} to another schema`
    return deedOf('destructive', 'alter schema', does, [name])
  },
  AlterEnumStmt: (value) =>
    deedOf(
      valueIn(value, 'oldVal') === undefined ? 'write' : 'destructive',
      'alter type',
      'change the values of a type',
    ),
  CreateSeqStmt: (value) => {
    const name = rangeNameOf(valueIn(value, 'sequence'))
    return deedOf('write', 'create sequence', `create the sequence ${nameInText(name)}`, [name])
  },
  AlterSeqStmt: graveOn('alter sequence', 'change the sequence', 'sequence'),
  CreateEnumStmt: mild('create type', 'create a type'),
  CompositeTypeStmt: mild('create type', 'create a type'),
  CreateStatsStmt: mild('create statistics', 'collect statistics'),
  CreatedbStmt: mild('create database', 'create a database'),
  CommentStmt: (value) => {
    const name = objectNameOf(valueIn(value, 'object'))
    return deedOf('write', 'comment', `change the comment on ${nameInText(name)}`, [name])
  },
  VacuumStmt: (value) => readVacuum(value),
  ClusterStmt: graveOn('cluster', 'rewrite all of', 'relation'),
  ReindexStmt: mild('reindex', 'rebuild indexes'),
  RefreshMatViewStmt: (value) => {
    const name = rangeNameOf(valueIn(value, 'relation'))
    return deedOf('write', 'refresh', `refresh the materialized view ${nameInText(name)}`, [name])
  },
  LockStmt: (value) => {
    const tables = arrayIn(valueIn(value, 'relations')).map(objectNameOf)
    return deedOf('write', 'lock', `lock ${listOfNames(tables)}`, tables)
  },
  TransactionStmt: (value) => {
    const kind = stringIn(valueIn(value, 'kind')).replace('TRANS_STMT_', '')
    const isPrepared = kind.includes('PREPARE')
    const does = isPrepared
      ? 'change a prepared transaction'
      : `${TRANSACTION_VERBS[kind] ?? 'mark a place in'} a transaction`
    return deedOf(isPrepared ? 'destructive' : 'write', 'transaction', does)
  },
  VariableSetStmt: (value) => readSetting(value),
  ConstraintsSetStmt: mild('set constraints', 'set when constraints are checked'),
  DeallocateStmt: mild('deallocate', 'forget a prepared statement'),
  ClosePortalStmt: mild('close', 'close a cursor'),
  FetchStmt: mild('fetch', 'move a cursor'),
  ListenStmt: mild('listen', 'listen for notices'),
  UnlistenStmt: mild('unlisten', 'stop listening for notices'),
  NotifyStmt: mild('notify', 'send a notice to others'),
  DiscardStmt: mild('discard', 'reset the session'),
  CheckPointStmt: mild('checkpoint', 'write a checkpoint'),
  DoStmt: () => unknownFor('it runs a block of code'),
  CallStmt: () => unknownFor('it calls a procedure'),
  ExecuteStmt: () => unknownFor('it runs a statement that was prepared before'),
  LoadStmt: () => unknownFor('it loads a library into the database server'),
  GrantStmt: (value) => readGrant(value),
  GrantRoleStmt: grave('grant role', 'change who has the rights of a role'),
  AlterDefaultPrivilegesStmt: grave('alter default privileges', 'change who gets rights on what is made later'),
  CreateRoleStmt: graveOn('create role', 'create the role', 'role'),
  AlterRoleStmt: (value) => {
    const name = stringIn(valueIn(value, 'role', 'rolename'))
    return deedOf('destructive', 'alter role', `change the rights or password of ${nameInText(name)}`, [name])
  },
  AlterRoleSetStmt: grave('alter role', 'change the settings of a role'),
  AlterSystemStmt: grave('alter system', 'change the settings of the whole database server'),
  AlterDatabaseStmt: graveOn('alter database', 'change the database', 'dbname'),
  AlterDatabaseSetStmt: graveOn('alter database', 'change the settings of the database', 'dbname'),
  CreateFunctionStmt: graveOn('create function', 'define the function', 'funcname'),
  AlterFunctionStmt: grave('alter function', 'change how a function runs'),
  CreateTrigStmt: graveOn('create trigger', 'add a trigger to', 'relation'),
  CreateEventTrigStmt: grave('create event trigger', 'run code whenever something is created or dropped'),
  RuleStmt: graveOn('create rule', 'make a rule that changes what statements do to', 'relation'),
  CreatePolicyStmt: graveOn('create policy', 'change who sees which rows of', 'table'),
  AlterPolicyStmt: graveOn('alter policy', 'change who sees which rows of', 'table'),
  CreateExtensionStmt: graveOn('create extension', 'install the extension', 'extname'),
  AlterExtensionStmt: graveOn('alter extension', 'change the extension', 'extname'),
  CreateForeignServerStmt: graveOn('create server', 'connect another server as', 'servername'),
  CreateUserMappingStmt: graveOn('create user mapping', 'save a sign-in for the server', 'servername'),
  CreateSubscriptionStmt: graveOn('create subscription', 'copy rows in from another server by', 'subname'),
  CreatePublicationStmt: graveOn('create publication', 'offer rows to other servers as', 'pubname'),
  ImportForeignSchemaStmt: graveOn('import foreign schema', 'add tables of another server to', 'local_schema'),
  SecLabelStmt: grave('security label', 'change a security label'),
}

const TRANSACTION_VERBS: Record<string, string> = {
  BEGIN: 'begin',
  START: 'begin',
  COMMIT: 'commit',
  ROLLBACK: 'roll back',
}

/** A statement that is neither about rows nor makes a table. One that is not known is named, and may do anything. */
export function readOther(kind: string, value: unknown): SqlFinding {
  const known = Object.hasOwn(STATEMENTS, kind) ? STATEMENTS[kind] : undefined
  if (known) return known(value)
  const words = kind.replace(/Stmt$/, '').replace(/([a-z])([A-Z])/g, '$1 $2')
  return deedOf(
    'destructive',
    words.toLowerCase(),
    `run ${/^[AEIOU]/.test(words) ? 'an' : 'a'} ${words.toUpperCase()} statement`,
  )
}

/** Adding a column takes nothing away; any other change may. A default or check that calls something is looked at when a row comes. */
function readAlterTable(value: unknown): SqlFinding {
  const name = rangeNameOf(valueIn(value, 'relation'))
  const kinds = arrayIn(valueIn(value, 'cmds')).map((one) => stringIn(valueIn(one, 'AlterTableCmd', 'subtype')))
  const isAdding = kinds.length > 0 && kinds.every((kind) => kind === 'AT_AddColumn') && !hasCode(value)
  if (isAdding) return deedOf('write', 'add column', `add a column to ${nameInText(name)}`, [name])
  const [first] = kinds
  const does =
    (first && kinds.length === 1 && ALTERATIONS[first]) || `change the ${objectKindOf(valueIn(value, 'objtype'))}`
  return deedOf('destructive', 'alter table', `${does} ${nameInText(name)}`, [name])
}

const hasCode = (value: unknown): boolean => JSON.stringify(value).includes('"FuncCall"')

const ALTERATIONS: Record<string, string> = {
  AT_DropColumn: 'drop a column of',
  AT_AlterColumnType: 'change the type of a column of',
  AT_ChangeOwner: 'change the owner of',
  AT_DisableRowSecurity: 'let everybody see every row of',
  AT_DropConstraint: 'drop a constraint of',
}

function readVacuum(value: unknown): SqlFinding {
  const tables = arrayIn(valueIn(value, 'rels')).map((rel) => rangeNameOf(valueIn(rel, 'VacuumRelation', 'relation')))
  const isFull = arrayIn(valueIn(value, 'options')).some((option) => valueIn(option, 'DefElem', 'defname') === 'full')
  const what = tables.length === 0 ? 'every table' : listOfNames(tables)
  if (isFull) return deedOf('destructive', 'vacuum full', `rewrite all of ${what}`, tables)
  const verb = valueIn(value, 'is_vacuumcmd') === true ? 'vacuum' : 'analyze'
  return deedOf('write', verb, `${verb} ${what}`, tables)
}

function readSetting(value: unknown): SqlFinding {
  const name = stringIn(valueIn(value, 'name')).toLowerCase()
  if (valueIn(value, 'kind') === 'VAR_RESET_ALL') return deedOf('write', 'reset', 'reset the settings of the session')
  const isMild = MILD_SETTINGS.has(name) || /^(?:transaction|session characteristics)/.test(name)
  return deedOf(
    isMild ? 'write' : 'destructive',
    'set',
    `${SETTINGS[name] ?? 'change the setting'} ${nameInText(name)}`,
    [name],
  )
}

const SETTINGS: Record<string, string> = {
  role: 'take other rights by changing',
  session_authorization: 'take other rights by changing',
  search_path: 'change what names mean by changing',
}

function readGrant(value: unknown): SqlFinding {
  const names = arrayIn(valueIn(value, 'objects')).map(objectNameOf)
  const isGrant = valueIn(value, 'is_grant') === true
  const does = `${isGrant ? 'give' : 'take away'} rights on ${listOfNames(names)}`
  return deedOf('destructive', isGrant ? 'grant' : 'revoke', does, names)
}
