import type { Connect } from '../connect/connect.ts'
import type { ConnectionFeatures } from '../connect/features/features.ts'
import type { Principal } from '../ids.ts'
import type { Log } from '../log.ts'
import type { Rules } from '../policy/rules.ts'
import type { Settings } from '../policy/settings.ts'
import type { Registry } from '../registry/registry.ts'
import type { Runs } from '../run/runs.ts'
import type { UsageReports } from '../run/usage.ts'
import type { Bot } from './bot.ts'
import type { Calls } from './calls.ts'
import type { DmOf } from './dm.ts'
import type { Sessions } from './paint/sessions.ts'
import type { People } from './people.ts'

/** What every surface gets: all of it about one workspace. */
export type Deps = {
  runs: Runs
  connect: Connect
  offering: ConnectionFeatures
  registry: Registry
  rules: Rules
  settings: Settings
  usage: UsageReports
  calls: Calls
  people: People
  /** Throws AppError `slack_failed` where the app is not installed any more. */
  bot: () => Promise<Bot>
  /** Forgets the app's token in this workspace, as Slack does not take it any more. */
  forgetToken(): Promise<void>
  dmOf: DmOf
  sessions: Sessions
  /** Paints a person's Home tab anew, soon, if they opened it lately; never throws. */
  refreshHome(principal: Principal): void
  /** The same at once, for what the person just did there. */
  paintHome(principal: Principal): Promise<void>
  log: Log
}

/** What it takes to show a run. */
export type PaintDeps = Pick<Deps, 'bot' | 'calls' | 'dmOf' | 'log' | 'refreshHome' | 'sessions'> & {
  runs: Pick<Runs, 'shown'>
  settings: Pick<Settings, 'of'>
}
