import { AppError } from '../../errors.ts'
import { truncate } from '../../text.ts'
import type { ProjectSettings } from './project-settings.ts'

/** What PostgREST, Auth or Storage answer in place of data. */
export type ApiFailure = {
  message: string
  code?: string | undefined
  details?: string | null | undefined
  hint?: string | null | undefined
  status?: number | string | undefined
  statusCode?: number | string | undefined
}

const MAX_WORDS_CHARS = 300

/** Of Postgres and PostgREST: https://postgrest.org/en/stable/references/errors.html */
const ADVICE: Record<string, string> = {
  PGRST202: 'Call list_tables or get_schema to see which functions there are and what they take.',
  PGRST204: 'Call get_schema to see the columns.',
  PGRST205: 'Call list_tables to see the tables.',
  '42P01': 'Call list_tables to see the tables.',
  '42703': 'Call get_schema to see the columns.',
  '22P02': 'Call get_schema to see the types of the columns.',
  '23502': 'Give that column a value.',
  '23503': 'The row it refers to must be there first, and what refers to it must go first.',
  '23505': 'There is such a row already: update it, or use another key.',
  '42501': 'The service key itself may not do this.',
  '57014': 'It took longer than the project allows. Ask for less at once.',
}

/** A failure in plain words, and what to do where that is known. */
export function createApiError(failure: ApiFailure, settings: ProjectSettings): AppError {
  const status = Number(failure.status ?? failure.statusCode ?? 0)
  const refusal = refusalOf(status, failure, settings)
  if (refusal !== undefined) return refusal
  const { code = '', message } = failure
  const [words, details, hint] = [message, failure.details, failure.hint].map(sentenceOf)
  const advice = ADVICE[code] ?? hint
  // A hint of the database is of more use than our own where it names what is there.
  const said = [words, code === '23505' || code === '23503' ? details : '', hint === advice ? '' : hint, advice]
  return new AppError('tool_failed', said.filter(Boolean).join(' '), { cause: new Error(`${code} ${status}`) })
}

/** What concerns the project or its key as a whole; undefined for all else. */
export function refusalOf(status: number, { code = '' }: Pick<ApiFailure, 'code'>, { host }: ProjectSettings) {
  if (status === 540) return new AppError('server_unreachable', PAUSED)
  if (status === 401 || code === 'PGRST301' || code === 'PGRST302' || code === 'PGRST303')
    return new AppError('server_refused', REFUSED, { field: 'key' })
  if (status >= 502 && status <= 504)
    return new AppError('server_unreachable', `${host} is not available just now. Try again in a minute.`)
  return undefined
}

const PAUSED = 'This project is paused. Restore it in the Supabase dashboard, then try again.'
const REFUSED =
  'Supabase refused this key. Copy the service key again: Project Settings → API Keys of this very project.'

function sentenceOf(words: string | null | undefined): string {
  const text = truncate((words ?? '').trim().replaceAll(/\s+/g, ' '), MAX_WORDS_CHARS)
  return text === '' || /[.!?…]$/.test(text) ? text : `${text}.`
}
