import { AppError, errorMessageOf, isAppError } from '../errors.ts'

/** What stands between the app and its database: a kind for machines and a sentence for whoever runs Patchbay, without names or secrets. */
export type DatabaseProblem = { kind: string; message: string }

type Known = { kind: string; seen: RegExp; message(setting: string): string }

/**
 * Tried in this order on `<code> <message>` of each error. Codes are Postgres' SQLSTATEs, Node's system and TLS codes;
 * PgBouncer and Supabase's pooler say most things as 08P01 or XX000, so their words count.
 */
const KNOWN: Known[] = [
  {
    kind: 'host_unknown',
    seen: /\bENOTFOUND\b/,
    message: (s) => `The host in ${s} does not exist: no name server knows it. Check its spelling.`,
  },
  {
    kind: 'name_server_away',
    seen: /\bEAI_\w+/,
    message: (s) =>
      `The host in ${s} could not be looked up, as no name server answered. Check this machine's network and DNS.`,
  },
  {
    kind: 'refused',
    seen: /\bECONNREFUSED\b|^(ENOENT|EACCES) connect /,
    message: (s) => `Nothing listens at the host and port in ${s}. Start the database, or correct host and port.`,
  },
  {
    kind: 'unreachable',
    seen: /\b(ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT)\b|timeout expired|connection timeout|timeout exceeded|TimeoutError/,
    message: (s) =>
      `The host in ${s} does not answer. Check host and port, and that a firewall or an allow list lets this machine in.`,
  },
  {
    kind: 'tls_needed',
    seen: /no encryption|SSL off|SSL (connection is )?required|connection is insecure|requires? (SSL|TLS)|ESSLREQUIRED/i,
    message: (s) => `The database takes only connections with TLS. Add sslmode=verify-full to ${s}.`,
  },
  {
    kind: 'tls_missing',
    seen: /does not support SSL|error establishing an SSL connection|EPROTO|ERR_SSL_/i,
    message: (s) =>
      `${s} asks for TLS, and the database does not offer it. Switch TLS on there, or put sslmode=disable in ${s}.`,
  },
  {
    kind: 'tls_untrusted',
    seen: /SELF_SIGNED|UNABLE_TO_\w+|CERT_\w+|ERR_TLS_CERT\w+|CERTIFICATE_VERIFY/,
    message: (s) =>
      `The database's TLS certificate is not trusted here. Add sslrootcert=<file of its authority> to ${s}, and check that the host is the one the certificate names.`,
  },
  {
    kind: 'user_unknown',
    seen: /tenant or user not found|no such user|^28000 .*(role|not permitted to log in)/i,
    message: (s) =>
      `The user in ${s} is not known to the database, or may not log in. Correct the user (Supabase's pooler wants postgres.<project>).`,
  },
  {
    kind: 'password_missing',
    seen: /password must be a (non-empty )?string/i,
    message: (s) => `The database wants a password, and ${s} has none. Put it there as postgres://user:password@host.`,
  },
  {
    kind: 'password_wrong',
    seen: /^28P01|password authentication failed|SASL (authentication )?failed|auth failed/i,
    message: (s) =>
      `The user or password in ${s} is wrong. Correct it (special characters percent-encoded, as %40 for @).`,
  },
  {
    kind: 'host_not_allowed',
    seen: /^28000/,
    message: (s) =>
      `The database does not let this machine or user in (pg_hba.conf). Add a line for the user and database in ${s} there.`,
  },
  {
    kind: 'database_missing',
    seen: /^3D000|no such database/i,
    message: (s) =>
      `The database named in ${s} does not exist. Create it with createdb, or correct the name after the last slash.`,
  },
  {
    kind: 'too_many_connections',
    seen: /^53300|no more connections allowed|max ?client ?conn|too many (clients|connections)|connection slots/i,
    message: (s) =>
      `The database has no free connection left. Raise its limit, stop other programs, or put a pooler's address in ${s}.`,
  },
  {
    kind: 'parameter_refused',
    seen: /unsupported startup parameter/i,
    message: (s) =>
      `The pooler refuses a parameter of the connection. Remove what follows the ? in ${s}, but for sslmode.`,
  },
  {
    kind: 'read_only',
    seen: /^25006|read-only/,
    message: (s) =>
      `The database only reads (a replica, or default_transaction_read_only is on). Put the address of the primary in ${s}.`,
  },
  {
    kind: 'may_not_create',
    seen: /^42501 .*(database|to create|create role|schema (public|supabase_migrations)|must be owner|extension)/i,
    message: (s) =>
      `The user in ${s} may not create what Patchbay needs. Run \`npm run migrate\` as the database's owner with the right CREATEROLE, or grant both to it.`,
  },
  {
    kind: 'may_not_use',
    seen: /^42501/,
    message: (s) =>
      `The user in ${s} may not use the schema patchbay. Use the user that ran \`npm run migrate\`, or grant it the role service_role.`,
  },
  {
    kind: 'name_in_the_way',
    seen: /^(42P0[67]|42710|42723|42809|42703) /,
    message: (s) =>
      `The database holds something of a name that Patchbay needs. Rename or drop it, or put another database in ${s}.`,
  },
  {
    kind: 'starting_or_stopping',
    seen: /^57P0\d|^55000/,
    message: (s) => `The database in ${s} is starting, stopping or closed to connections. Try again when it is up.`,
  },
  {
    kind: 'full',
    seen: /^53[12]00/,
    message: (s) => `The server in ${s} has no disk space or memory left. Free some there.`,
  },
  {
    kind: 'no_postgres',
    seen: /Connection terminated|\b(ECONNRESET|EPIPE|UND_ERR_SOCKET)\b|Received unexpected|other side closed/,
    message: (s) =>
      `The connection to the database was cut off. Check that host and port in ${s} are Postgres's, and its log.`,
  },
  {
    kind: 'slow',
    seen: /^57014|Query read timeout/,
    message: (s) => `The database in ${s} took too long to answer. Check its load.`,
  },
]

/** Errors whose own sentence already says what to do. */
const OWN_WORDS = ['config_invalid', 'schema_outdated', 'schema_newer', 'not_allowed'] as const

/** The problem behind an error of `setting` (`DATABASE_URL` or `SUPABASE_URL`); undefined when it is none of the known ones. */
export function findDatabaseProblem(error: unknown, setting: string): DatabaseProblem | undefined {
  if (isAppError(error, ...OWN_WORDS)) return { kind: error.code, message: error.message }
  const seen = wordsOf(error)
  const known = KNOWN.find((one) => seen.some((words) => one.seen.test(words)))
  return known && { kind: known.kind, message: known.message(setting) }
}

/** As above, with a kind for what is not known either. */
export const describeDatabaseProblem = (error: unknown, setting: string): DatabaseProblem =>
  findDatabaseProblem(error, setting) ?? {
    kind: isAppError(error) ? error.code : 'internal',
    message: errorMessageOf(error),
  }

/** True where the database says that the function or its schema is not there. */
export const isSchemaMissing = (error: unknown): boolean =>
  wordsOf(error).some((words) => /^(42883|3F000|PGRST202) /.test(words))

/** `<code> <message>` of an error and its causes, innermost first; an address tried over IPv6 and IPv4 failed twice. */
function wordsOf(error: unknown, depth = 0): string[] {
  if (typeof error !== 'object' || error === null || depth > 6) return []
  const inner = 'errors' in error && Array.isArray(error.errors) ? error.errors[0] : undefined
  const own = ['code', 'message', 'details'].map((name) => textIn(error, name)).join(' ')
  return [
    ...wordsOf(inner, depth + 1),
    ...('cause' in error ? wordsOf(error.cause, depth + 1) : []),
    ...ownWords(error, own),
  ]
}

/** Our own sentences are not evidence. */
const ownWords = (error: object, words: string): string[] => (error instanceof AppError ? [] : [words])

function textIn(value: object, name: string): string {
  const found: unknown = Reflect.get(value, name)
  return typeof found === 'string' ? found : ''
}
