import { existsSync, lstatSync, readlinkSync } from 'node:fs'
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AppError } from '../errors.ts'
import { type NetworkDestination, openProxy, openTcpRelay, type RelayDeps } from './relay.ts'
import { limitArgsFor, type SandboxedCommand, type SandboxRequest } from './sandbox-request.ts'
import { setOwner } from './separate-user.ts'

/** `hidden`: the app's own folders, wherever they are. */
export type SandboxFolders = { hidden: string[] }

const BWRAP = '/usr/bin/bwrap'
const SOCAT = '/usr/bin/socat'
const PROXY_PORT = 3128
const SOCKETS = '/run/patchbay'
const TMP_BYTES = 64 * 1024 * 1024

/** The system's programs and libraries, which hold nothing of the app's. */
const SYSTEM = ['/usr', '/bin', '/sbin', '/lib', '/lib64', '/lib32', '/libx32']

/** See bwrap(1). The sandbox sees nothing of the app's environment, as `bwrap` itself gets only the server's. */
const ALONE = [
  ...['--unshare-user', '--unshare-all', '--disable-userns', '--die-with-parent', '--new-session', '--cap-drop', 'ALL'],
  ...['--uid', '1000', '--gid', '1000', '--hostname', 'sandbox'],
]

/** No process is charged for files in memory, so each such folder is small, and nothing else can be written to. */
const inMemory = (folder: string): string[] => ['--size', String(TMP_BYTES), '--tmpfs', folder]
const PLACES = [
  '--proc',
  '/proc',
  '--dev',
  '/dev',
  ...inMemory('/dev/shm'),
  '--remount-ro',
  '/dev',
  ...inMemory('/tmp'),
]

/** Starts a command in namespaces of its own, where it sees and reaches only what the request names. */
export async function prepareBubblewrap(
  request: SandboxRequest,
  { hidden }: SandboxFolders,
  deps: RelayDeps,
): Promise<SandboxedCommand> {
  await using opening = new AsyncDisposableStack()
  // It may have been another user's, started on this machine before there was a sandbox.
  if (process.getuid?.() === 0) await setOwner(request.home, 0)
  const room = await mkdtemp(join(tmpdir(), 'patchbay-'))
  opening.defer(() => rm(room, { recursive: true, force: true }))
  const network = await openNetwork(room, request, deps, opening)
  await writeEtc(join(room, 'etc'), request.tcp)
  // The program may be a link into a folder that is not there.
  const command = await realpath(request.command)
  const args = [
    ...ALONE,
    ...SYSTEM.flatMap(systemArgs),
    ...PLACES,
    ...hidden.filter(isInSystem).flatMap(inMemory),
    ...readOnly(join(room, 'etc'), '/etc'),
    ...['/etc/ssl/certs', '/etc/pki', '/etc/ld.so.cache'].filter(existsSync).flatMap((path) => readOnly(path)),
    ...network.mounts,
    ...[command, ...request.readable]
      .filter((path) => !isInSystem(path) || hidden.some(holds(path)))
      .flatMap((path) => readOnly(path)),
    ...(request.keeps ? ['--bind', request.home, request.home] : inMemory(request.home)),
    ...['--chdir', request.home],
    ...['/', ...hidden.filter(isInSystem)].flatMap((folder) => ['--remount-ro', folder]),
    '--',
    ...[...limitArgsFor(request), ...network.command, command, ...request.args],
  ]
  const stack = opening.move()
  return {
    command: BWRAP,
    args,
    env: { ...request.env, ...network.env },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

const readOnly = (from: string, to = from): string[] => ['--ro-bind', from, to]
const isInSystem = (path: string): boolean => path.startsWith('/usr/')
const holds = (path: string) => (folder: string) => path.startsWith(`${folder}/`)

/** On most systems /bin and /lib are links into /usr. */
function systemArgs(path: string): string[] {
  if (!existsSync(path)) return []
  return lstatSync(path).isSymbolicLink() ? ['--symlink', readlinkSync(path), path] : readOnly(path)
}

/** What programs expect: a name for the user, and names of hosts without asking anybody. */
async function writeEtc(folder: string, tcp: NetworkDestination[]): Promise<void> {
  await mkdir(join(folder, 'ssl', 'certs'), { recursive: true })
  await mkdir(join(folder, 'pki'))
  const named = tcp.map(({ host }, at) => `${loopbackOf(at)} ${host}\n`)
  const own = tcp.some(({ host }) => host === 'localhost') ? [] : ['127.0.0.1 localhost\n']
  const files = {
    'ld.so.cache': '',
    passwd: 'server:x:1000:1000::/:/bin/false\n',
    group: 'server:x:1000:\n',
    'nsswitch.conf': 'hosts: files\n',
    hosts: [...own, ...named].join(''),
  }
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(folder, name), text)))
}

/** All of 127.0.0.0/8 is the sandbox's own: each host gets an address, so that a server may check its name as ever. */
const loopbackOf = (at: number): string => `127.0.0.${at + 2}`

type SandboxNetwork = { mounts: string[]; command: string[]; env: Record<string, string> }

/** Opens a socket for each way out, and says how the server finds them: inside, socat carries loopback ports to these sockets. */
async function openNetwork(
  room: string,
  { hosts, tcp }: SandboxRequest,
  deps: RelayDeps,
  opening: AsyncDisposableStack,
): Promise<SandboxNetwork> {
  if (hosts.length === 0 && tcp.length === 0) return { mounts: [], command: [], env: {} }
  if (!existsSync(SOCAT))
    throw new AppError(
      'server_start_failed',
      'This server needs a network, and socat is missing here. Whoever runs Patchbay can install it.',
    )
  const run = join(room, 'run')
  await mkdir(run)
  const ways: { listen: string; socket: string }[] = []
  if (hosts.length > 0) {
    opening.use(await openProxy(join(run, 'proxy'), hosts, deps))
    ways.push({ listen: `127.0.0.1:${PROXY_PORT}`, socket: 'proxy' })
  }
  for (const [at, to] of tcp.entries()) {
    if (isIP(to.host) !== 0 || to.port < 1024)
      throw new AppError(
        'input_invalid',
        `"${to.host}:${to.port}" cannot be opened here. Enter a host by its name, with a port from 1024 on.`,
      )
    opening.use(await openTcpRelay(join(run, `tcp${at}`), to, deps))
    ways.push({ listen: `${loopbackOf(at)}:${to.port}`, socket: `tcp${at}` })
  }
  const proxy = `http://127.0.0.1:${PROXY_PORT}`
  return {
    mounts: readOnly(run, SOCKETS),
    command: ['/bin/sh', '-c', `${ways.map(relayLine).join('')}exec "$@"`, 'sh'],
    env: hosts.length === 0 ? {} : { HTTP_PROXY: proxy, HTTPS_PROXY: proxy, NODE_USE_ENV_PROXY: '1' },
  }
}

/** Its pipes are closed: whoever reads the server's output would otherwise wait for socat. */
function relayLine({ listen, socket }: { listen: string; socket: string }): string {
  const [host, port] = listen.split(':')
  return `${SOCAT} TCP-LISTEN:${port},bind=${host},fork,reuseaddr UNIX-CONNECT:${SOCKETS}/${socket} </dev/null >/dev/null 2>&1 & `
}
