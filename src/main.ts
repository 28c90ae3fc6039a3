import { enableCompileCache } from 'node:module'
import { join } from 'node:path'
import { config as readEnvFile } from 'dotenv'
import { type Config, readConfig } from './config.ts'
import { errorChainOf, errorMessageOf, isAppError } from './errors.ts'
import { ownerOf } from './http.ts'
import { lockFolder } from './local/database/folder-lock.ts'
import { createLog, createTerminalStream, type Log } from './log.ts'

/** Ctrl-C stops everything within 5 s; what has not ended by then is cut off. */
const STOP_WITHIN_MS = 4_500

/** Compiled code is kept beside the packages it was compiled from: compiling takes half of a start. Does nothing where that folder cannot be written. */
enableCompileCache(join(import.meta.dirname, '..', 'node_modules', '.cache', 'patchbay'))
readEnvFile({ quiet: true })
await main()

async function main(): Promise<void> {
  const terminal = process.stderr.isTTY ? createTerminalStream((line) => process.stderr.write(line)) : undefined
  let log = createLog('warn', terminal)
  // Signals are listened to before anything starts, so that a Ctrl-C in the middle of the start leaves nothing behind either.
  const stop = Promise.withResolvers<void>()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      setTimeout(cutOff, STOP_WITHIN_MS).unref()
      stop.resolve()
    })
  let doing: Phase = 'start'
  try {
    const config = readConfig(process.env)
    log = createLog(config.logLevel, terminal)
    const running = await run(config, log)
    terminal?.start()
    await stop.promise
    doing = 'stop'
    await running.disposeAsync()
    process.exit(0)
  } catch (error) {
    terminal?.start()
    fail(error, doing, log)
  }
}

/** Starts the stand-ins for what is not set, then the app on top of them. The app's code is loaded while the stand-ins start. */
async function run(config: Config, log: Log): Promise<AsyncDisposableStack> {
  await using starting = new AsyncDisposableStack()
  const usesFolder = !config.slack || !config.database
  if (usesFolder) starting.use(await lockFolder(config.dataDir, { port: config.http.port }))
  const { startStandIns } = await import('./local/stand-ins.ts')
  const [standIns, { createApp }] = await Promise.all([
    startStandIns(config, { log, ownerOf }).then((started) => starting.use(started)),
    import('./app.ts'),
  ])
  const host = config.slack ? undefined : '127.0.0.1'
  const isLocal = config.slack === undefined
  const app = starting.use(
    await createApp({ ...config, ...standIns.settings, isLocal, http: { ...config.http, host } }, log),
  )
  await app.start()
  await standIns.welcome()
  const lines = [`  Secrets   ${app.secretsPlace}`, `  Servers   ${app.sandbox}`]
  printReady([...standIns.lines, ...lines], config)
  return starting.move()
}

function printReady(lines: string[], config: Config): void {
  const seconds = (performance.now() / 1_000).toFixed(1)
  console.log(
    [
      '',
      `Patchbay is ready (${seconds} s), process ${process.pid}, http://localhost:${config.http.port}/healthz`,
      ...lines,
      '',
      'Ctrl-C stops everything.',
    ].join('\n'),
  )
}

function cutOff(): void {
  console.error(
    `Not everything ended within ${STOP_WITHIN_MS / 1_000} s; the rest was cut off. The next start goes on from here.`,
  )
  process.exit(1)
}

type Phase = 'start' | 'stop'

function fail(error: unknown, doing: Phase, log: Log): void {
  const [first, ...later] = failuresIn(error)
  if (doing === 'stop' || !isAppError(first)) logFailure(log, doing, first)
  for (const one of later) logFailure(log, 'stop', one)
  const reason = isAppError(first, 'database_failed') ? ` (${errorChainOf(first.cause)})` : ''
  console.error(
    doing === 'start'
      ? `${errorMessageOf(first)}${reason}`
      : `Not everything could be stopped: ${errorMessageOf(first)}`,
  )
  process.exit(1)
}

function logFailure(log: Log, doing: Phase, error: unknown): void {
  log.fatal({ reason: errorChainOf(error), stack: error instanceof Error ? error.stack : undefined }, `${doing} failed`)
}

/** What failed, oldest first: whatever fails while things are disposed of wraps what failed before it. */
function failuresIn(error: unknown): unknown[] {
  return error instanceof SuppressedError ? [...failuresIn(error.suppressed), ...failuresIn(error.error)] : [error]
}
