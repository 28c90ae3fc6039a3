import { OAuthErrorCode } from '@modelcontextprotocol/client'
import { AppError } from '../../../errors.ts'
import { standardCodeOf } from '../tokens/read-auth-answer.ts'
import type { StoredTokens } from '../tokens/stored-tokens.ts'
import { type DiscoveredAuth, isSameIssuer } from './discover.ts'
import { CLIENT_ERRORS, createDeniedError, createForgottenError, createResourceRefusedError } from './token-errors.ts'

/** Where a browser was sent. `title`: whose sign-in service that is. */
type AuthorizationRequest = {
  title: string
  host: string
  discovered: Pick<DiscoveredAuth, 'metadata' | 'server'>
  clientFrom?: StoredTokens['clientFrom']
}

/** The authorization code of the callback, if its issuer is right and it is no refusal. Throws AppErrors. */
export function readAuthorizationCode(
  { title, host, discovered, clientFrom }: AuthorizationRequest,
  params: URLSearchParams,
): string {
  if (!comesFromIssuer(discovered, params.get('iss') ?? undefined)) throw createWrongIssuerError(title)
  const error = params.get('error')
  if (error !== null && clientFrom === 'dcr' && CLIENT_ERRORS.has(error)) throw createForgottenError(title, error)
  const description = params.get('error_description')
  if (error !== null && standardCodeOf(error, description ?? '') === OAuthErrorCode.InvalidTarget)
    throw createResourceRefusedError(title)
  if (error !== null) throw createDeniedError(host, error, description)
  const code = params.get('code')
  if (code !== null) return code
  throw new AppError('sign_in_failed', `${title} sent you back without an answer. Sign in again.`)
}

/**
 * RFC 9207: the issuer is checked before any other parameter is read, also before an error. A service that announces `iss` sends
 * one of the two names it is known by, letter by letter; others may send it with or without a slash at the end.
 */
function comesFromIssuer({ metadata, server }: AuthorizationRequest['discovered'], iss: string | undefined): boolean {
  if (metadata === undefined) return true
  const announced = metadata.authorization_response_iss_parameter_supported === true
  if (iss === undefined) return !announced
  if (iss === metadata.issuer || iss === server) return true
  return !announced && isSameIssuer(iss, metadata.issuer)
}

/** Without a cause: what was received is an attacker's to choose. */
const createWrongIssuerError = (title: string): AppError =>
  new AppError(
    'sign_in_failed',
    `The answer did not come from the sign-in service of ${title}, so I did not use it. Sign in again; if that does not help, tell whoever runs Patchbay here.`,
  )
