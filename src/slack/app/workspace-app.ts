import { App, type ReceiverEvent } from '@slack/bolt'
import type { Logger } from '@slack/web-api'
import type { Connect } from '../../connect/connect.ts'
import type { ConnectionFeatures } from '../../connect/features/features.ts'
import { errorChainOf } from '../../errors.ts'
import type { Log } from '../../log.ts'
import type { Rules } from '../../policy/rules.ts'
import type { Settings } from '../../policy/settings.ts'
import type { Registry } from '../../registry/registry.ts'
import type { Runs } from '../../run/runs.ts'
import type { ReadFile } from '../../run/state/attached-file.ts'
import type { RunListener } from '../../run/state/run-listener.ts'
import type { UsageReports } from '../../run/usage.ts'
import type { SlackDeps } from '../deps.ts'
import { createHome } from '../home/home.ts'
import { createFileReader, type FileCache } from '../messages/file-reader.ts'
import { createAgentSessions } from '../render/agent-sessions.ts'
import { createRunRenderer } from '../render/run-renderer.ts'
import type { BotIdentity } from '../web-api/bot-identity.ts'
import { createDirectMessages } from '../web-api/direct-messages.ts'
import { createDownloadFile } from '../web-api/download-file.ts'
import { createSlackUsers } from '../web-api/users.ts'
import { createWebApi, type TokenSource, type WebApi } from '../web-api/web-api.ts'
import { acknowledgeAfterListeners } from './ack-after-listeners.ts'
import { registerListeners } from './register.ts'

/** What all offices share. */
export type AppParts = {
  runs: Runs
  connect: Connect
  offering: ConnectionFeatures
  registry: Registry
  rules: Rules
  workspaceSettings: Settings
  usage: UsageReports
  files: FileCache
  log: Log
  logger: Logger
}

/** What makes an office that of one workspace. */
export type WorkspaceAuth = {
  whose: TokenSource
  bot(calls: WebApi): () => Promise<BotIdentity>
  forgetToken: SlackDeps['forgetToken']
}

/** The app in one workspace: what it knows and remembers of it, and a Bolt app that listens there. Nothing of it is shared. */
export type WorkspaceApp = {
  deps: SlackDeps
  door: RunListener
  readFile: ReadFile
  hear(event: ReceiverEvent): Promise<void>
  close(): void
}

export function createWorkspaceApp(
  { workspaceSettings: settings, files, logger, ...house }: AppParts,
  tenant: WorkspaceAuth,
): WorkspaceApp {
  const { log } = house
  const webApi = createWebApi(tenant.whose, logger)
  const bot = tenant.bot(webApi)
  const people = createSlackUsers(webApi, log)
  const home = createHome({ ...house, settings, webApi, bot, people })
  const deps: SlackDeps = {
    ...house,
    settings,
    sessions: createAgentSessions({ webApi, log }),
    webApi,
    bot,
    forgetToken: tenant.forgetToken,
    people,
    directMessageOf: createDirectMessages({ calls: webApi, log }),
    refreshHome: home.refresh,
    paintHome: home.paint,
  }
  const painter = createRunRenderer(deps)
  const app = createApp(tenant.whose, bot, logger)
  registerListeners(app, deps)
  return {
    deps,
    door: painter,
    readFile: createFileReader(deps, createDownloadFile(tenant.whose), files),
    hear: (event) => app.processEvent(event),
    close() {
      painter.close()
      home.close()
    },
  }
}

function createApp({ apiUrl, token }: TokenSource, bot: () => Promise<BotIdentity>, logger: Logger): App {
  const authorize = async () => {
    const [me, botToken] = await Promise.all([bot(), token()])
    return { botToken, botId: me.bot, botUserId: me.user, teamId: me.team }
  }
  // What Slack sends is given to `hear`.
  const receiver = { init: () => undefined, start: async () => undefined, stop: async () => undefined }
  const app = new App({ receiver, authorize, logger, convoStore: false, clientOptions: { slackApiUrl: apiUrl } })
  acknowledgeAfterListeners(app)
  app.error(async (error) => {
    logger.error(errorChainOf(error))
    // An event whose listener failed must not be acknowledged.
    throw error
  })
  return app
}
