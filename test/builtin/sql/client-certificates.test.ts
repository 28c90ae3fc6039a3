import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { UserId, WorkspaceId } from '../../../src/ids.ts'
import { CA, CLIENT, CLIENT_KEY, OLD, OTHER_KEY } from '../../fixtures/certificates.ts'
import { startConnectHouse } from '../../support/connect-house.ts'
import { startTlsPostgres } from '../../support/tls-postgres.ts'

const OPENSSL = '/usr/bin/openssl'
const BY = { workspace: WorkspaceId.parse('T0000000001'), user: UserId.parse('U0000000001') }
const OWN = { cert: CLIENT, key: CLIENT_KEY, ca: CA }

const resources = new AsyncDisposableStack()
let database: Awaited<ReturnType<typeof startTlsPostgres>>
let house: Awaited<ReturnType<typeof startConnectHouse>>
beforeAll(async () => {
  database = resources.use(await startTlsPostgres())
  house = resources.use(await startConnectHouse({ allow: ['127.0.0.1'] }))
}, 60_000)
afterAll(() => resources.disposeAsync())

let made = 0
const connect = (inputs: Record<string, string>, dsn = database.dsn) =>
  house.connect.connect(
    BY,
    { card: 'postgres', name: `own-${made++}`, inputs: { dsn, ...inputs } },
    AbortSignal.timeout(20_000),
  )

test('a database lets in who shows the certificate of its user, and is known by its own CA', async () => {
  expect(await connect(OWN)).toMatchObject({ ok: true, connection: { tools: [{}, {}] } })
  const rows = await house.everythingInTheDatabase()
  for (const secret of [CLIENT_KEY, CLIENT, CA]) expect(rows).not.toContain(secret.split('\n')[1])
})

test.each<[string, Record<string, string>, RegExp]>([
  ['no certificate', { ca: CA }, /connection requires a valid client certificate/],
  ['no CA, where the server’s name is checked', { cert: CLIENT, key: CLIENT_KEY }, /its certificate/],
  ['another CA', { ...OWN, ca: CLIENT }, /its certificate/],
  ['an old certificate', { ...OWN, cert: OLD }, /expired on 2020-02-01/],
  ['no key', { cert: CLIENT, ca: CA }, /works only with its key/],
  ['another key', { ...OWN, key: OTHER_KEY }, /belongs to another certificate/],
])('with %s it says so', async (_what, inputs, words) => {
  expect(JSON.stringify(await connect(inputs))).toMatch(words)
})

test('a certificate for another user is refused', async () => {
  const said = await connect(OWN, database.dsn.replace('client@', 'postgres@'))
  expect(said).toMatchObject({ message: expect.stringMatching(/authentication failed for user "postgres"/) })
})

if (existsSync(OPENSSL))
  test('a certificate of nobody we know is refused in words', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'patchbay-stranger-'))
    const files = { key: join(folder, 'key.pem'), cert: join(folder, 'cert.pem') }
    const kind = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-subj',
      '/CN=client',
    ]
    execFileSync(OPENSSL, [...kind, '-keyout', files.key, '-out', files.cert], { stdio: 'ignore' })
    const own = { cert: readFileSync(files.cert, 'utf8'), key: readFileSync(files.key, 'utf8'), ca: CA }
    rmSync(folder, { recursive: true })
    expect(await connect(own)).toMatchObject({
      message: expect.stringMatching(/did not accept the client certificate/),
    })
  })
