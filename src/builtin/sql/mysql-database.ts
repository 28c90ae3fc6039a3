import { Duplex } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Connection, createConnection, type FieldPacket, type ResultSetHeader } from 'mysql2'
import type { Egress } from '../../egress/egress.ts'
import { findAppError, unsentErrorFor } from '../../egress/egress-error.ts'
import { AppError } from '../../errors.ts'
import {
  certificatesOf,
  isCertificateChecked,
  noTlsErrorFor,
  readConnectionString,
  type SqlSettings,
} from './connection-string.ts'
import { createDatabaseStream, withDataGuard } from './database-stream.ts'
import { MYSQL_OBJECTS } from './mysql-objects.ts'
import { splitStatements } from './split-statements.ts'
import {
  createRowLimit,
  type RowLimit,
  type SqlAnswer,
  type SqlDatabase,
  type SqlRow,
  type StatementResult,
} from './sql-database.ts'

/**
 * MySQL and MariaDB: each call has a session of its own, so nothing of it is left for the next. Throws `input_invalid`, what egress
 * throws, and `server_refused` when the server does not let this user in.
 */
export async function openMysql(
  egress: Pick<Egress, 'connect'>,
  given: Record<string, string>,
  signal: AbortSignal,
): Promise<SqlDatabase> {
  const settings = readConnectionString(given, { port: 3306, mode: 'disable' })
  const closed = new AbortController()
  const inSession = <T>(signal: AbortSignal, work: (session: Connection) => Promise<T>): Promise<T> =>
    useSession(egress, settings, AbortSignal.any([signal, closed.signal]), work)
  const database: SqlDatabase = {
    dialect: 'mysql',
    objects: MYSQL_OBJECTS,
    execute: (sql, stop) => inSession(stop, (session) => execute(session, sql, settings)),
    select: async (sql, values, stop) => {
      const used = values.slice(0, sql.split('?').length - 1)
      return (await inSession(stop, (session) => query(session, sql, used))).flatMap(({ rows }) => rows)
    },
    close: async () => closed.abort(new AppError('cancelled', 'The connection was closed.')),
  }
  await database.select('SELECT 1', [], signal)
  return database
}

async function useSession<T>(
  egress: Pick<Egress, 'connect'>,
  settings: SqlSettings,
  stop: AbortSignal,
  work: (session: Connection) => Promise<T>,
): Promise<T> {
  const session = await openSession(egress, settings, stop)
  const stopped = Promise.withResolvers<never>()
  const failed = Promise.withResolvers<never>()
  session.on('error', failed.reject)
  const onAbort = () => stopped.reject(stop.reason)
  stop.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([work(session), stopped.promise, failed.promise])
  } catch (error) {
    if (stop.aborted) {
      // The server may notice that nobody listens only when it answers.
      void killSession(egress, settings, session.threadId)
      throw stop.reason
    }
    throw readableError(error, settings)
  } finally {
    stop.removeEventListener('abort', onAbort)
    session.destroy()
  }
}

async function openSession(
  egress: Pick<Egress, 'connect'>,
  settings: SqlSettings,
  stop: AbortSignal,
): Promise<Connection> {
  stop.throwIfAborted()
  const { host, port, user, password, database, ssl } = settings
  const socket = await egress.connect(settings, stop)
  const stream = createDatabaseStream(async () => socket, undefined, host)
  const session = createConnection({
    host,
    port,
    user,
    password,
    database,
    stream,
    ...(ssl.mode !== 'disable' && {
      ssl: {
        rejectUnauthorized: isCertificateChecked(settings),
        verifyIdentity: ssl.mode === 'verify-full',
        ...certificatesOf(settings),
      },
    }),
    multipleStatements: true,
    supportBigNumbers: true,
    dateStrings: true,
    // Parsers made of text would be made of what the server sends; LOCAL INFILE lets it ask for our files.
    disableEval: true,
    flags: ['-LOCAL_FILES'],
    connectTimeout: CONNECT_MS,
  })
  // The driver reports one failure twice, with its reason last. Without a listener the second would end the process.
  const failures: Error[] = []
  session.on('error', (error) => failures.push(error))
  const onAbort = () => stream.destroy()
  stop.addEventListener('abort', onAbort, { once: true })
  stream.connect()
  try {
    await new Promise<void>((resolve, reject) => {
      session.once('error', reject)
      session.connect((error) => (error ? reject(error) : resolve()))
    })
    // What it is read with over TLS is a stream of the driver's own.
    const inner: unknown = Reflect.get(session, 'stream')
    if (inner instanceof Duplex && inner !== stream) withDataGuard(inner)
    return session
  } catch (error) {
    await nextTurn()
    session.destroy()
    throw stop.aborted ? stop.reason : readableError(failures.at(-1) ?? error, settings)
  } finally {
    stop.removeEventListener('abort', onAbort)
  }
}

/** The driver puts a code of its own in the place of Node's. */
const CERTIFICATE_CODES: [words: RegExp, code: string][] = [
  [/expired/, 'CERT_HAS_EXPIRED'],
  [/altnames/, 'ERR_TLS_CERT_ALTNAME_INVALID'],
  [/self-signed/, 'SELF_SIGNED_CERT_IN_CHAIN'],
  [/unable to (?:get|verify)/, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
]

const withCertificateCode = (error: unknown): Error => {
  const code = CERTIFICATE_CODES.find(([words]) => words.test(String(error)))?.[1] ?? 'EPROTO'
  return Object.assign(new Error(String(error), { cause: error }), { code })
}

const CONNECT_MS = 20_000

/** KILL QUERY would not do: some functions end at it without an error, and the statements after them are run. */
async function killSession(egress: Pick<Egress, 'connect'>, settings: SqlSettings, thread: number): Promise<void> {
  const signal = AbortSignal.timeout(CONNECT_MS)
  try {
    const session = await openSession(egress, settings, signal)
    session.query(`KILL ${thread}`, () => session.destroy())
  } catch {
    // Without it the statement ends by its own limit.
  }
}

async function execute(session: Connection, sql: string, { seconds }: SqlSettings): Promise<SqlAnswer> {
  await limitTime(session, seconds)
  const found = await query(session, sql, [])
  const texts = splitStatements(sql)
  const statements = found.map((one, at) => ({
    ...one,
    sql: (texts.length === found.length ? texts[at] : undefined) ?? sql,
  }))
  return { statements }
}

/** MySQL has it for reads alone; MariaDB has another setting, for all. */
async function limitTime(session: Connection, seconds: number): Promise<void> {
  await query(session, `SET max_execution_time = ${seconds * 1_000}`, []).catch(() =>
    query(session, `SET max_statement_time = ${seconds}`, []),
  )
}

/** The results in order; rows beyond the limit are counted and dropped. */
function query(session: Connection, sql: string, values: (string | null)[]): Promise<StatementResult[]> {
  const limit = createRowLimit()
  const found: StatementResult[] = []
  const done = Promise.withResolvers<StatementResult[]>()
  session
    .query(sql, values)
    .on('fields', (fields: FieldPacket[] | undefined) => {
      if (fields !== undefined) found.push({ sql, rows: [], count: 0 })
    })
    .on('result', (row: SqlRow | ResultSetHeader) => {
      const last = found.at(-1)
      if (row.constructor?.name === 'ResultSetHeader') found.push({ sql, rows: [], count: Number(row.affectedRows) })
      else if (last !== undefined) addRow(last, { ...row }, limit)
    })
    .on('error', done.reject)
    .on('end', () => done.resolve(found))
  return done.promise
}

function addRow(result: StatementResult, row: SqlRow, limit: RowLimit): void {
  result.count++
  if (limit.accepts(row)) result.rows.push(row)
  else result.truncated = true
}

/** https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html */
const REFUSED = new Set(['ER_ACCESS_DENIED_ERROR', 'ER_DBACCESS_DENIED_ERROR', 'ER_BAD_DB_ERROR', 'ER_CON_COUNT_ERROR'])
/** 3024 is MySQL's, 1969 MariaDB's, 1317 of both where somebody ended it. */
const TIMED_OUT = new Set([3024, 1969, 1317])

function readableError(error: unknown, { host, seconds }: SqlSettings): AppError {
  const own = findAppError(error)
  if (own !== undefined) return own
  const { code = '', errno, sqlMessage } = Object(error)
  if (TIMED_OUT.has(errno))
    return new AppError('tool_timeout', `The database stopped it: it took longer than ${seconds} s. Ask for less.`, {
      cause: error,
    })
  if (code === 'HANDSHAKE_NO_SSL_SUPPORT') return noTlsErrorFor(host)
  if (code === 'HANDSHAKE_SSL_ERROR') return unsentErrorFor(host, withCertificateCode(error))
  if (typeof sqlMessage !== 'string') return unsentErrorFor(host, error)
  return new AppError(REFUSED.has(code) ? 'server_refused' : 'tool_failed', `The database says: ${sqlMessage}.`, {
    cause: error,
  })
}
