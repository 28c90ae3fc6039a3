import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { errorChainOf } from '../errors.ts'
import type { Log } from '../log.ts'
import { prepareBubblewrap } from './bubblewrap.ts'
import type { RelayDeps, SocketConnector } from './relay.ts'
import type { SandboxedCommand, SandboxRequest } from './sandbox-request.ts'
import { prepareSeparateUser } from './separate-user.ts'
import { watchProcesses } from './watch-processes.ts'

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
    return { isWhole: true, summary: 'in a sandbox (bubblewrap)', refusal: undefined, prepare: prepareWith(whole) }
  log.warn({ why }, 'no sandbox')
  const refusal = setting === 'required' || !isLocal ? REFUSAL : undefined
  if (refusal !== undefined)
    return { ...createOpenSandbox(`not started: there is no sandbox here (${why}); see MCP_SANDBOX`), refusal }
  const asUser = (request: SandboxRequest) => prepareSeparateUser(request, deps.dataDir)
  if (
    process.getuid?.() === 0 &&
    existsSync(join(programs, 'setpriv')) &&
    (await failureOf(asUser, deps.dataDir)) === undefined
  )
    return {
      isWhole: false,
      summary: `without a sandbox (${why}), each with a user of its own and the whole network`,
      refusal: undefined,
      prepare: prepareWith(asUser),
    }
  return createOpenSandbox(`without a sandbox (${why}), with Patchbay's own rights`)
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

/** Half of what a Node server may have is for its heap: it then ends itself before it is ended. */
const prepareWith =
  (prepare: (request: SandboxRequest) => Promise<SandboxedCommand>): Sandbox['prepare'] =>
  async (request) => {
    const { command, args, memoryMb } = request
    const heap = command === process.execPath ? [`--max-old-space-size=${memoryMb / 2}`] : []
    const prepared = await prepare({ ...request, args: [...heap, ...args] })
    return { ...prepared, wrapped: true, watch: (pid, onExceeded) => watchProcesses(pid, memoryMb, onExceeded) }
  }

const TRY_MS = 10_000

/** Starts Node in a folder below `under`, which also finds out whether the kernel and a container around us allow it. */
async function failureOf(
  prepare: (request: SandboxRequest) => Promise<SandboxedCommand>,
  under: string,
): Promise<string | undefined> {
  await mkdir(under, { recursive: true })
  const home = await mkdtemp(join(under, 'sandbox-'))
  try {
    const args = ['-e', 'require("node:fs").writeFileSync("tried", "")']
    const request = { command: process.execPath, args, env: {}, home, readable: [], hosts: [], tcp: [], memoryMb: 256 }
    await using started = await prepare(request)
    await promisify(execFile)(started.command, started.args, { env: started.env, timeout: TRY_MS, cwd: home })
    return undefined
  } catch (error) {
    return firstLineOf(error)
  } finally {
    await rm(home, { recursive: true, force: true })
  }
}

const firstLineOf = (error: unknown): string => {
  const stderr = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : ''
  return (stderr || errorChainOf(error)).split('\n', 1).join()
}
