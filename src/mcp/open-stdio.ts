import { type PriorDiscovery, ProtocolError, SdkError, SdkErrorCode } from '@modelcontextprotocol/client'
import { AppError, isAppError } from '../errors.ts'
import type { Command } from './child.ts'
import type { Clean } from './clean.ts'
import { commandOf, isFetched } from './command.ts'
import { eraOf, priorOf } from './era.ts'
import { fillEach } from './fill.ts'
import type { OpenDeps, Opening, Wiring } from './opening.ts'
import { saidAs } from './said.ts'
import type { Session } from './session.ts'
import { createStdioTransport, type StdioTransport } from './stdio.ts'
import type { StdioTarget } from './target.ts'
import { asAppError, troubleOf } from './trouble.ts'

// From installed files a server is up within 1-3 s, also on a busy machine; npx may have to download it first.
const START_MS = 30_000
const FETCH_MS = 120_000
// Some servers never answer what they do not know; this long the first open of such a server waits.
const PROBE_MS = 5_000
const FETCH_PROBE_MS = 60_000

type StdioOpening = Opening & { target: StdioTarget; clean: Clean }
type Attempt = { session: Session } | { error: unknown; transport: StdioTransport }

/** Starts the server and agrees on a protocol. Asked in place, a server may end at the question; then it is started once more. */
export async function openStdio(
  deps: OpenDeps,
  opening: StdioOpening,
  wiring: Wiring,
  signal: AbortSignal,
): Promise<Session> {
  const { target, secrets } = opening
  for (const address of fillEach(target.reaches, { ...target.values, ...secrets })) await deps.egress.check(address)
  const command = await commandOf(target, secrets, deps.projectRoot)
  const prior = priorOf(opening.era)
  const first = await attempt(command, prior, wiring, signal)
  if ('session' in first) return first.session
  signal.throwIfAborted()
  const second = isNegotiation(first.error)
    ? await attempt(command, prior ? undefined : { kind: 'legacy' }, wiring, signal)
    : first
  if ('session' in second) return second.session
  signal.throwIfAborted()
  throw startTrouble(opening, command, second)
}

async function attempt(
  command: Command,
  prior: PriorDiscovery | undefined,
  wiring: Wiring,
  signal: AbortSignal,
): Promise<Attempt> {
  const fetched = isFetched(command)
  const transport = createStdioTransport(command, wiring.hurry)
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
  const session = {
    client,
    era: eraOf(client, 'other', Date.now()),
    lastWords: () => transport.fault() ?? transport.lastWords(),
    close: async () => {
      await client.close()
      await transport.close()
    },
  }
  return { session: wiring.finish(session) }
}

/** The server lives, or ended at the question: what is to be changed is how we speak to it. */
const isNegotiation = (error: unknown): boolean =>
  error instanceof ProtocolError || (error instanceof SdkError && error.code === SdkErrorCode.EraNegotiationFailed)

function startTrouble(
  { target, clean }: StdioOpening,
  command: Command,
  failed: { error: unknown; transport: StdioTransport },
): AppError {
  const { error, transport } = failed
  if (isAppError(error)) return error
  const said = clean.text(transport.fault() ?? transport.lastWords())
  if (isFetched(command) && (said === '' || /^npm (err|error|warn)/i.test(said) || hasCode(error, 'ENOENT')))
    return new AppError(
      'server_start_failed',
      `The package ${target.package}@${target.version} could not be fetched. Whoever runs Patchbay can install it: npm install ${target.package}@${target.version}`,
      { cause: error },
    )
  const timedOut = error instanceof SdkError && error.code === SdkErrorCode.RequestTimeout
  if (timedOut)
    return asAppError(
      troubleOf(error, {
        title: target.title,
        docs: target.docs,
        seconds: START_MS / 1000,
        signedIn: true,
        known: false,
      }),
      error,
    )
  const advice = 'Check what you filled in and try again.'
  const why = said === '' ? `it ended at once. ${advice}` : saidAs(said, advice)
  return new AppError('server_start_failed', `${target.title} could not start: ${why}`, { cause: error })
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
