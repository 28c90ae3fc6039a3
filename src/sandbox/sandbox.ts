import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { AppError, errorChainOf } from '../errors.ts'
import type { Log } from '../log.ts'
import { prepareBubblewrap } from './bubblewrap.ts'
import { countBytesIn } from './folder-size.ts'
import type { RelayDeps, SocketConnector } from './relay.ts'
import type { SandboxedCommand, SandboxRequest } from './sandbox-request.ts'
import { closeProject, prepareSeparateUser, uidFor } from './separate-user.ts'
import { findProcessesOf, findTreeOf, watchProcesses } from './watch-processes.ts'

/** What the operator wants: `auto` takes what there is, `required` does without servers where there is none. */
export type SandboxSetting = 'auto' | 'required' | 'off'

/** A sandboxed server: how to start it, and what watches it. */
export type SandboxedServer = SandboxedCommand & {
  /** It ends with the signal n where its code is 128 + n, as a shell has it. */
  wrapped: boolean
  watch(pid: number, onExceeded: (why: string) => void): () => void
}

export type Sandbox = {
  /** Closes off files, processes and the network, as opposed to only some of it. */
  isWhole: boolean
  /** For whoever runs the app. */
  summary: string
  /** Why no server is started, in sentences for a person; undefined: they are. */
  refusal: string | undefined
  prepare(request: SandboxRequest): Promise<SandboxedServer>
}

type SandboxDeps = {
  setting: SandboxSetting
  /** Everybody here is on this machine: only the local emulator's people. */
  isLocal: boolean
  projectRoot: string
  dataDir: string
  connect: SocketConnector
  log: Log
  /** Where bwrap and setpriv are; left out: where Debian has them. */
  programs?: string | undefined
}

/** Tries once what works on this machine. */
export async function openSandbox(deps: SandboxDeps): Promise<Sandbox> {
  const { setting, isLocal, log, programs = '/usr/bin' } = deps
  if (setting === 'off') return createOpenSandbox("without a sandbox (MCP_SANDBOX=off), with Patchbay's own rights")
  const relay: RelayDeps = {
    connect: deps.connect,
    onRefused: (to, error) =>
      log.warn({ to, reason: error && errorChainOf(error) }, 'a server was kept from an address'),
  }
  const hidden = [deps.projectRoot, deps.dataDir, homedir()]
  const whole = (request: SandboxRequest) => prepareBubblewrap(request, { hidden }, relay)
  const why = existsSync(join(programs, 'bwrap')) ? await failureOf(whole, tmpdir()) : 'bubblewrap is not installed'
  if (why === undefined)
    return {
      isWhole: true,
      summary: 'in a sandbox (bubblewrap)',
      refusal: undefined,
      prepare: prepareWith(whole, () => findTreeOf),
    }
  log.warn({ why }, 'no sandbox')
  const refusal = setting === 'required' || !isLocal ? REFUSAL : undefined
  if (refusal !== undefined)
    return { ...createOpenSandbox(`not started: there is no sandbox here (${why}); see MCP_SANDBOX`), refusal }
  return (
    (await openSeparateUsers(deps, why)) ?? createOpenSandbox(`without a sandbox (${why}), with Patchbay's own rights`)
  )
}

/** Runs each server as a user of its own; undefined where the app may not do that. `why`: why there is no bubblewrap. */
async function openSeparateUsers(deps: SandboxDeps, why: string): Promise<Sandbox | undefined> {
  const { dataDir, projectRoot, programs = '/usr/bin', log } = deps
  if (process.getuid?.() !== 0 || !existsSync(join(programs, 'setpriv'))) return undefined
  const asUser = (request: SandboxRequest) => prepareSeparateUser(request, dataDir)
  const find: ProcessFinder = (home) => (_pid, max) => findProcessesOf(uidFor(home), max)
  const prepare = prepareWith(asUser, find)
  await closeProject(projectRoot, dataDir).catch((error: unknown) =>
    log.warn({ why: errorChainOf(error) }, 'the project stays open'),
  )
  const readable = await readableIn(asUser, dataDir, [
    ...['.env', 'package.json'].map((name) => join(projectRoot, name)),
    ...[dataDir, `/proc/${process.pid}/environ`],
  ]).catch((error: unknown) => log.warn({ why: errorChainOf(error) }, 'no users of their own'))
  if (readable === undefined) return undefined
  const also = readable.length === 0 ? '' : `; each can also read ${readable.map((path) => basename(path)).join(', ')}`
  return {
    isWhole: false,
    summary: `without a sandbox (${why}), each with a user of its own, the whole network and /tmp${also}`,
    refusal: undefined,
    // Its folder is on the disk, whatever the card says.
    prepare: (request) => prepare({ ...request, keeps: true }),
  }
}

const REFUSAL =
  "Servers that run on Patchbay's own machine are not started, because there is no sandbox to keep them in. Whoever runs Patchbay can install bubblewrap, or set MCP_SANDBOX=off."

/** Starts servers as they are. */
export const createOpenSandbox = (summary: string): Sandbox => ({
  isWhole: false,
  summary,
  refusal: undefined,
  prepare: async ({ command, args, env }) => ({
    command,
    args,
    env,
    wrapped: false,
    watch: () => () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  }),
})

/** How to find the processes of a server, by the folder it runs in. */
type ProcessFinder = (home: string) => (pid: number, max: number) => number[]

/** Half of what a Node server may have is for its heap: it then ends itself before it is ended. */
const prepareWith =
  (prepare: (request: SandboxRequest) => Promise<SandboxedCommand>, finder: ProcessFinder): Sandbox['prepare'] =>
  async (request) => {
    const { command, args, memoryMb, home } = request
    const folder = request.keeps ? { path: home, maxMb: await roomIn(home, request.diskMb) } : undefined
    const heap = command === process.execPath ? [`--max-old-space-size=${memoryMb / 2}`] : []
    const prepared = await prepare({ ...request, args: [...heap, ...args] })
    const find = finder(home)
    return {
      ...prepared,
      wrapped: true,
      watch: (pid, onExceeded) =>
        watchProcesses(
          (max) => find(pid, max),
          { memoryMb, folder },
          (why) => {
            onExceeded(why)
            prepared.endAll?.()
          },
        ),
    }
  }

const MB = 1024 * 1024

/**
 * A folder that is too full may be tidied up by its server, and not grow. It is found too full only when it already is, so one that a server
 * filled again and again is closed at twice the size.
 */
async function roomIn(home: string, diskMb: number): Promise<number> {
  const found = (await countBytesIn(home)) / MB
  if (found <= diskMb * 2) return Math.max(diskMb, found)
  throw new AppError(
    'server_start_failed',
    `The folder of "${basename(home)}" holds more than ${diskMb * 2} MB, so it is not started. Whoever runs Patchbay can delete files there.`,
  )
}

const TRY_MS = 10_000

const failureOf = (prepare: (request: SandboxRequest) => Promise<SandboxedCommand>, under: string) =>
  readableIn(prepare, under, []).then(() => undefined, firstLineOf)

/**
 * Starts Node in a folder below `under`, which also finds out whether the kernel and a container around us allow it. Returns which of
 * the files and folders it can read.
 */
async function readableIn(
  prepare: (request: SandboxRequest) => Promise<SandboxedCommand>,
  under: string,
  paths: string[],
): Promise<string[]> {
  await mkdir(under, { recursive: true })
  const home = await mkdtemp(join(under, 'sandbox-'))
  try {
    const args = ['-e', TRY, ...paths]
    const where = { home, keeps: true, readable: [], hosts: [], tcp: [] }
    await using started = await prepare({
      command: process.execPath,
      args,
      env: {},
      ...where,
      memoryMb: 256,
      diskMb: 1,
    })
    const options = { env: started.env, timeout: TRY_MS, cwd: home }
    const { stdout } = await promisify(execFile)(started.command, started.args, options)
    return stdout.split('\n').filter(Boolean)
  } finally {
    await rm(home, { recursive: true, force: true })
  }
}

const TRY = `const fs = require('node:fs')
fs.writeFileSync('tried', '')
for (const path of process.argv.slice(1))
  try {
    fs.closeSync(fs.openSync(path))
    console.log(path)
  } catch {}`

const firstLineOf = (error: unknown): string => {
  const stderr = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : ''
  return (stderr || errorChainOf(error)).split('\n', 1).join()
}
