import { AppError } from '../errors.ts'

// DNS, TCP and TLS together; a server that needs longer is down for a person who waits.
export const CONNECT_MS = 10_000

const TLS_REASONS: Record<string, string> = {
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is self-signed',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate comes from an unknown issuer',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate comes from an unknown issuer',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
}

const NETWORK_REASONS: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there',
  ETIMEDOUT: 'it does not answer',
  UND_ERR_CONNECT_TIMEOUT: `it did not answer within ${CONNECT_MS / 1000} s`,
  EHOSTUNREACH: 'there is no route to it',
  ENETUNREACH: 'there is no route to it',
  ECONNRESET: 'it closed the connection',
  UND_ERR_SOCKET: 'it closed the connection',
}

const NAME_REASONS: Record<string, string> = {
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'no answer from the name service',
}

/** What went wrong before a request was sent: `server_unreachable`, or the guard's own refusal. */
export function unsentErrorFor(host: string, error: unknown): AppError {
  const own = findAppError(error)
  if (own !== undefined) return own
  if (isCertificateRefusal(error))
    return new AppError(
      'server_unreachable',
      `${host} did not accept the client certificate. Enter one that is valid there, with its key.`,
      { cause: error },
    )
  const code = systemCodeOf(error)
  const tls =
    TLS_REASONS[code] ??
    (code.startsWith('ERR_SSL') || code === 'EPROTO' ? 'it does not offer a secure connection there' : undefined)
  if (tls !== undefined)
    return new AppError(
      'server_unreachable',
      `No secure connection to ${host}: ${tls}. Check the address, or tell whoever runs the server.`,
      {
        cause: error,
      },
    )
  const reason = NETWORK_REASONS[code] ?? 'the connection failed'
  return new AppError(
    'server_unreachable',
    `Could not reach ${host}: ${reason}. Check the address, and whether the server is up.`,
    {
      cause: error,
    },
  )
}

/** The other side's alert (RFC 8446, section 6.2). */
export const isCertificateRefusal = (error: unknown): boolean =>
  /^ERR_SSL_\S+_ALERT_(?:UNKNOWN_CA|\S*CERTIFICATE)/.test(systemCodeOf(error))

/** In two or three words, why a host cannot be reached; undefined for an error of another kind. */
export function unreachableReasonFor(error: unknown): string | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    const code = systemCodeOf(at)
    const reason = NAME_REASONS[code] ?? TLS_REASONS[code] ?? NETWORK_REASONS[code]
    if (reason !== undefined) return reason
  }
  return undefined
}

/** undici refuses headers that belong to the connection itself, before it sends anything. */
const UNSENDABLE = new Set(['UND_ERR_INVALID_ARG', 'UND_ERR_NOT_SUPPORTED', 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH'])

/** What went wrong after a request may have been read: `tool_failed`, or `egress_refused` for one that cannot be sent. */
export function brokenOffErrorFor(host: string, error: unknown): AppError {
  if (UNSENDABLE.has(systemCodeOf(error)))
    return new AppError(
      'egress_refused',
      `A request to ${host} has a header that belongs to the connection, like Transfer-Encoding. Take it out.`,
      { cause: error },
    )
  const message =
    systemCodeOf(error) === 'UND_ERR_HEADERS_OVERFLOW'
      ? `${host} sent larger headers than any honest answer has. Check the address.`
      : `${host} closed the connection before it answered. Check that it is up.`
  return findAppError(error) ?? new AppError('tool_failed', message, { cause: error })
}

/** The first AppError in a chain of causes. */
export function findAppError(error: unknown): AppError | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++)
    if (at instanceof AppError) return at
  return undefined
}

function systemCodeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return systemCodeOf(error.errors[0])
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}
