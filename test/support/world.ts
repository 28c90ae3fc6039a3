import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startSlackEmulator } from '../../slack-emulator/start-slack-emulator.ts'
import { type App, createApp, type ResolvedConfig } from '../../src/app.ts'
import { createTestDatabase } from './database.ts'
import { freePort } from './free-port.ts'
import { memoryLog } from './log.ts'
import { personIn, type Seat } from './person.ts'
import { type Script, type ScriptedModel, startScriptedModel } from './scripted-model.ts'

export type World = {
  slackUrl: string
  signingSecret: string
  port: number
  databaseUrl: string
  dataDir: string
  model: ScriptedModel
  log: () => string
  as(who: 'owner' | 'approver' | 'member'): Seat
  /** Kills nothing: stops the app in order and starts another on the same rows and the same workspace. */
  restart(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

export type WorldOptions = {
  model?: Script[]
  mode?: 'http' | 'socket'
  approvers?: string[]
  /** Another manifest (YAML) than the project's. */
  manifest?: string
  change?(settings: ResolvedConfig): ResolvedConfig
}

/** The whole product on real parts: its database, a Slack workspace, MCP servers in processes of their own. Only the model is scripted. */
export async function startWorld(options: WorldOptions = {}): Promise<World> {
  await using starting = new AsyncDisposableStack()
  const { log, text } = memoryLog()
  const dataDir = await mkdtemp(join(tmpdir(), 'patchbay-world-'))
  starting.defer(() => rm(dataDir, { recursive: true, force: true }))
  const database = starting.use(await createTestDatabase())
  const model = starting.use(await startScriptedModel(...(options.model ?? [])))
  const mode = options.mode ?? 'http'
  const port = await freePort()
  const slack = starting.use(
    await startSlackEmulator({ port: 0, mode, appUrls: [`http://127.0.0.1:${port}/slack/events`], log }),
  )
  if (options.manifest !== undefined) slack.setManifest(options.manifest)
  const settings = (options.change ?? ((same) => same))({
    slack: {
      botToken: slack.botToken,
      appToken: mode === 'socket' ? slack.appToken : undefined,
      signingSecret: mode === 'http' ? slack.signingSecret : undefined,
      apiUrl: slack.apiUrl,
    },
    database: { kind: 'postgres', url: database.url },
    model: { name: 'claude-sonnet-5-5', apiKey: 'scripted', baseURL: model.baseURL },
    http: { port, host: '127.0.0.1', publicUrl: `http://127.0.0.1:${port}` },
    local: { port: 0, mode },
    isLocal: true,
    dataDir,
    logLevel: 'debug',
    credentials: { store: undefined, key: undefined },
    credentialEntry: 'modal',
    identityProvider: undefined,
    mcp: { maxPerUser: 10, toolTimeoutSeconds: 30, registryUrl: undefined, sandbox: 'auto' },
    egressAllow: [],
    prefills: {},
  })
  let app: App = await begin(settings, log)
  starting.defer(() => app[Symbol.asyncDispose]())
  const things = starting.move()
  const world: World = {
    slackUrl: slack.url,
    signingSecret: slack.signingSecret,
    port,
    databaseUrl: database.url,
    dataDir,
    model,
    log: text,
    as: (who) => personIn(slack.url, who),
    async restart() {
      await app[Symbol.asyncDispose]()
      app = await begin(settings, log)
    },
    [Symbol.asyncDispose]: () => things.disposeAsync(),
  }
  if (options.approvers)
    await world.as('owner').command(`approvers ${options.approvers.map((name) => `@${name}`).join(' ')}`)
  return world
}

async function begin(settings: ResolvedConfig, log: ReturnType<typeof memoryLog>['log']): Promise<App> {
  const app = await createApp(settings, log)
  await app.start()
  return app
}
