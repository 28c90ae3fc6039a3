import { createClient, type SupabaseClient } from '@supabase/supabase-js'
import { AppError } from '../errors.ts'
import { type Db, parseResult, raisedError } from './call.ts'

/** Statuses with which a gateway says that the database behind it is away. */
const UNAVAILABLE = [0, 408, 502, 503, 504, 520, 521, 522, 523, 524]

type Failure = { code?: string; message: string; hint?: string | null }

/** Drives Supabase with its URL and secret key alone. `fetch` is for tests. */
export function connectSupabase(o: { url: string; secretKey: string; fetch?: typeof fetch }): Db {
  const client: SupabaseClient = createClient(o.url, o.secretKey, {
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
    ...(o.fetch && { global: { fetch: o.fetch } }),
  })
  return {
    async call(fn, args, shape) {
      const answer = await client.rpc(
        fn,
        Object.fromEntries(Object.entries(args).map(([name, value]) => [`p_${name}`, value])),
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
  const raised = raisedError(error.code, error.message, error)
  if (raised) return raised
  if (UNAVAILABLE.includes(status)) {
    return new AppError(
      'database_unavailable',
      'The database cannot be reached just now. Please try again in a moment.',
      { cause: error },
    )
  }
  if (error.code === 'PGRST202') {
    return new AppError(
      'schema_outdated',
      `The database has no function ${fn}: its schema is missing or older than this version.`,
      { cause: error },
    )
  }
  if (status === 401 || status === 403) {
    return new AppError(
      'not_allowed',
      'Supabase refused the key: put the secret key of the project in SUPABASE_SECRET_KEY.',
      { cause: error },
    )
  }
  return new AppError('database_failed', `The database could not do ${fn}.`, { cause: error })
}
