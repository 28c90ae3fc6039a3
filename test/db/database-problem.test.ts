import { createServer, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeDatabaseProblem } from '../../src/db/database-problem.ts'
import { openDatabase } from '../../src/db/open-database.ts'
import { AppError } from '../../src/errors.ts'
import { createEmptyDatabase, query } from '../support/database.ts'
import { freePort } from '../support/free-port.ts'
import { memoryLog } from '../support/log.ts'
import { MIGRATIONS } from '../support/paths.ts'

const said = (code: string, message: string): AppError =>
  new AppError('database_unavailable', 'away', { cause: Object.assign(new Error(message), { code }) })

test.each([
  ['password_wrong', '28P01', 'password authentication failed for user "a"'],
  ['password_wrong', '08P01', 'SASL authentication failed'],
  ['password_missing', '', 'SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string'],
  ['user_unknown', '28000', 'role "a" does not exist'],
  ['user_unknown', 'XX000', 'Tenant or user not found'],
  ['host_not_allowed', '28000', 'pg_hba.conf rejects connection for host "1.2.3.4"'],
  ['database_missing', '3D000', 'database "a" does not exist'],
  ['database_missing', '08P01', 'no such database: a'],
  ['tls_missing', '', 'The server does not support SSL connections'],
  ['tls_needed', '28000', 'no pg_hba.conf entry for host "1.2.3.4", user "a", database "b", no encryption'],
  ['tls_needed', '08P01', 'SSL required'],
  ['tls_needed', '28000', 'connection is insecure (try using `sslmode=require`)'],
  ['tls_untrusted', 'SELF_SIGNED_CERT_IN_CHAIN', 'self-signed certificate in certificate chain'],
  ['tls_untrusted', 'CERT_HAS_EXPIRED', 'certificate has expired'],
  ['tls_untrusted', 'ERR_TLS_CERT_ALTNAME_INVALID', 'Hostname/IP does not match'],
  ['may_not_create', '42501', 'permission denied for database b'],
  ['may_not_create', '42501', 'permission denied to create role'],
  ['may_not_use', '42501', 'permission denied for schema patchbay'],
  ['read_only', '25006', 'cannot execute CREATE SCHEMA in a read-only transaction'],
  ['name_in_the_way', '42P07', 'relation "runs" already exists'],
  ['name_in_the_way', '42710', 'type "runs" already exists'],
  ['name_in_the_way', '42P06', 'schema "patchbay" already exists'],
  ['host_unknown', 'ENOTFOUND', 'getaddrinfo ENOTFOUND db.example'],
  ['name_server_away', 'EAI_AGAIN', 'getaddrinfo EAI_AGAIN db.example'],
  ['refused', 'ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:1'],
  ['refused', 'ENOENT', 'connect ENOENT /tmp/.s.PGSQL.5432'],
  ['unreachable', 'EHOSTUNREACH', 'connect EHOSTUNREACH 10.0.0.1'],
  ['unreachable', '', 'timeout expired'],
  ['too_many_connections', '53300', 'sorry, too many clients already'],
  ['too_many_connections', '08P01', 'no more connections allowed (max_client_conn)'],
  ['too_many_connections', 'XX000', 'Max client connections reached'],
  ['starting_or_stopping', '57P03', 'the database system is starting up'],
  ['full', '53100', 'could not extend file'],
])('%s is known by %s %s', (kind, code, message) => {
  const found = describeDatabaseProblem(said(code, message), 'DATABASE_URL')
  expect(found.kind).toBe(kind)
  expect(found.message).toMatch(/DATABASE_URL/)
})

/** What a start says of `url`: a sentence, without the password. */
async function startWords(url: string): Promise<string> {
  const { log, text } = memoryLog()
  const error: unknown = await openDatabase({ kind: 'postgres', url }, MIGRATIONS, log).catch(
    (caught: unknown) => caught,
  )
  if (!(error instanceof AppError)) throw new Error('it started', { cause: error })
  expect(`${error.message}${text()}`).not.toMatch(/hunter2|\n\s+at |[{}]/)
  return error.message
}

test('a Supabase that is not there is said with its own setting', async () => {
  const open = (url: string) =>
    openDatabase({ kind: 'supabase', url, secretKey: 'sb_secret_hunter2' }, MIGRATIONS, memoryLog().log)
  await expect(open(`http://127.0.0.1:${await freePort()}`)).rejects.toThrow(/^Nothing listens .* SUPABASE_URL/)
  await expect(open('http://nowhere.invalid')).rejects.toThrow(/host in SUPABASE_URL/)
  await expect(open('http://127.0.0.1:9')).rejects.toThrow(/The reason: .*fetch failed\.$/)
})

describe('a start on a real server', () => {
  const resources = new AsyncDisposableStack()
  let url = ''
  let tcp = 0
  /** Asks of a client for a password and refuses it, as a server with other settings than the tests' would. */
  const fakes = new Set<Socket>()
  beforeAll(async () => {
    const database = resources.use(await createEmptyDatabase())
    url = database.url
    tcp = await freePort()
    const server = createServer((socket) => {
      fakes.add(socket)
      socket.on('error', () => undefined)
      // The answer to an SSLRequest: no.
      socket.once('data', () => socket.write('N'))
    })
    await new Promise<void>((resolve) => server.listen(tcp, '127.0.0.1', resolve))
    resources.defer(() => {
      for (const socket of fakes) socket.destroy()
      server.close()
    })
  })
  afterAll(() => resources.disposeAsync())
  const as = (user: string) => url.replace(/\/\/[^@/]*@/, `//${user}:hunter2@`)

  test('a database that does not exist', async () => {
    expect(await startWords(url.replace(/empty_\w+/, 'nowhere'))).toMatch(/does not exist.*createdb.*"nowhere"/)
  })

  test('a user that does not exist', async () => {
    expect(await startWords(as('nobody_here'))).toMatch(/user in DATABASE_URL is not known.*"nobody_here"/)
  })

  test('a role without the right to create', async () => {
    await query(url, 'create role may_little login')
    expect(await startWords(as('may_little'))).toMatch(
      /may not create what Patchbay needs.*"may_little".*permission denied/,
    )
    await query(url, 'drop role may_little')
  })

  test('a database that only reads', async () => {
    expect(await startWords(`${url}&options=-c%20default_transaction_read_only%3Don`)).toMatch(/only reads.*primary/)
  })

  test.each([
    ['create schema patchbay', 'drop schema patchbay'],
    [
      'create schema supabase_migrations; create table supabase_migrations.schema_migrations (id int)',
      'drop schema supabase_migrations cascade',
    ],
    [
      'create schema supabase_migrations; create type supabase_migrations.schema_migrations as (id int)',
      'drop schema supabase_migrations cascade',
    ],
  ])('something of a name that is needed: %s', async (make, drop) => {
    await query(url, make)
    expect(await startWords(url)).toMatch(/holds something of a name that Patchbay needs/)
    await query(url, drop)
  })

  test('TLS that is asked for and not there', async () => {
    for (const mode of ['require', 'verify-full'])
      expect(await startWords(`postgres://a:hunter2@127.0.0.1:${tcp}/b?sslmode=${mode}`)).toMatch(
        /asks for TLS.*sslmode=disable/,
      )
  })

  test('a port or socket where nothing listens, and a host that does not exist', async () => {
    const port = await freePort()
    expect(await startWords(`postgres://a:hunter2@127.0.0.1:${port}/b`)).toMatch(/Nothing listens.*a" at 127.0.0.1/)
    expect(await startWords('postgres://a:hunter2@localhost/b?host=/nowhere')).toMatch(/Nothing listens/)
    expect(await startWords('postgres://a:hunter2@nowhere.invalid/b')).toMatch(/no name server|could not be looked up/)
  })

  test('a string that cannot be read', async () => {
    for (const one of [
      'postgres://a:hunter2/x@h/b',
      'postgres://a:%hunter2%@h/b',
      'mysql://a:hunter2@h/b',
      'postgres://a:hunter2@h/b?sslrootcert=/nowhere',
    ])
      expect(await startWords(one), one).toMatch(/DATABASE_URL cannot be read|does not exist|looked up/)
  })
})
