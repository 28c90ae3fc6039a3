import { createHash } from 'node:crypto'
import { AppError, isAppError } from '../errors.ts'
import { withDeadline } from '../timing.ts'

type StoreWork = 'open' | 'read' | 'save' | 'remove'

/** A person waits for it; the vendors' own clients would go on for a minute and more. */
const STORE_PATIENCE_MS = 15_000
const LATE = Symbol('late')

/**
 * Runs work of a store; what goes wrong is `credential_store_failed` with its cause. Reading and removing are tried once
 * more when the store does not answer: both may be done twice.
 */
export async function withStoreErrors<T>(
  what: StoreWork,
  work: () => Promise<T>,
  patienceMs = STORE_PATIENCE_MS,
): Promise<T> {
  const done = await withDeadline(tryAgainIfSafe(what, work), patienceMs, LATE)
  if (done !== LATE) return done
  throw createAwayError(new Error(`the store took longer than ${patienceMs} ms to ${what}`))
}

async function tryAgainIfSafe<T>(what: StoreWork, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!isOutage(error) || (what !== 'read' && what !== 'remove')) throw storeError(what, error)
  }
  try {
    return await work()
  } catch (error) {
    throw storeError(what, error)
  }
}

const WORK_WORDS = {
  open: 'open the saved credentials',
  read: 'read a saved credential',
  save: 'save a credential',
  remove: 'remove a saved credential',
}

function storeError(what: StoreWork, cause: unknown): AppError {
  if (isAppError(cause, 'credential_store_failed', 'credential_missing') || (what === 'open' && isAppError(cause)))
    return cause
  if (isOutage(cause)) return createAwayError(cause)
  return new AppError(
    'credential_store_failed',
    `Could not ${WORK_WORDS[what]}. Tell whoever runs Patchbay here; the log has the cause.`,
    { cause: withoutQuotes(cause) },
  )
}

/** The parser's error quotes the text that is no JSON, and the text may be a secret. */
function withoutQuotes(cause: unknown): unknown {
  for (let at: unknown = cause; at instanceof Error; at = at.cause)
    if (at.name === 'SyntaxError') return new Error('the answer is no JSON')
  return cause
}

const createAwayError = (cause: unknown): AppError =>
  new AppError(
    'credential_store_failed',
    'The store that keeps saved credentials does not answer. Try again in a minute; if it stays so, tell whoever runs Patchbay here.',
    { cause },
  )

/** gRPC's deadline exceeded, resource exhausted and unavailable: https://grpc.io/docs/guides/status-codes/ */
const GRPC_OUTAGES = [4, 8, 14]
const SYSTEM_OUTAGE =
  /^(?:ECONNREFUSED|ECONNRESET|ECONNABORTED|ETIMEDOUT|EPIPE|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|EBUSY)$/
const OUTAGE_NAMES = ['TimeoutError', 'AbortError', 'FetchError']

/** Whether the store, or the way to it, is away for a while: each vendor's client says it in its own way. */
function isOutage(cause: unknown): boolean {
  for (let at: unknown = cause; at instanceof Error; at = at.cause)
    if (isAppError(at, 'server_unreachable', 'tool_failed', 'database_unavailable') || isOutageItself(at)) return true
  return false
}

function isOutageItself(error: Error): boolean {
  if (OUTAGE_NAMES.includes(error.name) || isOutageStatus(statusOf(error))) return true
  const code = 'code' in error ? error.code : undefined
  return typeof code === 'number' ? GRPC_OUTAGES.includes(code) : SYSTEM_OUTAGE.test(String(code))
}

/** AWS keeps it in `$metadata`, Google in `httpStatusCode` or `code`, ours in `status`. */
function statusOf(error: Error): unknown {
  const metadata = '$metadata' in error ? error.$metadata : undefined
  if (typeof metadata === 'object' && metadata !== null && 'httpStatusCode' in metadata) return metadata.httpStatusCode
  if ('httpStatusCode' in error) return error.httpStatusCode
  if ('status' in error) return error.status
  return 'code' in error ? error.code : undefined
}

const isOutageStatus = (status: unknown): boolean => typeof status === 'number' && (status >= 500 || status === 429)

/** A name that any service takes, whatever the reference holds; a listing of such names says nothing. */
export const secretNameOf = (ref: string): string => createHash('sha256').update(ref).digest('hex')

/** Services refuse an empty secret, so each begins with this. */
const BEGINNING = '='

export const storedTextOf = (secret: string): string => BEGINNING + secret

export function secretIn(stored: string): string {
  if (stored.startsWith(BEGINNING)) return stored.slice(BEGINNING.length)
  throw new RangeError('this secret was not saved by Patchbay')
}
