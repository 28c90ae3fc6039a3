import {
  type AuthorizationServerMetadata,
  IssuerMismatchError,
  validateAuthorizationResponseIssuer,
} from '@modelcontextprotocol/client'
import { AppError } from '../../../errors.ts'
import { createDeniedError } from './token-errors.ts'

/** Where a browser was sent. `title`: whose sign-in service that is. */
type AuthorizationRequest = { title: string; host: string; metadata: AuthorizationServerMetadata | undefined }

/** The authorization code of the callback, if its issuer is right and it is no refusal. Throws AppErrors. */
export function readAuthorizationCode(
  { title, host, metadata }: AuthorizationRequest,
  params: URLSearchParams,
): string {
  if (!comesFromIssuer(metadata, params.get('iss') ?? undefined)) throw createWrongIssuerError(title)
  const error = params.get('error')
  if (error !== null) throw createDeniedError(host, error, params.get('error_description'))
  const code = params.get('code')
  if (code !== null) return code
  throw new AppError('sign_in_failed', `${title} sent you back without an answer. Sign in again.`)
}

/** RFC 9207: the issuer is checked before any other parameter is read, also before an error. */
function comesFromIssuer(metadata: AuthorizationRequest['metadata'], iss: string | undefined): boolean {
  try {
    validateAuthorizationResponseIssuer({
      iss,
      expectedIssuer: metadata?.issuer,
      issParameterSupported: metadata?.authorization_response_iss_parameter_supported === true,
    })
    return true
  } catch (error) {
    if (error instanceof IssuerMismatchError) return false
    throw error
  }
}

/** Without a cause: what was received is an attacker's to choose. */
const createWrongIssuerError = (title: string): AppError =>
  new AppError(
    'sign_in_failed',
    `The answer did not come from the sign-in service of ${title}, so I did not use it. Sign in again; if that does not help, tell whoever runs Patchbay here.`,
  )
