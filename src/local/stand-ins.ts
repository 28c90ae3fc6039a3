import { join } from 'node:path'
import { EmulatorError } from '../../slack-emulator/errors.ts'
import { type SlackEmulator, startSlackEmulator } from '../../slack-emulator/start-slack-emulator.ts'
import { AppError } from '../errors.ts'
import type { Log } from '../log.ts'
import { startLocalDatabase } from './database/start-database.ts'
import { startOfflineModel } from './offline-model/start-offline-model.ts'
import { nameApprover } from './seed-approver.ts'

/** What is set and what is not; only these fields matter here. */
type StandInConfig = {
  slack: Slack | undefined
  database: Database | undefined
  model: { name: string; apiKey: string | undefined; baseURL: string | undefined }
  http: { port: number; publicUrl: string }
  local: { port: number; mode: 'http' | 'socket' }
  dataDir: string
}
type Slack = { appToken: string | undefined; signingSecret: string | undefined; apiUrl: string } & (
  | { botToken: string; oauth?: undefined }
  | { botToken?: undefined; oauth: { clientId: string; clientSecret: string; agent: boolean } }
)
type Database = { kind: 'postgres'; url: string } | { kind: 'supabase'; url: string; secretKey: string }

type StandInDeps = { log: Log /** Who has a port, in words. */; ownerOf(port: number): Promise<string> }

export type StandIns = {
  /** The settings, complete: what was not set points to a stand-in. */
  settings: { slack: Slack; database: Database; model: { name: string; apiKey: string; baseURL: string | undefined } }
  /** What a person should know, for the screen. */
  lines: string[]
  /** Once the app runs: makes a new local workspace one that is set up, and opens its page. */
  welcome(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** Starts a stand-in for each of Slack, database and model that is not set. */
export async function startStandIns(wanted: StandInConfig, { log, ownerOf }: StandInDeps): Promise<StandIns> {
  await using starting = new AsyncDisposableStack()
  // One that fails does not leave another behind that is still starting.
  const started = <T extends AsyncDisposable>(standIn: Promise<T>): Promise<T> =>
    standIn.then((one) => starting.use(one))
  const [database, slack, model] = await allOrFirstError([
    wanted.database ? undefined : started(startLocalDatabase({ dataDir: wanted.dataDir, log })),
    wanted.slack ? undefined : started(startSlack(wanted, { log, ownerOf })),
    wanted.model.apiKey ? undefined : started(startOfflineModel({ log })),
  ])
  const things = starting.move()
  return {
    settings: {
      slack: wanted.slack ?? slackSettings(slack, wanted.local.mode),
      database: wanted.database ?? { kind: 'postgres', url: assertStarted(database).url },
      model:
        wanted.model.apiKey === undefined
          ? { name: 'offline', apiKey: 'offline', baseURL: assertStarted(model).baseURL }
          : { ...wanted.model, apiKey: wanted.model.apiKey },
    },
    lines: linesOf(wanted, slack),
    welcome: async () => {
      if (slack === undefined) return
      await nameApprover(slack, join(wanted.dataDir, 'slack'))
      slack.open()
    },
    [Symbol.asyncDispose]: () => things.disposeAsync(),
  }
}

/** Waits for all, then throws the first failure, if there was one. */
async function allOrFirstError<T extends readonly unknown[]>(tasks: T): Promise<{ [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(tasks)
  return Promise.all(tasks)
}

async function startSlack(wanted: StandInConfig, { log, ownerOf }: StandInDeps): Promise<SlackEmulator> {
  const { port, mode } = wanted.local
  try {
    return await startSlackEmulator({
      port,
      folder: join(wanted.dataDir, 'slack'),
      mode,
      appUrls: [`http://127.0.0.1:${wanted.http.port}/slack/events`],
      log,
      opensLater: true,
    })
  } catch (cause) {
    if (!(cause instanceof EmulatorError) || cause.code !== 'port_in_use') throw cause
    throw portInUse(port, await ownerOf(port), cause)
  }
}

const portInUse = (port: number, owner: string, cause: unknown): AppError =>
  new AppError(
    'in_use',
    `Port ${port}, where the Slack emulator goes, is in use by ${owner}. Stop it, or set LOCAL_PORT to a free port.`,
    { cause },
  )

function slackSettings(slack: SlackEmulator | undefined, mode: 'http' | 'socket'): Slack {
  const { botToken, appToken, signingSecret, apiUrl } = assertStarted(slack)
  return mode === 'socket'
    ? { botToken, appToken, signingSecret: undefined, apiUrl }
    : { botToken, appToken: undefined, signingSecret, apiUrl }
}

function linesOf(wanted: StandInConfig, slack: SlackEmulator | undefined): string[] {
  return [
    slack
      ? `  Slack     stand-in: ${slack.url} (set SLACK_BOT_TOKEN for a real workspace)`
      : `  Slack     ${wanted.slack?.oauth ? `your workspaces: add the app at ${wanted.http.publicUrl}/slack/install` : 'your workspace'}`,
    wanted.database
      ? `  Database  ${wanted.database.kind === 'supabase' ? 'Supabase' : 'your Postgres'}`
      : `  Database  stand-in: embedded Postgres in ${wanted.dataDir} (set SUPABASE_URL or DATABASE_URL)`,
    wanted.model.apiKey
      ? `  Model     ${wanted.model.name}`
      : '  Model     stand-in: an offline model with simple rules, not Claude (set ANTHROPIC_API_KEY)',
  ]
}

/** A stand-in is started exactly where a setting is missing. */
function assertStarted<T>(standIn: T | undefined): T {
  if (standIn === undefined) throw new TypeError('a stand-in was not started')
  return standIn
}
