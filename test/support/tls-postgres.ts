import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { findPostgresBinaries } from '../../src/local/database/binaries.ts'
import { chooseLauncher, giveOwnership, runToEnd, startApart } from '../../src/local/database/launch.ts'
import { CA, SERVER, SERVER_KEY } from '../fixtures/certificates.ts'
import { freePort } from './free-port.ts'

/** A Postgres that lets in over TLS alone, and only who has a certificate of the test's CA in the name of the user. */
export async function startTlsPostgres() {
  const [{ initdb, postgres }, launcher, port] = await Promise.all([
    findPostgresBinaries(),
    chooseLauncher(),
    freePort(),
  ])
  const root = await mkdtemp(join(tmpdir(), 'patchbay-tls-'))
  const data = join(root, 'data')
  await mkdir(data, { mode: 0o700 })
  await giveOwnership(launcher, root, data)
  await runToEnd(launcher, [initdb, '-D', data, '-U', 'client', '-A', 'trust', '--no-sync', '-E', 'UTF8'])
  const files = {
    'ca.pem': CA,
    'server.pem': SERVER,
    'server.key': SERVER_KEY,
    'pg_hba.conf': 'hostssl all all 127.0.0.1/32 trust clientcert=verify-full\nlocal all all trust\n',
  }
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(data, name), text, { mode: 0o600 })
    await giveOwnership(launcher, join(data, name))
  }
  const settings = {
    ...{ port, listen_addresses: '127.0.0.1', unix_socket_directories: root, fsync: 'off' },
    ...{ ssl: 'on', ssl_ca_file: 'ca.pem', ssl_cert_file: 'server.pem', ssl_key_file: 'server.key' },
  }
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const running = await startApart(launcher, [postgres, '-D', data, ...options], join(root, 'log'))
  await untilUp(root, port)
  return {
    dsn: `postgres://client@127.0.0.1:${port}/postgres?sslmode=verify-full`,
    async [Symbol.asyncDispose]() {
      process.kill(Number((await readFile(join(data, 'postmaster.pid'), 'utf8')).split('\n', 1)), 'SIGINT')
      await running.exited
      await rm(root, { recursive: true, force: true })
    },
  }
}

async function untilUp(host: string, port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const client = new Client({ host, port, user: 'client', database: 'postgres' })
    try {
      await client.connect()
      await client.end()
      return
    } catch {
      await sleep(100)
    }
  }
  throw new Error('Postgres did not start')
}
