import { createClient } from '@supabase/supabase-js'
import { AppError } from '../errors.ts'
import { createCallError, type Db, parseResult, readRaisedError, SCHEMA, toStorableJson } from './call.ts'

/** Statuses with which a gateway says that the database behind it is away or has too much to do. */
const UNAVAILABLE = [0, 408, 429, 502, 503, 504, 520, 521, 522, 523, 524, 544]
/** SQLSTATEs of calls undone for reasons that pass. */
const UNDONE = ['40001', '40P01', '55P03', '57014']

/** A call that says nothing for so long has lost its server, and must not hold up the next poll. */
const CALL_TIMEOUT_MS = 10_000

const withTimeout =
  (inner: typeof fetch): typeof fetch =>
  (input, init) => {
    const timeout = AbortSignal.timeout(CALL_TIMEOUT_MS)
    return inner(input, { ...init, signal: init?.signal ? AbortSignal.any([init.signal, timeout]) : timeout })
  }

type Failure = { code?: string; message: string; hint?: string | null }

/** Drives Supabase with its URL and secret key alone. `fetch` is for tests. */
export function connectSupabase(o: { url: string; secretKey: string; fetch?: typeof fetch }): Db {
  const client = createClient(o.url, o.secretKey, {
    db: { schema: SCHEMA },
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
    global: { fetch: withTimeout(o.fetch ?? fetch) },
  })
  return {
    async call(fn, args, shape) {
      const answer = await client.rpc(
        fn,
        Object.fromEntries(Object.entries(toStorableJson(args)).map(([name, value]) => [`p_${name}`, value])),
      )
      if (answer.error) throw translate(fn, answer.error, answer.status)
      return parseResult(fn, answer.data ?? null, shape)
    },
    async [Symbol.asyncDispose]() {
      await client.removeAllChannels()
    },
  }
}

function translate(fn: string, error: Failure, status: number): AppError {
  const raised = readRaisedError(error.code, error.message, error)
  if (raised) return raised
  if (UNAVAILABLE.includes(status) || UNDONE.includes(error.code ?? '')) {
    return new AppError(
      'database_unavailable',
      'The database cannot be reached just now. Please try again in a moment.',
      { cause: error },
    )
  }
  if (error.code === 'PGRST106') {
    return new AppError(
      'config_invalid',
      `Supabase does not offer the schema "${SCHEMA}" yet: bring the database up with \`npm run migrate\`, then add ${SCHEMA} to the exposed schemas of the project (Project Settings, Data API, Exposed schemas) and start again.`,
      { cause: error },
    )
  }
  if (error.code === 'PGRST202') {
    return new AppError(
      'schema_outdated',
      'The database is older than this version of Patchbay. Whoever runs Patchbay should bring it up with `npm run migrate`.',
      { cause: new Error(`there is no function ${fn}`, { cause: error }) },
    )
  }
  if (status === 401 || status === 403) {
    return new AppError(
      'not_allowed',
      'Supabase refused the key: put the secret key of the project in SUPABASE_SECRET_KEY.',
      { cause: error },
    )
  }
  return createCallError(fn, error.message, error)
}
