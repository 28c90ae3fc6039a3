import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startSlackEmulator } from '../slack-emulator/start-slack-emulator.ts'
import { startLocalDatabase } from '../src/local/database/start-database.ts'
import { createLog } from '../src/log.ts'
import { freePort } from '../test/support/free-port.ts'
import { type Instance, startInstance } from '../test/support/instance.ts'

const log = createLog('fatal')

/** A folder that is gone afterwards. */
export async function scratch(): Promise<{ path: string; [Symbol.asyncDispose](): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'patchbay-bench-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

export type Ground = {
  port: number
  slack: Awaited<ReturnType<typeof startSlackEmulator>>
  databaseUrl: string
  app: Instance
  [Symbol.asyncDispose](): Promise<void>
}

/** The app in a process of its own; its Slack and its database in this one, so that the app alone is measured. */
export async function startGround(settings: Record<string, string> = {}): Promise<Ground> {
  await using starting = new AsyncDisposableStack()
  const folder = starting.use(await scratch())
  const database = starting.use(await startLocalDatabase({ dataDir: folder.path, log }))
  const port = await freePort()
  const slack = starting.use(
    await startSlackEmulator({
      port: 0,
      mode: 'http',
      appUrls: [`http://127.0.0.1:${port}/slack/events`],
      log,
      // What is measured is the app, and not Slack's limits.
      rateLimits: 'generous',
    }),
  )
  const app = startInstance({
    SLACK_BOT_TOKEN: slack.botToken,
    SLACK_SIGNING_SECRET: slack.signingSecret,
    SLACK_API_URL: slack.apiUrl,
    DATABASE_URL: database.url,
    DATA_DIR: folder.path,
    PORT: String(port),
    ...settings,
  })
  starting.defer(async () => {
    app.kill('SIGTERM')
    await app.ended
  })
  await app.ready
  const things = starting.move()
  return { port, slack, databaseUrl: database.url, app, [Symbol.asyncDispose]: () => things.disposeAsync() }
}
