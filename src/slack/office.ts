import { App, type ReceiverEvent } from '@slack/bolt'
import type { Logger } from '@slack/web-api'
import type { Connect } from '../connect/connect.ts'
import type { ConnectionFeatures } from '../connect/features/features.ts'
import { errorChainOf } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Rules } from '../policy/rules.ts'
import type { Settings } from '../policy/settings.ts'
import type { Registry } from '../registry/registry.ts'
import type { Runs } from '../run/runs.ts'
import type { ReadFile } from '../run/state/attached-file.ts'
import type { RunListener } from '../run/state/run-listener.ts'
import type { UsageReports } from '../run/usage.ts'
import { ackLast } from './ack-last.ts'
import type { Bot } from './bot.ts'
import { type Calls, createCalls, type Whose } from './calls.ts'
import type { Deps } from './deps.ts'
import { createDmOf } from './dm.ts'
import { createDownload } from './download.ts'
import { createFileReader, type Kept } from './file-reader.ts'
import { createHome } from './home.ts'
import { createPainter } from './paint/painter.ts'
import { createSessions } from './paint/sessions.ts'
import { createPeople } from './people.ts'
import { register } from './register.ts'

/** What all offices share. */
export type House = {
  runs: Runs
  connect: Connect
  offering: ConnectionFeatures
  registry: Registry
  rules: Rules
  workspaceSettings: Settings
  usage: UsageReports
  files: Kept
  log: Log
  logger: Logger
}

/** What makes an office that of one workspace. */
export type Tenant = {
  whose: Whose
  bot(calls: Calls): () => Promise<Bot>
  forgetToken: Deps['forgetToken']
}

/** The app in one workspace: what it knows and remembers of it, and a Bolt app that listens there. Nothing of it is shared. */
export type Office = {
  deps: Deps
  door: RunListener
  readFile: ReadFile
  hear(event: ReceiverEvent): Promise<void>
  close(): void
}

export function createOffice({ workspaceSettings: settings, files, logger, ...house }: House, tenant: Tenant): Office {
  const { log } = house
  const calls = createCalls(tenant.whose, logger)
  const bot = tenant.bot(calls)
  const people = createPeople(calls, log)
  const home = createHome({ ...house, settings, calls, bot, people })
  const deps: Deps = {
    ...house,
    settings,
    sessions: createSessions({ calls, log }),
    calls,
    bot,
    forgetToken: tenant.forgetToken,
    people,
    dmOf: createDmOf({ calls, log }),
    refreshHome: home.refresh,
    paintHome: home.paint,
  }
  const painter = createPainter(deps)
  const app = createApp(tenant.whose, bot, logger)
  register(app, deps)
  return {
    deps,
    door: painter,
    readFile: createFileReader(deps, createDownload(tenant.whose), files),
    hear: (event) => app.processEvent(event),
    close() {
      painter.close()
      home.close()
    },
  }
}

function createApp({ apiUrl, token }: Whose, bot: () => Promise<Bot>, logger: Logger): App {
  const authorize = async () => {
    const [me, botToken] = await Promise.all([bot(), token()])
    return { botToken, botId: me.bot, botUserId: me.user, teamId: me.team }
  }
  // What Slack sends is given to `hear`.
  const receiver = { init: () => undefined, start: async () => undefined, stop: async () => undefined }
  const app = new App({ receiver, authorize, logger, convoStore: false, clientOptions: { slackApiUrl: apiUrl } })
  ackLast(app)
  app.error(async (error) => {
    logger.error(errorChainOf(error))
    // An event whose listener failed must not be acknowledged.
    throw error
  })
  return app
}
