import builtins from './postgres-builtins.json' with { type: 'json' }
import { deedOf, nameInText, type SqlFinding, unknownFor } from './sql-reading.ts'

const words = (text: string): Set<string> => new Set(text.split(/\s+/))

const FUNCTIONS = words(builtins.functions)
const TYPES = words(builtins.types)
const OPERATORS = words(builtins.operators)
const SAMPLING_METHODS = new Set(['bernoulli', 'system'])

/** They change a sequence, a session or how long others wait; who sees what happened can undo it. */
const MILD_FUNCTIONS = words(
  `nextval setval setseed pg_advisory_lock pg_advisory_lock_shared pg_advisory_unlock pg_advisory_unlock_all pg_advisory_unlock_shared
  pg_advisory_xact_lock pg_advisory_xact_lock_shared pg_notify pg_sleep pg_sleep_for pg_sleep_until pg_try_advisory_lock
  pg_try_advisory_lock_shared pg_try_advisory_xact_lock pg_try_advisory_xact_lock_shared`,
)

/** A name of one part, or one that says it is Postgres' own; the same name in another schema is somebody's own. */
const ownNameOf = (names: string[]): string | undefined =>
  names.length === 1 || (names.length === 2 && names[0] === 'pg_catalog') ? names.at(-1) : undefined

/** Finds nothing where the function is known to change nothing. */
export function readFunction(names: string[]): SqlFinding[] {
  const own = ownNameOf(names)
  if (own !== undefined && FUNCTIONS.has(own)) return []
  if (own !== undefined && MILD_FUNCTIONS.has(own)) return [deedOf('write', 'call', `call ${own}`, [own])]
  return [unknownFor(`it calls ${nameInText(names.join('.'))}, which may change anything`)]
}

export function readOperator(names: string[]): SqlFinding[] {
  const own = ownNameOf(names)
  if (own !== undefined && OPERATORS.has(own)) return []
  return [unknownFor(`it uses the operator ${names.join('.').slice(0, 60)}, which may run anything`)]
}

/** A type of somebody's own can check or convert a value with any function. */
export function readType(names: string[]): SqlFinding[] {
  const own = ownNameOf(names)
  if (own !== undefined && TYPES.has(own)) return []
  return [unknownFor(`it converts to the type ${nameInText(names.join('.'))}, which may run anything`)]
}

export function readSamplingMethod(names: string[]): SqlFinding[] {
  const own = ownNameOf(names)
  if (own !== undefined && SAMPLING_METHODS.has(own)) return []
  return [unknownFor(`it takes samples by ${nameInText(names.join('.'))}, which may run anything`)]
}

/** Reading these shows passwords or their hashes. */
const SECRETS = new Set([
  'pg_authid',
  'pg_shadow',
  'pg_user_mapping',
  'pg_user_mappings',
  'pg_subscription',
  'vault.decrypted_secrets',
  'vault.secrets',
])

/** Views cannot be told from tables, so both are read; a view's functions were asked about when it was made. */
export function readTable(name: string): SqlFinding {
  const plain = name.replace(/^pg_catalog\./, '')
  if (SECRETS.has(plain))
    return deedOf('write', 'select', `read passwords or secrets from ${nameInText(plain)}`, [name])
  return { risk: 'read', effects: [{ kind: 'select', table: name }] }
}
