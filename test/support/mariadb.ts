import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createConnection } from 'mysql2'
import { CA, SERVER as SERVER_CERTIFICATE, SERVER_KEY } from '../fixtures/certificates.ts'
import { eventually } from './eventually.ts'
import { freePort } from './free-port.ts'

const SERVER = '/usr/sbin/mariadbd'
const INSTALL = '/usr/bin/mariadb-install-db'

/** Whether Debian's MariaDB is here: without it these tests are not registered. */
export const hasMariadb = existsSync(SERVER) && existsSync(INSTALL)

/** A MariaDB of a test's own, never a service of the machine. The user `app` owns the database `shop`. */
export async function startMariadb() {
  const folder = mkdtempSync(join(tmpdir(), 'patchbay-maria-'))
  const port = await freePort()
  const data = join(folder, 'data')
  const user = process.getuid?.() === 0 ? ['--user=root'] : []
  const install = ['--no-defaults', `--datadir=${data}`, '--auth-root-authentication-method=normal', ...user]
  execFileSync(INSTALL, install, { stdio: 'ignore' })
  const options = [`--datadir=${data}`, `--socket=${join(folder, 's')}`, `--port=${port}`, '--bind-address=127.0.0.1']
  const files = { ca: CA, cert: SERVER_CERTIFICATE, key: SERVER_KEY }
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, name), text)
    options.push(`--ssl-${name}=${join(folder, name)}`)
  }
  const server = spawn(SERVER, ['--no-defaults', ...options, `--pid-file=${join(folder, 'pid')}`, ...user], {
    stdio: 'ignore',
  })
  const asRoot = (sql: string): Promise<unknown[]> => {
    const session = createConnection({ socketPath: join(folder, 's'), user: 'root', multipleStatements: true })
    return new Promise((resolve, reject) => {
      session.on('error', reject)
      session.query(sql, (error, rows) => {
        session.destroy()
        if (error === null) resolve(Array.isArray(rows) ? rows : [])
        else reject(error)
      })
    })
  }
  await eventually(async () => void (await asRoot('SELECT 1')), 20_000)
  await asRoot(
    `CREATE DATABASE shop; CREATE USER app@'127.0.0.1' IDENTIFIED BY 'hunter2222'; GRANT ALL ON shop.* TO app@'127.0.0.1'; CREATE USER client@'127.0.0.1' REQUIRE SUBJECT '/CN=client'; GRANT ALL ON shop.* TO client@'127.0.0.1'`,
  )
  return {
    /** For who shows the certificate of `client`. */
    secureDsn: `mysql://client@127.0.0.1:${port}/shop?sslmode=verify-full`,
    dsn: `mysql://app:hunter2222@127.0.0.1:${port}/shop`,
    asRoot,
    async [Symbol.asyncDispose]() {
      const ended = once(server, 'exit')
      server.kill('SIGKILL')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
