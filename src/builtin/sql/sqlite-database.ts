import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { z } from 'zod'
import { AppError } from '../../errors.ts'
import { OPEN_NOTE, type SqlAnswer, type SqlDatabase, type SqlRow } from './sql-database.ts'
import { SQLITE_OBJECTS } from './sqlite-objects.ts'

const SCRIPT = join(import.meta.dirname, 'sqlite-child.mjs')
const SAMPLE = join(import.meta.dirname, 'demo', '*')
const HEAP_MB = 96
/** A process whose app was killed in the middle of a statement ends by this. */
const MAX_CPU_SECONDS = 120

const Row: z.ZodType<SqlRow> = z.record(z.string(), z.unknown())
const Reply = z.union([
  z.object({
    results: z.array(
      z.object({ sql: z.string(), rows: z.array(Row), count: z.number(), truncated: z.literal(true).optional() }),
    ),
    open: z.boolean().default(false),
  }),
  z.object({ error: z.string(), done: z.number() }),
])
type Reply = z.infer<typeof Reply>

const NEW_NOTE =
  'The statement before this one was stopped, and the demo database with it: it has its first data again.'

/** The sample employees, in a process that begins with the first statement. One statement runs at a time. */
export function openSample(): SqlDatabase {
  const closed = new AbortController()
  let child: ChildProcess | undefined
  let wasKilled = false
  let before: Promise<unknown> = Promise.resolve()
  const ask = async (sql: string, values: (string | null)[], signal: AbortSignal): Promise<Reply> => {
    const stop = AbortSignal.any([signal, closed.signal])
    stop.throwIfAborted()
    child ??= startChild((ended) => {
      if (child === ended) child = undefined
    })
    const asked = child
    try {
      return await answerOf(asked, { sql, values }, stop)
    } catch (error) {
      // It hears nothing in the middle of a statement.
      asked.kill('SIGKILL')
      child = undefined
      wasKilled = true
      throw error
    }
  }
  const inTurn = (...asked: Parameters<typeof ask>): Promise<Reply> => {
    const turn = before.then(() => ask(...asked))
    before = turn.catch(() => undefined)
    return turn
  }
  return {
    dialect: 'sqlite',
    objects: SQLITE_OBJECTS,
    execute: async (sql, signal) => {
      const reply = await inTurn(sql, [], signal)
      const note = wasKilled ? NEW_NOTE : ''
      wasKilled = false
      return answerIn(reply, note)
    },
    select: async (sql, values, signal) => {
      const used = values.filter((_, at) => sql.includes(`?${at + 1}`))
      return answerIn(await inTurn(sql, used, signal)).statements[0]?.rows ?? []
    },
    countRows: async (table, signal) => {
      const sql = `SELECT count(*) AS n FROM "${table.replaceAll('"', '""')}"`
      return Number(answerIn(await inTurn(sql, [], signal)).statements[0]?.rows[0]?.n)
    },
    close: async () => {
      closed.abort(new AppError('cancelled', 'The connection was closed.'))
      child?.kill('SIGKILL')
    },
  }
}

/**
 * It can read its own script and the sample, has no environment, and can write no file at all: the kernel refuses whatever SQLite
 * or Node would let through.
 */
function startChild(onEnd: (child: ChildProcess) => void): ChildProcess {
  const node = [
    '--permission',
    `--allow-fs-read=${SCRIPT}`,
    `--allow-fs-read=${SAMPLE}`,
    `--max-old-space-size=${HEAP_MB}`,
    '--no-warnings',
  ]
  const limits = `ulimit -f 0; ulimit -c 0; ulimit -t ${MAX_CPU_SECONDS}; exec "$0" "$@"`
  const child = spawn('/bin/sh', ['-c', limits, process.execPath, ...node, SCRIPT], {
    env: {},
    cwd: '/',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  child.once('exit', () => onEnd(child))
  child.on('error', () => onEnd(child))
  return child
}

async function answerOf(child: ChildProcess, asked: { sql: string; values: (string | null)[] }, stop: AbortSignal) {
  const ended = new AbortController()
  const onExit = () => ended.abort(new AppError('tool_failed', TOO_MUCH))
  child.once('exit', onExit)
  try {
    const signal = AbortSignal.any([stop, ended.signal])
    const message = once(child, 'message', { signal })
    child.send(asked)
    const [reply] = await message
    return Reply.parse(reply)
  } catch (error) {
    stop.throwIfAborted()
    ended.signal.throwIfAborted()
    throw error
  } finally {
    child.off('exit', onExit)
  }
}

const TOO_MUCH =
  'The demo database took more memory or time than it may, so it was ended and has its first data again. Ask for less.'

function answerIn(reply: Reply, note = ''): SqlAnswer {
  if ('results' in reply) {
    const notes = [note, reply.open ? OPEN_NOTE : ''].filter((text) => text !== '').join(' ')
    return { statements: reply.results, ...(notes !== '' && { note: notes }) }
  }
  const refused = /^(?:not authorized|authorization denied)$/.test(reply.error)
  const text = refused
    ? 'The demo database can only change itself: no other files, extensions or settings.'
    : `The database says: ${reply.error}.`
  const done = reply.done === 0 ? '' : 'What stands before it was done.'
  const words = [text, done, note].filter((part) => part !== '').join(' ')
  throw new AppError(refused ? 'not_allowed' : 'tool_failed', words)
}
