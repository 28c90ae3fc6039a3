import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type PriorDiscovery, ProtocolError, SdkError, SdkErrorCode } from '@modelcontextprotocol/client'
import { z } from 'zod'
import { AppError, hasSystemCode, isAppError } from '../../errors.ts'
import { truncate } from '../../text.ts'
import { classifyError, toAppError } from '../protocol/classify-error.ts'
import { createUnknownVersionError, olderVersionsFor } from '../protocol/older-versions.ts'
import type { Redactor } from '../protocol/redactor.ts'
import { describeServerError } from '../protocol/server-error-text.ts'
import { fillHeaders, fillTexts, type StdioTarget } from '../protocol/server-target.ts'
import type { OpenDeps, Session, SessionRequest, Wiring } from './session.ts'
import { createStdioTransport, type ServerCommand, type StdioTransport } from './stdio-transport.ts'

// From installed files a server is up within 1-3 s, also on a busy machine; npx may have to download it first.
const START_MS = 30_000
const FETCH_MS = 120_000
// Some servers never answer what they do not know; this long the first open of such a server waits.
const PROBE_MS = 5_000
const FETCH_PROBE_MS = 60_000
const MAX_WORDS_CHARS = 300

type StdioOpening = SessionRequest & { target: StdioTarget; redactor: Redactor }
type ConnectResult = { session: Session } | { error: unknown; transport: StdioTransport }

/** Starts the server and agrees on a protocol. Asked in place, a server may end at the question; then it is started once more. */
export async function openStdioSession(
  deps: OpenDeps,
  opening: StdioOpening,
  wiring: Wiring,
  signal: AbortSignal,
): Promise<Session> {
  const { target, secrets } = opening
  for (const address of fillTexts(target.reaches, { ...target.values, ...secrets })) await deps.egress.check(address)
  const command = await serverCommandOf(target, secrets, deps.projectRoot)
  const result = await connectAnyVersion(command, wiring, signal)
  if ('session' in result) return result.session
  signal.throwIfAborted()
  throw createStartError(opening, command, result)
}

/** Asks in the new protocol, then in the old, then for each older revision that the server may know. */
async function connectAnyVersion(command: ServerCommand, wiring: Wiring, signal: AbortSignal): Promise<ConnectResult> {
  const { prior } = wiring
  const first = await connect(command, prior, wiring, signal)
  if ('session' in first || signal.aborted || !isNegotiationFailure(first.error)) return first
  let last = await connect(command, prior ? undefined : { kind: 'legacy' }, wiring, signal)
  for (const versions of 'session' in last ? [] : olderVersionsFor(last.error)) {
    if ('session' in last || signal.aborted) break
    const older: Wiring = { ...wiring, newClient: (probeMs) => wiring.newClient(probeMs, versions) }
    last = await connect(command, { kind: 'legacy' }, older, signal)
  }
  return last
}

async function connect(
  command: ServerCommand,
  prior: PriorDiscovery | undefined,
  wiring: Wiring,
  signal: AbortSignal,
): Promise<ConnectResult> {
  const fetched = isFetchedByNpx(command)
  const transport = createStdioTransport(command, wiring.shutdown)
  const client = wiring.newClient(fetched ? FETCH_PROBE_MS : PROBE_MS)
  const timeout = fetched ? FETCH_MS : START_MS
  // The SDK does not look at the signal while it negotiates.
  const stop = () => void transport.close()
  signal.addEventListener('abort', stop, { once: true })
  try {
    await client.connect(transport, { signal, timeout, ...(prior && { prior }) })
    // A known modern server is not asked anything at connect, so whether it started would only show in the first call.
    if (prior?.kind === 'modern') await client.discover({ signal, timeout })
  } catch (error) {
    await transport.close()
    return { error, transport }
  } finally {
    signal.removeEventListener('abort', stop)
  }
  const connected = {
    client,
    close: async () => {
      await client.close()
      await transport.close()
    },
  }
  return { session: wiring.finish(connected, 'other') }
}

/** The server answered with an error, or ended at the question, so another protocol may work. */
const isNegotiationFailure = (error: unknown): boolean =>
  error instanceof ProtocolError || (error instanceof SdkError && error.code === SdkErrorCode.EraNegotiationFailed)

function createStartError(
  { target, redactor }: StdioOpening,
  command: ServerCommand,
  failed: { error: unknown; transport: StdioTransport },
): AppError {
  const { error, transport } = failed
  if (isAppError(error)) return error
  const unknown = createUnknownVersionError(target.title, error)
  if (unknown !== undefined) return unknown
  const { line, isError } = transport.lastWords()
  const stderr = redactor.text(line)
  if (
    isFetchedByNpx(command) &&
    (stderr === '' || /^npm (err|error|warn)/i.test(stderr) || hasSystemCode(error, 'ENOENT'))
  )
    return new AppError(
      'server_start_failed',
      `The package ${target.package}@${target.version} could not be fetched. Whoever runs Patchbay can install it: npm install ${target.package}@${target.version}`,
      { cause: error },
    )
  const timedOut = error instanceof SdkError && error.code === SdkErrorCode.RequestTimeout
  if (timedOut)
    return toAppError(
      classifyError(error, {
        title: target.title,
        docs: target.docs,
        seconds: START_MS / 1000,
        signedIn: true,
        known: false,
        connecting: true,
      }),
      error,
    )
  const why = startFailureText(transport, error instanceof ProtocolError ? redactor.text(error.message) : undefined, {
    stderr,
    isError,
  })
  return new AppError('server_start_failed', `${target.title} could not start: ${why}`, { cause: error })
}

/** A greeting on stderr is no reason; it is where the server was killed, or ended as if all were well. */
function startFailureText(
  transport: StdioTransport,
  answer: string | undefined,
  { stderr, isError }: { stderr: string; isError: boolean },
): string {
  const advice = 'Check what you filled in and try again.'
  const ending = transport.ending()
  const fault = transport.fault()
  if (fault !== undefined) return `${fault}, which is more than I can take. Tell whoever makes this server.`
  if (isError || (stderr !== '' && ending?.startsWith('code ') && ending !== 'code 0'))
    return describeServerError(stderr, advice)
  const lastWords = stderr === '' ? '' : ` Its last words: "${truncate(stderr, MAX_WORDS_CHARS)}".`
  if (ending?.startsWith('SIG')) return `it was ended from outside (${ending}). Try again.${lastWords}`
  if (answer !== undefined) return describeServerError(answer, advice)
  return `it ended before it answered. ${advice}${lastWords}`
}

const PackageFile = z.object({
  version: z.string(),
  bin: z.union([
    z.string().transform((path): Record<string, string> => ({ '': path })),
    z.record(z.string(), z.string()),
  ]),
})

/** The system's certificate authorities count too, as a company's own proxy needs; a registry that is away is given up soon. */
const BASE_ENV = { LANG: 'C.UTF-8', NODE_USE_SYSTEM_CA: '1', npm_config_fetch_retries: '1' }

/**
 * How to start a server: the package's script from the project's own install at the exact version, run by our own Node,
 * else `npx` at the exact version. Of our environment it gets only the path to the system's programs.
 */
async function serverCommandOf(
  target: StdioTarget,
  secrets: Record<string, string>,
  projectRoot: string,
): Promise<ServerCommand> {
  const values = { ...target.values, ...secrets }
  const args = fillTexts(target.args, values)
  const [home] = target.folders
  const path = [dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'].join(':')
  const env = { ...fillHeaders(target.env, values), ...BASE_ENV, HOME: home, PATH: path }
  const script = await installedScript(target, projectRoot)
  if (script !== undefined) return { command: process.execPath, args: [script, ...args], env, cwd: home }
  return { command: 'npx', args: ['--yes', `${target.package}@${target.version}`, ...args], env, cwd: home }
}

const isFetchedByNpx = (command: ServerCommand): boolean => command.command === 'npx'

async function installedScript(target: StdioTarget, projectRoot: string): Promise<string | undefined> {
  const folder = join(projectRoot, 'node_modules', target.package)
  const text = await readFile(join(folder, 'package.json'), 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined) return undefined
  const file = PackageFile.parse(JSON.parse(text))
  if (file.version !== target.version) return undefined
  const script = target.bin === undefined ? Object.values(file.bin)[0] : file.bin[target.bin]
  return script === undefined ? undefined : join(folder, script)
}
