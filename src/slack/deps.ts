import type { Agents } from '../agents/create-agents.ts'
import type { Connect } from '../connect/connect-types.ts'
import type { ConnectionFeatures } from '../connect/features/features.ts'
import type { ToolPins } from '../connect/pins/tool-pins.ts'
import type { Principal } from '../ids.ts'
import type { Log } from '../log.ts'
import type { AuditRows } from '../policy/audit/audit-rows.ts'
import type { Rules } from '../policy/rules.ts'
import type { Settings } from '../policy/settings.ts'
import type { OnboardingMessages } from '../registry/onboarding-messages.ts'
import type { PersonRows } from '../registry/person-rows.ts'
import type { Registry } from '../registry/registry.ts'
import type { SharedConnections } from '../registry/shared-connections.ts'
import type { Runs } from '../run/runs.ts'
import type { UsageReports } from '../run/usage.ts'
import type { Triggers } from '../triggers/triggers.ts'
import type { Workflows } from '../workflows/create-workflows.ts'
import type { AgentIdentities } from './web-api/agent-identity.ts'
import type { AgentSessions } from './web-api/agents.ts'
import type { DownloadFile } from './web-api/download-file.ts'
import type { SlackNames } from './web-api/slack-names.ts'
import type { BotIdentity, DirectMessages, SlackUsers } from './web-api/users.ts'
import type { WebApi } from './web-api/web-api.ts'

/** Slack itself, in one workspace. */
export type WebApiDeps = {
  webApi: WebApi
  people: SlackUsers
  names: SlackNames
  /** Throws AppError `slack_failed` where the app is not installed any more. */
  bot: () => Promise<BotIdentity>
  directMessageOf: DirectMessages
  sessions: AgentSessions
  log: Log
}

/** What people upload into Slack. */
export type DownloadDeps = { downloadFile: DownloadFile }

export type RunsDeps = { runs: Runs }

/** What starts by itself. */
export type TriggersDeps = { triggers: Triggers }

/** People's connections, and what their servers offer. */
export type ConnectionDeps = {
  connect: Connect
  features: ConnectionFeatures
  registry: Registry
  pins: Pick<ToolPins, 'accept'>
  /** The workspace connections. */
  shared: SharedConnections
}

/** What people and workspaces decided, and what they used. */
export type PolicyDeps = { rules: Rules; settings: Settings; usage: UsageReports; auditRows: AuditRows }

/** Named agents, how they look on messages, and the names that they may not have. */
export type AgentDeps = {
  agents: Agents
  identities: AgentIdentities
  /** Throws AppError `slack_failed`. */
  peopleNames: () => Promise<string[]>
}

export type WorkflowDeps = { workflows: Workflows }

/** What is kept of a person. */
export type PersonDeps = { personRows: PersonRows }

/** Which messages help people begin. */
export type OnboardingDeps = { onboarding: OnboardingMessages }

export type HomeTabDeps = {
  /** Publishes a person's Home tab anew, soon, if they opened it lately, and repaints what helps them begin; never throws. */
  refreshHome(principal: Principal): void
  /** The same at once, for what the person just did there. */
  publishHome(principal: Principal): Promise<void>
}

/** Everything a listener of one workspace may ask for; each declares the parts it uses. */
export type SlackDeps = WebApiDeps &
  DownloadDeps &
  RunsDeps &
  TriggersDeps &
  ConnectionDeps &
  PolicyDeps &
  AgentDeps &
  WorkflowDeps &
  PersonDeps &
  OnboardingDeps &
  HomeTabDeps
