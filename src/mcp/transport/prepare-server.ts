import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { AppError, hasSystemCode } from '../../errors.ts'
import { installPackage } from '../../sandbox/install-package.ts'
import type { SandboxRequest } from '../../sandbox/sandbox-request.ts'
import { fillHeaders, fillTexts, type StdioTarget } from '../protocol/server-target.ts'
import type { ServerCommand } from './server-process.ts'
import type { OpenDeps } from './session.ts'

const PackageFile = z.object({
  version: z.string(),
  bin: z.union([
    z.string().transform((path): Record<string, string> => ({ '': path })),
    z.record(z.string(), z.string()),
  ]),
})

/** The system's certificate authorities count too, as a company's own proxy needs. */
const BASE_ENV = { LANG: 'C.UTF-8', NODE_USE_SYSTEM_CA: '1' }
const PROGRAM_FOLDERS = ['/usr/local/bin', '/usr/bin', '/bin']
const PATH = [dirname(process.execPath), ...PROGRAM_FOLDERS].join(':')
const PYPI_HOSTS = ['pypi.org', 'files.pythonhosted.org']
const MEMORY_MB = 256
const DISK_MB = 256

/** How to start a server in the sandbox; disposed of, its ways out are closed. Of our environment it gets only the path to programs. */
export async function prepareServer(
  { sandbox, egress, projectRoot }: OpenDeps,
  target: StdioTarget,
  secrets: Record<string, string>,
  signal: AbortSignal,
): Promise<ServerCommand & AsyncDisposable> {
  if (sandbox.refusal !== undefined) throw new AppError('server_start_failed', sandbox.refusal)
  if (target.from !== 'npm' && !sandbox.isWhole) throw createSandboxNeededError(target)
  const values = { ...target.values, ...secrets }
  const tcp = await Promise.all(fillTexts(target.reaches, values).map((address) => egress.check(address)))
  const program = await programOf(target, projectRoot, signal)
  const [home] = target.folders
  const prepared = await sandbox.prepare({
    ...program,
    args: [...program.args, ...fillTexts(target.args, values)],
    env: { ...fillHeaders(target.env, values), ...BASE_ENV, HOME: home, PATH },
    home,
    hosts: [...program.hosts, ...fillTexts(target.hosts, values).map((host) => host.toLowerCase())],
    tcp,
    keeps: target.keeps ?? true,
    memoryMb: target.memoryMb ?? MEMORY_MB,
    diskMb: target.diskMb ?? DISK_MB,
  })
  return { ...prepared, cwd: home }
}

type Program = Pick<SandboxRequest, 'command' | 'args' | 'readable' | 'hosts'>

/** The package's script, run by our own Node; or a program of the machine, which for packages from PyPI is uvx. */
async function programOf(target: StdioTarget, projectRoot: string, signal: AbortSignal): Promise<Program> {
  if (target.from === 'machine')
    return { command: findProgram(target, target.package), args: [], readable: [], hosts: [] }
  if (target.from === 'pypi') {
    const command = findProgram(target, 'uvx')
    const args = ['--from', `${target.package}==${target.version}`, target.bin ?? target.package]
    return { command, args, readable: [join(dirname(command), 'uv')], hosts: PYPI_HOSTS }
  }
  const root = await packageRootOf(target, projectRoot, signal)
  const folder = join(root, 'node_modules')
  const script = await scriptIn(folder, target)
  if (script === undefined) throw createMissingPackageError(target, undefined)
  return { command: process.execPath, args: [script], readable: [folder], hosts: [] }
}

/** The project, where it has the exact version, else a folder that the card's own lock is installed in. */
async function packageRootOf(target: StdioTarget, projectRoot: string, signal: AbortSignal): Promise<string> {
  if ((await scriptIn(join(projectRoot, 'node_modules'), target)) !== undefined) return projectRoot
  const { source } = target
  if (source === undefined || !existsSync(source.lock)) throw createMissingPackageError(target, undefined)
  try {
    return await installPackage(source, { ...BASE_ENV, PATH }, signal)
  } catch (error) {
    signal.throwIfAborted()
    throw createMissingPackageError(target, error)
  }
}

/** The script that starts the package, where it is there at the exact version. */
async function scriptIn(nodeModules: string, target: StdioTarget): Promise<string | undefined> {
  const folder = join(nodeModules, target.package)
  const text = await readFile(join(folder, 'package.json'), 'utf8').catch((error: unknown) => {
    if (hasSystemCode(error, 'ENOENT')) return undefined
    throw error
  })
  if (text === undefined) return undefined
  const file = PackageFile.parse(JSON.parse(text))
  if (file.version !== target.version) return undefined
  const script = target.bin === undefined ? Object.values(file.bin)[0] : file.bin[target.bin]
  return script === undefined ? undefined : join(folder, script)
}

/** uv puts itself into the home of whoever installs it. */
function findProgram({ title }: StdioTarget, name: string): string {
  const found = [...PROGRAM_FOLDERS, join(homedir(), '.local', 'bin')]
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path))
  if (found !== undefined) return found
  throw new AppError(
    'server_start_failed',
    `${title} needs the program ${name}, which is missing here. Whoever runs Patchbay can install it.`,
  )
}

const createSandboxNeededError = ({ title }: StdioTarget): AppError =>
  new AppError(
    'server_start_failed',
    `${title} is only started in a sandbox, and there is none here. Whoever runs Patchbay can install bubblewrap.`,
  )

const createMissingPackageError = ({ package: name, version }: StdioTarget, cause: unknown): AppError =>
  new AppError(
    'server_start_failed',
    `The package ${name}@${version} could not be fetched. Whoever runs Patchbay can install it: npm install ${name}@${version}`,
    { cause },
  )
