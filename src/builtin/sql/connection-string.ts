import { isIP } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import { AppError } from '../../errors.ts'

/** How a connection is secured, as libpq names it: https://www.postgresql.org/docs/current/libpq-ssl.html */
export type SslMode = 'disable' | 'prefer' | 'require' | 'verify-ca' | 'verify-full'

/** What a person filled in, read. `seconds`: how long a statement may take. */
export type SqlSettings = {
  host: string
  port: number
  user: string
  password: string
  database: string
  options: URLSearchParams
  ssl: { mode: SslMode; ca?: string | undefined; cert?: string | undefined; key?: string | undefined }
  seconds: number
}

const MODES = new Map<string, SslMode>([
  ['disable', 'disable'],
  ['allow', 'prefer'],
  ['prefer', 'prefer'],
  ['require', 'require'],
  ['verify-ca', 'verify-ca'],
  ['verify-full', 'verify-full'],
])
/** A name or an address on a network, and not the path of a socket. */
const HOST = /^(?:[a-z0-9][a-z0-9._-]*|\[[\da-f:.]+\])$/i
const DEFAULT_SECONDS = 290

/** `usual`: the port and the mode of those who name none. Throws `input_invalid`, naming the field. */
export function readConnectionString(
  given: Record<string, string>,
  usual: { port: number; mode: SslMode },
): SqlSettings {
  const url = URL.parse(given.dsn?.trim() ?? '')
  if (url === null) throw invalidError('I cannot read this connection string. Check it for a typo.')
  if (!HOST.test(url.hostname)) throw invalidError(`"${url.hostname}" is not an address on a network.`)
  const wanted = url.searchParams.get('sslmode')
  const mode = wanted === null ? usual.mode : MODES.get(wanted)
  if (mode === undefined)
    throw invalidError(`sslmode is "${wanted}", which I do not know. Use ${[...MODES.keys()].join(', ')}.`)
  return {
    host: url.hostname.replace(/^\[(.+)\]$/, '$1'),
    port: url.port === '' ? usual.port : Number(url.port),
    user: decoded(url.username),
    password: decoded(url.password),
    database: decoded(url.pathname.slice(1)),
    options: url.searchParams,
    ssl: { mode, ca: given.ca, cert: given.cert, key: given.key },
    seconds: Number(given.seconds) || DEFAULT_SECONDS,
  }
}

/** `require` only encrypts, as libpq has it, unless a certificate authority is given. */
export const isCertificateChecked = ({ ssl: { mode, ca } }: Pick<SqlSettings, 'ssl'>): boolean =>
  mode === 'verify-ca' || mode === 'verify-full' || (mode === 'require' && ca !== undefined)

/** The own authority and the client's certificate, where a person gave them. */
export const certificatesOf = ({ ssl: { ca, cert, key } }: Pick<SqlSettings, 'ssl'>) => ({
  ...(ca !== undefined && { ca }),
  ...(cert !== undefined && { cert }),
  ...(key !== undefined && { key }),
})

/** `verify-full` also wants the name that was typed, whatever address was connected to. */
export function tlsOptionsFor(settings: Pick<SqlSettings, 'host' | 'ssl'>): ConnectionOptions {
  const { host, ssl } = settings
  return {
    host,
    // A server name must not be an address (RFC 6066 section 3).
    ...(isIP(host) === 0 && { servername: host }),
    rejectUnauthorized: isCertificateChecked(settings),
    ...(ssl.mode !== 'verify-full' && { checkServerIdentity: () => undefined }),
    ...certificatesOf(settings),
  }
}

/** A percent sign that begins no code stands for itself: many passwords have one. */
function decoded(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (codes) => {
    try {
      return decodeURIComponent(codes)
    } catch (error) {
      if (error instanceof URIError) return codes
      throw error
    }
  })
}

const invalidError = (message: string): AppError => new AppError('input_invalid', message, { field: 'dsn' })

export const noTlsErrorFor = (host: string): AppError =>
  new AppError(
    'server_unreachable',
    `${host} does not offer a secure connection there. Check the address, or take sslmode out of the connection string.`,
  )
