/** What can go wrong, as a closed list; a caller switches on it, a person reads the message. */
export type ErrorCode =
  | 'config_invalid'
  | 'card_invalid'
  | 'card_unknown'
  | 'input_invalid'
  | 'name_taken'
  | 'limit_reached'
  | 'not_found'
  | 'not_allowed'
  | 'conflict'
  | 'credential_missing'
  | 'credential_store_failed'
  | 'server_unreachable'
  | 'server_refused'
  | 'server_start_failed'
  | 'sign_in_needed'
  | 'sign_in_failed'
  | 'sign_in_denied'
  | 'client_needed'
  | 'tool_timeout'
  | 'tool_failed'
  | 'cancelled'
  | 'egress_refused'
  | 'model_overloaded'
  | 'model_failed'
  | 'model_refused'
  | 'database_unavailable'
  | 'database_failed'
  | 'schema_outdated'
  | 'schema_newer'
  | 'slack_failed'
  | 'in_use'
  | 'internal'

/**
 * The one error class. `message` is a sentence for a person: what failed and what to do next, without secrets.
 * `cause` keeps what was caught. `field` names the input at fault, if one is.
 */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly field: string | undefined

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; field?: string } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'AppError'
    this.code = code
    this.field = options.field
  }
}

/** True for an AppError with one of the given codes. */
export function isAppError(error: unknown, ...codes: ErrorCode[]): error is AppError {
  return error instanceof AppError && (codes.length === 0 || codes.includes(error.code))
}

/** A sentence fit for a person: an AppError's own, anything else only as "unexpected". */
export function errorMessageOf(error: unknown): string {
  if (error instanceof AppError) return error.message
  return 'Something unexpected went wrong on our side. Please try again; if it happens again, tell whoever runs Patchbay here.'
}

/** The chain of messages, for logs only. */
export function errorChainOf(error: unknown): string {
  const parts: string[] = []
  for (let at: unknown = error; at instanceof Error && parts.length < 6; at = at.cause) parts.push(at.message)
  return parts.length > 0 ? parts.join(' <- ') : String(error)
}
