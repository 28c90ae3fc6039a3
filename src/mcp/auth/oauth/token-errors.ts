import { InsecureTokenEndpointError, OAuthError, OAuthErrorCode } from '@modelcontextprotocol/client'
import { AppError, isAppError } from '../../../errors.ts'
import { truncate } from '../../../text.ts'

const MAX_CHARS = 200

/** The service does not know the client. It keeps the code alone, as the error's own text may hold what was sent. */
export class ClientRefusedError extends Error {}

/** Answers that say that the client is not known (any more). */
export const CLIENT_ERRORS = new Set<string>([OAuthErrorCode.InvalidClient, OAuthErrorCode.UnauthorizedClient])

/** The client was one that Patchbay registered by itself, and will again. */
export const createForgottenError = (title: string, code: string): AppError =>
  new AppError(
    'sign_in_failed',
    `${title} no longer knows Patchbay. Sign in again: Patchbay then registers there anew, by itself.`,
    { cause: new ClientRefusedError(`oauth ${code}`) },
  )

/** The service takes no request that names the server the tokens are for. */
class ResourceRefusedError extends Error {}

export const createResourceRefusedError = (title: string): AppError =>
  new AppError(
    'sign_in_failed',
    `${title} did not complete the sign-in: it does not know this server’s address. Sign in again; if that does not help, tell whoever runs Patchbay here.`,
    { cause: new ResourceRefusedError('oauth invalid_target') },
  )

export const isResourceRefusal = (error: unknown): boolean =>
  error instanceof Error && error.cause instanceof ResourceRefusedError

/** What went wrong at a token endpoint. Its own text may repeat what it was sent, so only its code is shown. */
export function createTokenError(title: string, error: unknown): AppError {
  if (isAppError(error)) return error
  if (error instanceof InsecureTokenEndpointError)
    return failed(
      `${title} wants secrets sent to an address without encryption (https), so I did not go on. Tell whoever runs it.`,
      error,
    )
  const code = error instanceof OAuthError ? error.code : undefined
  return failed(
    `${title} did not complete the sign-in${CODE_WORDS[code ?? ''] ?? '.'} Sign in again; if that does not help, tell whoever runs Patchbay here.`,
    error,
  )
}

const CODE_WORDS: Record<string, string> = {
  [OAuthErrorCode.InvalidClient]: ': it does not know the client id or its secret. Check them.',
  [OAuthErrorCode.UnauthorizedClient]: ': this client id may not sign people in there.',
  [OAuthErrorCode.InvalidGrant]: ': the code it gave had expired.',
  [OAuthErrorCode.InvalidScope]: ': it does not know a permission that was asked for.',
  invalid_target: ': it does not know this server’s address.',
}

/** Only a code of the standard, as the cause's own text may hold what was sent. */
const failed = (message: string, cause: unknown): AppError =>
  new AppError('sign_in_failed', message, {
    cause: new Error(cause instanceof OAuthError ? `oauth ${cause.code}` : nameOf(cause)),
  })

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : 'unknown trouble')

const DENIED: Record<string, string> = {
  access_denied: 'you (or somebody who decides there) said no.',
  invalid_scope: 'it does not know a permission that was asked for.',
  unauthorized_client: 'Patchbay may not sign people in there. Whoever runs Patchbay should check the client id.',
  server_error: 'it has trouble of its own. Try again in a few minutes.',
  temporarily_unavailable: 'it is busy. Try again in a few minutes.',
  invalid_target: 'it does not know this server’s address.',
}

/** What an authorization server says with the browser it sends back; only after its `iss` was checked. */
export function createDeniedError(host: string, code: string, description: string | null): AppError {
  const reason = description?.replace(/[\p{Cc}\p{Cf}<>]+/gu, ' ').trim()
  const why = DENIED[code] ?? (reason ? `it says "${truncate(reason, MAX_CHARS)}".` : 'it gave no reason.')
  return new AppError(
    code === 'access_denied' ? 'sign_in_denied' : 'sign_in_failed',
    `${host} did not let you in: ${why}`,
  )
}
