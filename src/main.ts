import { config as readEnvFile } from 'dotenv'
import { createApp } from './app.ts'
import { type Config, readConfig } from './config.ts'
import { errorChainOf, errorMessageOf, isAppError } from './errors.ts'
import { ownerOf } from './http.ts'
import { lockFolder } from './local/database/folder-lock.ts'
import { startStandIns } from './local/stand-ins.ts'
import { createLog, type Log } from './log.ts'

/** Ctrl-C stops everything within 5 s: what has not ended by then is cut off. */
const STOP_WITHIN_MS = 4_500

readEnvFile({ quiet: true })
await main()

async function main(): Promise<void> {
  let log = createLog('warn')
  // Listened to from the first moment: a Ctrl-C in the middle of the start leaves nothing behind either.
  const stop = Promise.withResolvers<void>()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      setTimeout(cutOff, STOP_WITHIN_MS).unref()
      stop.resolve()
    })
  let doing: Doing = 'start'
  try {
    const config = readConfig(process.env)
    log = createLog(config.logLevel)
    const running = await run(config, log)
    await stop.promise
    doing = 'stop'
    await running.disposeAsync()
    process.exit(0)
  } catch (error) {
    fail(error, doing, log)
  }
}

/** Starts the stand-ins for what is not set, then the app on top of them. */
async function run(config: Config, log: Log): Promise<AsyncDisposableStack> {
  await using starting = new AsyncDisposableStack()
  const usesFolder = !config.slack || !config.database
  if (usesFolder) starting.use(await lockFolder(config.dataDir, { port: config.http.port }))
  const standIns = starting.use(await startStandIns(config, { log, ownerOf }))
  const host = config.slack ? undefined : '127.0.0.1'
  const app = starting.use(await createApp({ ...config, ...standIns.settings, http: { ...config.http, host } }, log))
  await app.start()
  await standIns.welcome()
  greet(standIns.lines, config)
  return starting.move()
}

function greet(lines: string[], config: Config): void {
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

type Doing = 'start' | 'stop'

function fail(error: unknown, doing: Doing, log: Log): void {
  const [first, ...later] = failuresIn(error)
  if (doing === 'stop' || !isAppError(first) || isAppError(first, 'database_failed')) logFailure(log, doing, first)
  for (const one of later) logFailure(log, 'stop', one)
  console.error(doing === 'start' ? errorMessageOf(first) : `Not everything could be stopped: ${errorMessageOf(first)}`)
  process.exit(1)
}

function logFailure(log: Log, doing: Doing, error: unknown): void {
  log.fatal({ reason: errorChainOf(error), stack: error instanceof Error ? error.stack : undefined }, `${doing} failed`)
}

/** What failed, oldest first: whatever fails while things are disposed of wraps what failed before it. */
function failuresIn(error: unknown): unknown[] {
  return error instanceof SuppressedError ? [...failuresIn(error.suppressed), ...failuresIn(error.error)] : [error]
}
