import { DatabaseError, Pool } from 'pg'
import { AppError } from '../errors.ts'
import type { Log } from '../log.ts'
import { createCallError, type Db, parseResult, readRaisedError, SCHEMA, toStorableJson } from './call.ts'

/** Enough for the work of one instance; more only adds memory on the server. */
const POOL_SIZE = 6
const CONNECT_TIMEOUT_MS = 5_000

/** Our statements take milliseconds: one that says nothing for so long has lost its server, and must not hold up the next poll. */
const QUERY_TIMEOUT_MS = 10_000

/**
 * SQLSTATEs that mean the server went away, refuses connections, or undid the call for reasons that pass (a deadlock, a
 * time limit), not that the call was wrong.
 */
const UNAVAILABLE = /^(08|57P|53|25006|40001|40P01|55P03|57014)/

/** Drives any Postgres through a `pg` pool. `url` is a connection string; a unix socket goes in `?host=`. */
export function connectPostgres(url: string, log: Log): Db {
  const pool = new Pool({
    connectionString: url,
    max: POOL_SIZE,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    keepAlive: true,
  })
  pool.on('error', (error) => log.warn({ reason: error.message }, 'database connection lost while idle'))
  return {
    async call(fn, args, shape) {
      const rows = await pool.query(statement(fn, toStorableJson(args))).catch((error: unknown) => {
        throw translate(fn, error)
      })
      return parseResult(fn, rows.rows[0]?.result ?? null, shape)
    },
    async [Symbol.asyncDispose]() {
      await pool.end()
    },
  }
}

/** `select fn(p_a => $1, …)`, prepared once per connection under the function's name; a function takes the same arguments everywhere. */
function statement(fn: string, args: Record<string, unknown>) {
  const names = Object.keys(args).sort()
  const list = names.map((name, at) => `p_${name} => $${at + 1}`).join(', ')
  return {
    name: fn,
    text: `select ${SCHEMA}.${fn}(${list}) as result`,
    values: names.map((name) => toText(args[name])),
  }
}

const toText = (value: unknown) => (typeof value === 'object' && value !== null ? JSON.stringify(value) : value)

function translate(fn: string, error: unknown): AppError {
  const state = error instanceof DatabaseError ? error.code : undefined
  const raised = readRaisedError(state, error instanceof Error ? error.message : '', error)
  if (raised) return raised
  if (state === undefined || UNAVAILABLE.test(state)) {
    return new AppError(
      'database_unavailable',
      'The database cannot be reached just now. Please try again in a moment.',
      { cause: error },
    )
  }
  return createCallError(fn, `SQLSTATE ${state}`, error)
}
