import type { IncomingMessage, ServerResponse } from 'node:http'
import { App, HTTPReceiver, HTTPReceiverDeferredRequestError, SocketModeReceiver } from '@slack/bolt'
import type { Logger } from '@slack/web-api'
import type { Connect } from '../connect/connect.ts'
import type { SignedIn } from '../connect/finish-sign-in.ts'
import { AppError, errorChain } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Rules } from '../policy/rules.ts'
import type { Settings } from '../policy/settings.ts'
import type { Registry } from '../registry/registry.ts'
import type { ReadFile } from '../run/attached.ts'
import type { Door } from '../run/news.ts'
import type { Reminders } from '../run/reminders.ts'
import type { Runs } from '../run/runs.ts'
import type { Usage } from '../run/usage.ts'
import { ackLast } from './ack-last.ts'
import { boltLog } from './bolt-log.ts'
import { type Bot, createBot } from './bot.ts'
import { createCalls, slackError } from './calls.ts'
import type { Deps } from './deps.ts'
import { createDmOf } from './dm.ts'
import { createDownload } from './download.ts'
import { createFileReader } from './file-reader.ts'
import { createHome } from './home.ts'
import { createPainter } from './paint/painter.ts'
import { createSessions, withSessions } from './paint/sessions.ts'
import { createPeople } from './people.ts'
import { register } from './register.ts'
import { createReminding } from './reminding.ts'
import { tellSignedIn } from './sign-in.ts'

export type SlackSettings = {
  botToken: string
  /** With it the app is reached over Socket Mode, else over signed HTTP. */
  appToken?: string | undefined
  signingSecret?: string | undefined
  /** Ends in a slash. */
  apiUrl: string
}

type SlackDeps = {
  settings: SlackSettings
  runs: Runs
  connect: Connect
  registry: Registry
  rules: Rules
  workspaceSettings: Settings
  usage: Usage
  reminders: Reminders
  log: Log
}

export type Slack = {
  door: Door
  /** Files that people sent along, read with the app's token. */
  readFile: ReadFile
  /** A sign-in came back to this process. */
  signedIn(news: SignedIn): void
  /** For POST /slack/events, in HTTP mode. */
  requestListener?: (request: IncomingMessage, response: ServerResponse) => void
  /** Asks Slack who we are, and in Socket Mode connects. Throws `slack_failed`. */
  start(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** The door for people in Slack. `runs` is not asked anything before the first event arrives. */
export async function createSlack({
  settings,
  workspaceSettings,
  reminders,
  log,
  ...rooms
}: SlackDeps): Promise<Slack> {
  const logger = boltLog(log)
  const calls = createCalls(settings, logger)
  const bot = createBot(calls)
  const people = createPeople(calls, log)
  const home = createHome({ ...rooms, settings: workspaceSettings, calls, bot, people, log })
  const deps: Deps = {
    ...rooms,
    settings: workspaceSettings,
    sessions: createSessions({ calls, log }),
    calls,
    bot,
    log,
    people,
    dmOf: createDmOf({ calls, log }),
    refreshHome: home.refresh,
    paintHome: home.paint,
  }
  const painter = createPainter(deps)
  const reminding = createReminding(deps, reminders)
  const receiver =
    settings.appToken === undefined
      ? httpReceiver(settings, logger)
      : socketReceiver(settings, settings.appToken, logger)
  register(createApp(receiver, settings, bot, logger), deps)
  const socket = receiver instanceof SocketModeReceiver ? receiver : undefined
  let connected = false
  return {
    door: withSessions(painter, deps.sessions),
    readFile: createFileReader(deps, createDownload(settings)),
    signedIn: (news) => void tellSignedIn(deps, news),
    ...(receiver instanceof HTTPReceiver && { requestListener: listenerOf(receiver) }),
    async start() {
      await introduce(bot, socket)
      connected = socket !== undefined
      reminding.start()
    },
    async [Symbol.asyncDispose]() {
      reminding.close()
      painter.close()
      home.close()
      if (connected) await socket?.stop()
    },
  }
}

/** Throws `slack_failed` with what to put right. */
async function introduce(bot: () => Promise<Bot>, socket: SocketModeReceiver | undefined): Promise<void> {
  await bot().catch((cause) => {
    const why = slackError(cause)
    throw why === undefined ? cause : wrong(`Slack refuses SLACK_BOT_TOKEN (${why}): copy it from Install App.`, cause)
  })
  const advice = 'check that SLACK_APP_TOKEN has the scope connections:write and that Socket Mode is on'
  await socket?.start().catch((cause) => {
    throw wrong(`Socket Mode could not be opened: ${advice}.`, cause)
  })
}

const wrong = (message: string, cause: unknown) => new AppError('slack_failed', message, { cause })

function createApp(
  receiver: HTTPReceiver | SocketModeReceiver,
  settings: SlackSettings,
  bot: () => Promise<Bot>,
  logger: Logger,
): App {
  const authorize = async () => {
    const me = await bot()
    return { botToken: settings.botToken, botId: me.bot, botUserId: me.user, teamId: me.team }
  }
  const app = new App({ receiver, authorize, logger, clientOptions: { slackApiUrl: settings.apiUrl } })
  ackLast(app)
  app.error(async (error) => {
    logger.error(errorChain(error))
    // An event whose listener failed must not be acknowledged.
    throw error
  })
  return app
}

function httpReceiver({ signingSecret }: SlackSettings, logger: Logger): HTTPReceiver {
  if (!signingSecret) {
    throw new AppError(
      'config_invalid',
      'SLACK_SIGNING_SECRET is missing: copy it from Basic Information of your Slack app.',
    )
  }
  return new HTTPReceiver({ signingSecret, endpoints: ['/slack/events'], logger })
}

const socketReceiver = ({ apiUrl }: SlackSettings, appToken: string, logger: Logger): SocketModeReceiver =>
  new SocketModeReceiver({ appToken, logger, installerOptions: { clientOptions: { slackApiUrl: apiUrl } } })

function listenerOf(receiver: HTTPReceiver) {
  return (request: IncomingMessage, response: ServerResponse) => {
    try {
      receiver.requestListener(request, response)
    } catch (error) {
      if (!(error instanceof HTTPReceiverDeferredRequestError)) throw error
      response.writeHead(404).end()
    }
  }
}
