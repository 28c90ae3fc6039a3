import { createClient, type SupabaseClient } from '@supabase/supabase-js'
import type { Egress } from '../../egress/egress.ts'
import { findAppError } from '../../egress/egress-error.ts'
import { AppError } from '../../errors.ts'
import { type ApiFailure, createApiError } from './api-error.ts'
import type { ProjectSettings } from './project-settings.ts'

/** A request to a project's services. */
export type ProjectClient = {
  settings: ProjectSettings
  /** One question over supabase-js. Throws AppErrors in plain words, for what the project answers and for what did not reach it. */
  ask<R extends ProjectReply>(signal: AbortSignal, question: Question<R>): Promise<DataOf<R>>
  /** A plain GET below the project's address. */
  get(path: string, accept: string, signal: AbortSignal): Promise<Response>
}

type Question<R extends ProjectReply> = (client: SupabaseClient) => PromiseLike<R>
type ProjectReply = { data: unknown; error: null } | { data: unknown; error: ApiFailure }
type DataOf<R extends ProjectReply> = Extract<R, { error: null }>['data']

/** Longer than a project lets a statement of the API take. */
const ANSWER_MS = 60_000

export function createProjectClient({ fetch }: Pick<Egress, 'fetch'>, settings: ProjectSettings): ProjectClient {
  const { url, key } = settings
  return {
    settings,
    ask: async (signal, question) => {
      // supabase-js makes an answer of what did not go out, so that is kept here.
      let unsent: unknown
      const watched: typeof fetch = async (input, init) => {
        try {
          const response = await fetch(input, { ...init, signal: signalFor(signal, init) })
          return String(input).startsWith(`${url}/rest/v1/`) ? await withWholeNumbers(response) : response
        } catch (error) {
          unsent = error
          throw error
        }
      }
      const client = createClient(url, key, {
        auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
        db: { retry: false },
        global: { fetch: watched },
      })
      const reply = await question(client)
      if (unsent !== undefined) throw unreachableError(settings, unsent)
      if (reply.error !== null) throw createApiError(reply.error, settings)
      return reply.data
    },
    get: async (path, accept, signal) => {
      const headers = { apikey: key, authorization: `Bearer ${key}`, accept }
      try {
        return await fetch(`${url}${path}`, { headers, signal: signalFor(signal, undefined) })
      } catch (error) {
        throw unreachableError(settings, error)
      }
    },
  }
}

/** A text, or a number of so many digits that JSON.parse would round it. */
const TEXT_OR_LONG_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d{16,}(?![\d.eE])/g

/** Whole numbers that JavaScript would round become texts: the key of a row must not be another row's. */
async function withWholeNumbers(response: Response): Promise<Response> {
  const { status, statusText, headers } = response
  if (status === 204 || !/json/.test(headers.get('content-type') ?? '')) return response
  const text = await response.text()
  const exact = text.replace(TEXT_OR_LONG_NUMBER, (found) =>
    found.startsWith('"') || Number.isSafeInteger(Number(found)) ? found : `"${found}"`,
  )
  return new Response(exact, { status, statusText, headers })
}

const signalFor = (signal: AbortSignal, init: RequestInit | undefined): AbortSignal =>
  AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS), ...(init?.signal ? [init.signal] : [])])

function unreachableError({ host }: ProjectSettings, error: unknown): AppError {
  const own = findAppError(error)
  if (own !== undefined) return own
  return new AppError('server_unreachable', `${host} did not answer. Try again in a minute.`, { cause: error })
}
