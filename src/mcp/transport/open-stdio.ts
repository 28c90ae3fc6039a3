import { type PriorDiscovery, ProtocolError, SdkError, SdkErrorCode } from '@modelcontextprotocol/client'
import { AppError, isAppError } from '../../errors.ts'
import { truncate } from '../../text.ts'
import { classifyError, toAppError } from '../protocol/classify-error.ts'
import { createUnknownVersionError, olderVersionsFor } from '../protocol/older-versions.ts'
import type { Redactor } from '../protocol/redactor.ts'
import { describeServerError } from '../protocol/server-error-text.ts'
import type { StdioTarget } from '../protocol/server-target.ts'
import { prepareServer } from './prepare-server.ts'
import type { ServerCommand } from './server-process.ts'
import type { OpenDeps, Session, SessionRequest, Wiring } from './session.ts'
import { createStdioTransport, type StdioTransport } from './stdio-transport.ts'

// A server is up within 1-3 s, also on a busy machine; uvx may have to download it first.
const START_MS = 30_000
const FETCH_MS = 120_000
// Some servers never answer what they do not know; this long the first open of such a server waits.
const PROBE_MS = 5_000
const FETCH_PROBE_MS = 60_000
const MAX_WORDS_CHARS = 300

const INSTALLED: StartTimes = { startMs: START_MS, probeMs: PROBE_MS }
const FETCHED: StartTimes = { startMs: FETCH_MS, probeMs: FETCH_PROBE_MS }

type StartTimes = { startMs: number; probeMs: number }
type Start = ServerCommand & StartTimes
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
  await using preparing = new AsyncDisposableStack()
  const command = preparing.use(await prepareServer(deps, target, secrets, signal))
  const times = target.from === 'pypi' ? FETCHED : INSTALLED
  const result = await connectAnyVersion({ ...command, ...times }, wiring, signal)
  if ('session' in result) {
    const prepared = preparing.move()
    void result.session.ended.then(() => prepared.disposeAsync())
    return result.session
  }
  signal.throwIfAborted()
  throw createStartError(opening, result)
}

/** Asks in the new protocol, then in the old, then for each older revision that the server may know. */
async function connectAnyVersion(command: Start, wiring: Wiring, signal: AbortSignal): Promise<ConnectResult> {
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
  command: Start,
  prior: PriorDiscovery | undefined,
  wiring: Wiring,
  signal: AbortSignal,
): Promise<ConnectResult> {
  const transport = createStdioTransport(command, wiring.shutdown)
  const client = wiring.newClient(command.probeMs)
  const timeout = command.startMs
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
    fault: () => transport.fault(),
    kill: (why: string) => transport.kill(why),
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
  failed: { error: unknown; transport: StdioTransport },
): AppError {
  const { error, transport } = failed
  if (isAppError(error)) return error
  const unknown = createUnknownVersionError(target.title, error)
  if (unknown !== undefined) return unknown
  const { line, isError } = transport.lastWords()
  const stderr = redactor.text(line)
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
