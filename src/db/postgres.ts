import { createHash } from 'node:crypto'
import { DatabaseError, Pool, type PoolClient } from 'pg'
import { z } from 'zod'
import { AppError } from '../errors.ts'
import type { Log } from '../log.ts'
import { createCallError, type Db, parseResult, readRaisedError, SCHEMA, toStorableJson } from './call.ts'
import { connectionStringOf } from './connection-url.ts'

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

/** SQLSTATEs after which a connection is of no more use. */
const LOST = /^(08|57P|53)/

/** SQLSTATEs of a named statement that another connection made or lacks; the call itself was not begun. */
const NAME_MIXED_UP = /^(26000|42P05)$/

/** Drives any Postgres, direct or behind a pooler, through a `pg` pool. `url` is a connection string; a unix socket goes in `?host=`. */
export function connectPostgres(url: string, log: Log): Db {
  const pool = new Pool({
    connectionString: connectionStringOf(url),
    max: POOL_SIZE,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    keepAlive: true,
  })
  pool.on('error', (error) => log.warn({ reason: error.message }, 'database connection lost while idle'))
  const ask = createAsk()
  return {
    async call(fn, args, shape) {
      const statement = statementFor(fn, toStorableJson(args))
      const result = await useConnection(pool, (client) => ask(client, statement)).catch((error: unknown) => {
        throw translate(fn, error)
      })
      return parseResult(fn, result ?? null, shape)
    },
    async [Symbol.asyncDispose]() {
      await pool.end()
    },
  }
}

/** A connection that the server still answers on is kept, so that a refused call costs no new one. */
async function useConnection<T>(pool: Pool, act: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  let lost: Error | undefined
  const lose = (error: Error) => {
    lost = error
  }
  client.once('error', lose)
  try {
    return await act(client)
  } catch (error) {
    if (!(error instanceof DatabaseError) || LOST.test(error.code ?? '')) lost ??= new Error('lost', { cause: error })
    throw error
  } finally {
    client.off('error', lose)
    client.release(lost)
  }
}

type Statement = { name: string; call: string; values: unknown[] }
type Answer = { result: unknown; pid?: number }
type Ask = (client: PoolClient, statement: Statement) => Promise<unknown>

/**
 * Statements carry a name, so that they are planned once, only on a connection that is proven to be direct: its first answer
 * comes from the process that it was told of when it was opened. A pooler hands each transaction to any of its connections.
 */
function createAsk(): Ask {
  const direct = new WeakMap<PoolClient, boolean>()
  let mixedUp = false
  const askUnnamed: Ask = async (client, { call, values }) => {
    const text = `select ${call} as result, pg_backend_pid() as pid`
    const answer = (await client.query<Answer>({ text, values })).rows[0]
    if (!direct.has(client)) direct.set(client, answer?.pid === backendPidOf(client))
    return answer?.result
  }
  return async (client, statement) => {
    if (mixedUp || direct.get(client) !== true) return askUnnamed(client, statement)
    const { name, call, values } = statement
    try {
      return (await client.query<Answer>({ name, text: `select ${call} as result`, values })).rows[0]?.result
    } catch (error) {
      if (!(error instanceof DatabaseError) || !NAME_MIXED_UP.test(error.code ?? '')) throw error
      mixedUp = true
      return askUnnamed(client, statement)
    }
  }
}

const BackendKey = z.object({ processID: z.number() })

/** The process in the server's BackendKeyData message, which pg keeps but its types leave out; a pooler makes a number up. */
const backendPidOf = (client: PoolClient): number | undefined => BackendKey.safeParse(client).data?.processID

/** `fn(p_a => $1, …)`; its name holds a hash of it, so that two versions of the app never share one. */
function statementFor(fn: string, args: Record<string, unknown>): Statement {
  const names = Object.keys(args).sort()
  const call = `${SCHEMA}.${fn}(${names.map((name, at) => `p_${name} => $${at + 1}`).join(', ')})`
  return { name: nameOf(fn, call), call, values: names.map((name) => toText(args[name])) }
}

const nameOfCall = new Map<string, string>()

function nameOf(fn: string, call: string): string {
  const known = nameOfCall.get(call)
  if (known !== undefined) return known
  const name = `${fn}_${createHash('sha256').update(call).digest('hex').slice(0, 16)}`
  nameOfCall.set(call, name)
  return name
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
