import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { DatabaseError, Pool, type PoolClient, Query, type QueryResult, types } from 'pg'
import { z } from 'zod'
import type { Egress } from '../../egress/egress.ts'
import { findAppError, isCertificateRefusal, unsentErrorFor } from '../../egress/egress-error.ts'
import { AppError } from '../../errors.ts'
import { readConnectionString, type SqlSettings } from './connection-string.ts'
import { createDatabaseStream } from './database-stream.ts'
import { createFrameCheck } from './postgres-frames.ts'
import { POSTGRES_OBJECTS } from './postgres-objects.ts'
import { openPostgresStream, sendCancelRequest } from './postgres-stream.ts'
import { splitStatements } from './split-statements.ts'
import { createRowLimit, OPEN_NOTE, type SqlAnswer, type SqlDatabase, type SqlRow } from './sql-database.ts'

const MAX_CLIENTS = 3
const IDLE_MS = 60_000
/** An answer to the cancel request comes at once, or the session is given up. */
const CANCEL_MS = 1_500

/** Types whose text says more than what the driver makes of it: dates and times, intervals, points and circles. */
const AS_TEXT = new Set([600, 718, 1082, 1083, 1114, 1115, 1182, 1184, 1185, 1186, 1187, 1266])

/** Throws `input_invalid`, what egress throws, and `server_refused` when the server does not let this user in. */
export async function openPostgres(
  egress: Pick<Egress, 'connect'>,
  given: Record<string, string>,
  signal: AbortSignal,
): Promise<SqlDatabase> {
  const settings = readConnectionString(given, { port: 5432, mode: 'prefer' })
  const sessions = createSessions(egress, settings)
  const database: SqlDatabase = {
    dialect: 'postgres',
    objects: POSTGRES_OBJECTS,
    execute: (sql, stop) => sessions.use(stop, sql, (client) => execute(client, sql)),
    select: (sql, values, stop) =>
      sessions.use(stop, sql, async (client) => (await client.query<SqlRow>(sql, usedIn(sql, values))).rows),
    close: () => sessions.close(),
  }
  await database.select('SELECT 1', [], signal)
  return database
}

const usedIn = (sql: string, values: (string | null)[]): (string | null)[] =>
  values.filter((_, at) => sql.includes(`$${at + 1}`))

/** A small pool. What fails, is stopped or changes its session for good is not used again. */
function createSessions(egress: Pick<Egress, 'connect'>, settings: SqlSettings) {
  const closed = new AbortController()
  const open = () => openPostgresStream(egress, settings, closed.signal)
  const pool = new Pool({ ...clientConfigOf(settings), stream: () => createDatabaseStream(open, createFrameCheck()) })
  // The server ended a session that nobody used just then; the next call opens another.
  pool.on('error', ignoreError)
  // A statement fails with its session; unheard, the error would end the process.
  pool.on('connect', (client) => void client.on('error', ignoreError))
  return {
    async use<T>(signal: AbortSignal, sql: string, work: (client: PoolClient) => Promise<T>): Promise<T> {
      const stop = AbortSignal.any([signal, closed.signal])
      const client = await connectedClient(pool, settings, stop)
      const changesSession = CHANGES_SESSION.test(sql)
      let isBroken = true
      try {
        const working = work(client)
        const result = await untilStopped(working, stop, () => cancelled(client, open, working))
        isBroken = changesSession
        return result
      } catch (error) {
        isBroken = changesSession || !isOrdinary(error)
        throw stop.aborted ? stop.reason : readableError(error, settings)
      } finally {
        client.release(isBroken)
      }
    },
    async close(): Promise<void> {
      closed.abort(new AppError('cancelled', 'The connection was closed.'))
      await pool.end()
    },
  }
}

const ignoreError = (): void => undefined

function clientConfigOf({ host, port, user, password, database, options, ssl }: SqlSettings) {
  return {
    host,
    port,
    user,
    password,
    database,
    // The stream is secured already when the driver gets it.
    ssl: false,
    enableChannelBinding: ssl.mode !== 'disable' && options.get('channel_binding') !== 'disable',
    application_name: options.get('application_name') ?? 'patchbay',
    connectionTimeoutMillis: (Number(options.get('connect_timeout')) || 20) * 1_000,
    max: MAX_CLIENTS,
    idleTimeoutMillis: IDLE_MS,
    types: { getTypeParser: parserFor },
  }
}

const asText = (text: string): string => text
const parserFor: typeof types.getTypeParser = (oid: number, format?: 'text' | 'binary') =>
  AS_TEXT.has(oid) && format !== 'binary' ? asText : types.getTypeParser(oid, format)

const timedClients = new WeakSet<PoolClient>()

async function connectedClient(pool: Pool, settings: SqlSettings, stop: AbortSignal): Promise<PoolClient> {
  stop.throwIfAborted()
  const connecting = pool.connect()
  try {
    const client = await untilStopped(
      connecting,
      stop,
      () => void connecting.then((late) => late.release(), ignoreError),
    )
    // A pooler takes no settings as a session begins, and behind one a session is everybody's.
    if (!timedClients.has(client) && !settings.options.has('pgbouncer'))
      await client.query(`SET statement_timeout = ${settings.seconds * 1_000}`)
    timedClients.add(client)
    return client
  } catch (error) {
    throw stop.aborted ? stop.reason : readableError(error, settings)
  }
}

/** The work's own end, or the signal's; `end` is what is done about the work then. */
async function untilStopped<T>(working: Promise<T>, stop: AbortSignal, end: () => unknown): Promise<T> {
  const stopped = Promise.withResolvers<never>()
  const onAbort = () => stopped.reject(stop.reason)
  stop.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([working, stopped.promise])
  } catch (error) {
    if (stop.aborted) await end()
    throw error
  } finally {
    stop.removeEventListener('abort', onAbort)
  }
}

/** Ends what the server does for this session; a session that does not hear of it is dropped by whoever called. */
async function cancelled(client: PoolClient, open: () => Promise<Socket>, working: Promise<unknown>): Promise<void> {
  const { processID, secretKey } = ServerKey.parse(client)
  const asked = open().then((stream) => sendCancelRequest(stream, processID, secretKey))
  const ended = Promise.allSettled([working, asked])
  await Promise.race([ended, sleep(CANCEL_MS, undefined, { ref: false })])
}

const ServerKey = z.object({ processID: z.number(), secretKey: z.number() })

/** What is set, listened to or made for a session would be there for the next call. */
const CHANGES_SESSION =
  /\b(?:set|reset|listen|prepare|temp|temporary|declare|load|lock|pg_advisory\w*|set_config|discard)\b/i

async function execute(client: PoolClient, sql: string): Promise<SqlAnswer> {
  const limit = createRowLimit()
  const kept = new Map<unknown, SqlRow[]>()
  const query = new Query<SqlRow>(sql)
  const done = Promise.withResolvers<QueryResult[]>()
  query.on('row', (row: SqlRow, result: unknown) => {
    const rows = kept.get(result) ?? []
    if (limit.accepts(row)) rows.push(row)
    kept.set(result, rows)
  })
  query.on('end', (results: QueryResult | QueryResult[]) => done.resolve([results].flat()))
  query.on('error', done.reject)
  client.query(query)
  const results = await done.promise
  const isOpen = client.getTransactionStatus() !== 'I'
  if (isOpen) await client.query('ROLLBACK')
  const texts = splitStatements(sql)
  const statements = results.map((result, at) => {
    const rows = kept.get(result) ?? []
    const text = texts.length === results.length ? texts[at] : undefined
    const isCut = result.fields.length > 0 && result.rowCount !== null && rows.length < result.rowCount
    return { sql: text ?? sql, rows, count: result.rowCount ?? 0, ...(isCut && { truncated: true }) }
  })
  return { statements, ...(isOpen && { note: OPEN_NOTE }) }
}

/** The server refused a statement and goes on. */
const isOrdinary = (error: unknown): boolean => error instanceof DatabaseError && !/^(?:57P|08)/.test(error.code ?? '')

function readableError(error: unknown, { host, seconds }: SqlSettings): AppError {
  const own = findAppError(error)
  if (own !== undefined) return own
  if (isCertificateRefusal(error)) return unsentErrorFor(host, error)
  if (!(error instanceof DatabaseError))
    return new AppError('server_unreachable', `${host} ended the connection. Try again in a minute.`, { cause: error })
  if (error.code === '57014')
    return new AppError('tool_timeout', `The database stopped it: it took longer than ${seconds} s. Ask for less.`, {
      cause: error,
    })
  const refused = /^(?:28|3D|53)/.test(error.code ?? '')
  const words = [error.message, error.detail, error.hint].filter((text) => text !== undefined && text !== '')
  const text = words.map((one) => String(one).replace(/[.\s]*$/, '.')).join(' ')
  return new AppError(refused ? 'server_refused' : 'tool_failed', `The database says: ${text}`, { cause: error })
}
