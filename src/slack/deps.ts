import type { Connect } from '../connect/connect.ts'
import type { ConnectionFeatures } from '../connect/features/features.ts'
import type { Principal } from '../ids.ts'
import type { Log } from '../log.ts'
import type { Rules } from '../policy/rules.ts'
import type { Settings } from '../policy/settings.ts'
import type { Registry } from '../registry/registry.ts'
import type { Runs } from '../run/runs.ts'
import type { UsageReports } from '../run/usage.ts'
import type { AgentSessions } from './render/agent-sessions.ts'
import type { BotIdentity } from './web-api/bot-identity.ts'
import type { DirectMessages } from './web-api/direct-messages.ts'
import type { SlackUsers } from './web-api/users.ts'
import type { WebApi } from './web-api/web-api.ts'

/** What every surface gets: all of it about one workspace. */
export type SlackDeps = {
  runs: Runs
  connect: Connect
  offering: ConnectionFeatures
  registry: Registry
  rules: Rules
  settings: Settings
  usage: UsageReports
  webApi: WebApi
  people: SlackUsers
  /** Throws AppError `slack_failed` where the app is not installed any more. */
  bot: () => Promise<BotIdentity>
  /** Forgets the app's token in this workspace, as Slack does not take it any more. */
  forgetToken(): Promise<void>
  directMessageOf: DirectMessages
  sessions: AgentSessions
  /** Paints a person's Home tab anew, soon, if they opened it lately; never throws. */
  refreshHome(principal: Principal): void
  /** The same at once, for what the person just did there. */
  paintHome(principal: Principal): Promise<void>
  log: Log
}

/** What it takes to show a run. */
export type PaintDeps = Pick<SlackDeps, 'bot' | 'webApi' | 'directMessageOf' | 'log' | 'refreshHome' | 'sessions'> & {
  runs: Pick<Runs, 'shown'>
  settings: Pick<Settings, 'of'>
}
