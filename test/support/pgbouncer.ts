import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { chooseLauncher } from '../../src/local/database/launch.ts'
import { eventually } from './eventually.ts'
import { freePort } from './free-port.ts'

/** Debian puts it where only root looks. */
const FOLDERS = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']

/** Undefined on a machine without PgBouncer. */
export const pgbouncer = FOLDERS.map((folder) => join(folder, 'pgbouncer')).find((path) => existsSync(path))

/** A real PgBouncer before the Postgres of `url`, with fewer connections to it than the app opens; `settings` are lines of its own file. */
export async function startPgbouncer(program: string, url: string, settings: string[]) {
  const target = new URL(url)
  const folder = await mkdtemp(join(tmpdir(), 'patchbay-pgbouncer-'))
  await chmod(folder, 0o755)
  const port = await freePort()
  const file = join(folder, 'pgbouncer.ini')
  await writeFile(
    file,
    [
      '[databases]',
      `* = host=${target.searchParams.get('host')} port=5432 user=postgres`,
      '[pgbouncer]',
      `listen_addr = 127.0.0.1\nlisten_port = ${port}\nunix_socket_dir =\n${settings.some((line) => line.startsWith('auth_type')) ? '' : 'auth_type = any'}`,
      ...settings,
    ].join('\n'),
  )
  const { command, uid } = await chooseLauncher()
  const [first = program, ...rest] = [...command, program, '-q', file]
  const child = spawn(first, rest, { stdio: 'ignore', ...(uid !== undefined && { uid, gid: uid }) })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  await eventually(() => reach(port))
  return {
    url: `postgres://anybody@127.0.0.1:${port}${target.pathname}`,
    async [Symbol.asyncDispose]() {
      child.kill('SIGINT')
      const cut = setTimeout(() => child.kill('SIGKILL'), 2_000)
      await ended
      clearTimeout(cut)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const reach = (port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve()
    })
    socket.on('error', reject)
  })
