import { App, type ReceiverEvent } from '@slack/bolt'
import type { Logger } from '@slack/web-api'
import type { Connect } from '../../connect/connect-types.ts'
import type { ConnectionFeatures } from '../../connect/features/features.ts'
import { errorChainOf } from '../../errors.ts'
import type { Log } from '../../log.ts'
import type { Rules } from '../../policy/rules.ts'
import type { Settings } from '../../policy/settings.ts'
import type { Registry } from '../../registry/registry.ts'
import type { Reminders } from '../../run/decisions/reminders.ts'
import type { ReadFile } from '../../run/deps.ts'
import type { Runs } from '../../run/runs.ts'
import type { UsageReports } from '../../run/usage.ts'
import type { SlackDeps } from '../deps.ts'
import { createHome } from '../home/home.ts'
import { createFileReader, type FileCache } from '../messages/file-reader.ts'
import type { RenderDeps } from '../render/posted-messages.ts'
import { createAgentSessions } from '../web-api/agent-sessions.ts'
import type { BotIdentity } from '../web-api/bot-identity.ts'
import { createDirectMessages } from '../web-api/direct-messages.ts'
import { createDownloadFile } from '../web-api/download-file.ts'
import { createSlackUsers } from '../web-api/users.ts'
import { createWebApi, type TokenSource, type WebApi } from '../web-api/web-api.ts'
import { acknowledgeAfterListeners } from './ack-after-listeners.ts'
import { createBoltLogger } from './bolt-logger.ts'
import { registerListeners } from './register.ts'

/** What the Slack app needs from the rest of Patchbay; all workspaces share it. */
export type SlackParts = {
  runs: Runs
  reminders: Reminders
  connect: Connect
  offering: ConnectionFeatures
  registry: Registry
  rules: Rules
  settings: Settings
  usage: UsageReports
  log: Log
}

/** How the app authenticates in one workspace. */
export type WorkspaceAuth = {
  tokens: TokenSource
  bot(webApi: WebApi): () => Promise<BotIdentity>
  /** Forgets a token that Slack does not take any more. */
  forgetToken(): Promise<void>
}

/** The app in one workspace: a Bolt app with its listeners, and what it remembers of the workspace. */
export type WorkspaceApp = {
  deps: SlackDeps
  renderDeps: RenderDeps
  readFile: ReadFile
  handleEvent(event: ReceiverEvent): Promise<void>
  close(): void
}

/** `files` is shared by all workspaces, as its size is limited. */
export function createWorkspaceApp(parts: SlackParts, auth: WorkspaceAuth, files: FileCache): WorkspaceApp {
  const { log } = parts
  const logger = createBoltLogger(log)
  const webApi = createWebApi(auth.tokens, logger)
  const slack = {
    webApi,
    bot: auth.bot(webApi),
    people: createSlackUsers(webApi, log),
    directMessageOf: createDirectMessages({ webApi, log }),
    sessions: createAgentSessions({ webApi, log }),
  }
  const home = createHome({ ...parts, ...slack })
  const deps: SlackDeps = { ...parts, ...slack, refreshHome: home.refresh, paintHome: home.paint }
  const app = createBoltApp(auth.tokens, slack.bot, logger)
  registerListeners(app, deps, auth.forgetToken)
  return {
    deps,
    renderDeps: { ...deps, streams: { open: 0, offUntil: 0 } },
    readFile: createFileReader(deps, createDownloadFile(auth.tokens), files),
    handleEvent: (event) => app.processEvent(event),
    close: home.close,
  }
}

function createBoltApp({ apiUrl, token }: TokenSource, bot: () => Promise<BotIdentity>, logger: Logger): App {
  const authorize = async () => {
    const [me, botToken] = await Promise.all([bot(), token()])
    return { botToken, botId: me.bot, botUserId: me.user, teamId: me.team }
  }
  // Requests come in through `handleEvent`.
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
